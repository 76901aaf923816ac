// Tar archives (POSIX.1-1988, "ustar"), written piece by piece: names, bytes and nothing that differs between two runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "stages/io/atomic_file.h"

namespace depthmill::pack {

// Appears whole when it is closed.
class TarFile {
 public:
  explicit TarFile(const std::filesystem::path& file) : out_(file) {}
  // A member: mode 0444, time 0, user and group "bigdata" with number 0, as the WebDataset library has it. Throws
  // std::invalid_argument for a name that `fits_tar` refuses, or 8 GiB and more.
  void add(const std::string& name, std::span<const std::uint8_t> bytes);
  void close();

 private:
  io::GrowingFile out_;
};

// Does the name stand in a header: 100 bytes, or up to 155 before a '/' and 100 behind it?
bool fits_tar(const std::string& name);

}  // namespace depthmill::pack
