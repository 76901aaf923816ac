// Files that are files. A folder, pipe, device or socket of a file's name would make a reader wait for ever,
// or read without end; it is refused before it is opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "stages/base/frame.h"

namespace depthmill::io {

struct FileRefusal {
  FailureReason reason = FailureReason::kNone;  // kMissingFile or kUnreadable
  std::string why;                              // "is a pipe, not a file"
};

// Nothing where `file` (or what it links to) is an ordinary file. Whether it may be read shows when it is
// opened.
std::optional<FileRefusal> refusal_of(const std::filesystem::path& file);

// An ordinary file, open for reading.
class OrdinaryFile {
 public:
  // FrameError naming the file: as refusal_of says; kUnreadable when it cannot be opened; kTruncated when it
  // is empty.
  explicit OrdinaryFile(const std::filesystem::path& file);
  ~OrdinaryFile();
  OrdinaryFile(const OrdinaryFile&) = delete;
  OrdinaryFile& operator=(const OrdinaryFile&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  // bytes, when it was opened; never 0

  // All bytes from `at` on that `bytes` has room for. FrameError: kTruncated when they do not lie inside the
  // file; kUnreadable when the disk refuses.
  void read(std::uint64_t at, std::span<std::uint8_t> bytes) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace depthmill::io
