// An HDF5 file that may be larger than memory (h5_disk_image.h), is filled piece by piece, and appears whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "stages/io/atomic_file.h"
#include "stages/io/h5_disk_image.h"
#include "stages/io/h5_handle.h"

namespace depthmill::io {

class H5LargeFile {
 public:
  // `user_block` stands in front of it: nothing, or 512 bytes. Each throws std::runtime_error naming the file.
  explicit H5LargeFile(std::filesystem::path file, std::string_view user_block = {});
  ~H5LargeFile();
  // `piece` puts contents into the file (true = it went well); the session is held meanwhile. What it throws goes on.
  void fill(const std::function<bool(hid_t)>& piece);
  void close();

 private:
  [[noreturn]] void refuse() const;

  UnfinishedFile file_;
  std::string user_block_;
  H5DiskImage image_;
  H5Handle out_{H5I_INVALID_HID, H5Fclose};
};

}  // namespace depthmill::io
