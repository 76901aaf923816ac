// The fuzzer's input as a file, for parsers that seek in one.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/fuzz_support.h"

namespace depthmill::fuzz {

class FileInMemory {
 public:
  explicit FileInMemory(const char* name) : descriptor_(::memfd_create(name, 0)) {}
  ~FileInMemory() { ::close(descriptor_); }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void hold(const std::uint8_t* data, std::size_t size) {
    require(::ftruncate(descriptor_, 0) == 0 &&
                ::pwrite(descriptor_, data, size, 0) == static_cast<ssize_t>(size),
            "the input can be laid down");
  }

 private:
  int descriptor_;
};

}  // namespace depthmill::fuzz
