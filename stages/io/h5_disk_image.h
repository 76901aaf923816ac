// HDF5 files that are larger than memory. The library builds a file in memory as it does for h5_bytes, but that memory is
// the file on the disk, mapped: what is written leaves memory when the system wants it to. Were the library given the file
// itself, a disk that is full would leave it with a file that it can neither end nor let go.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace depthmill::io {

class H5DiskImage {
 public:
  // Makes the file. `label` is its name in messages. Throws std::runtime_error.
  H5DiskImage(const std::filesystem::path& file, std::filesystem::path label);
  ~H5DiskImage();
  H5DiskImage(const H5DiskImage&) = delete;
  H5DiskImage& operator=(const H5DiskImage&) = delete;

  // Files that are opened with this list are built here; it must live as long as they do. False when HDF5 refuses.
  bool use_in(hid_t access);
  // Once the file is closed in HDF5: its size, and what stands in its first bytes. Throws std::runtime_error when the disk
  // took less than everything.
  void finish(std::size_t size, std::string_view first_bytes);

 private:
  static void* resized(void* image, std::size_t size, H5FD_file_image_op_t, void* self);
  void* resize(std::size_t size);

  std::filesystem::path label_;
  int descriptor_;
  char* image_ = nullptr;    // where it begins; room for the largest one is set aside
  std::size_t mapped_ = 0;   // bytes behind it that may be written
  std::size_t on_disk_ = 0;  // of these, in the file
  int error_ = 0;  // why the file took no more; what follows is in memory alone, so that HDF5 can end it
};

}  // namespace depthmill::io
