#include "stages/io/ordinary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "stages/io/array.h"

namespace depthmill::io {
namespace {

std::optional<FileRefusal> refusal_of_mode(mode_t mode) {
  const auto refuse = [](const char* why) { return FileRefusal{FailureReason::kUnreadable, why}; };
  if (S_ISREG(mode)) return std::nullopt;
  if (S_ISDIR(mode)) return refuse("is a folder, not a file");
  if (S_ISFIFO(mode)) return refuse("is a pipe, not a file");
  if (S_ISSOCK(mode)) return refuse("is a socket, not a file");
  return refuse("is a device, not a file");
}

}  // namespace

std::optional<FileRefusal> refusal_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return refusal_of_mode(status.st_mode);
  if (errno == ENOENT || errno == ENOTDIR)
    return FileRefusal{FailureReason::kMissingFile, "there is no such file"};
  return FileRefusal{FailureReason::kUnreadable, std::string("cannot be reached: ") + std::strerror(errno)};
}

OrdinaryFile::OrdinaryFile(const std::filesystem::path& file) : name_(file.string()) {
  if (const auto refusal = refusal_of(file)) fail(refusal->reason, name_, refusal->why);
  // Not to wait for a writer where a pipe has taken the file's place since.
  do descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0)
    fail(FailureReason::kUnreadable, name_, std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  std::optional<FileRefusal> refusal;
  if (::fstat(descriptor_, &status) == 0)
    refusal = refusal_of_mode(status.st_mode);
  else
    refusal =
        FileRefusal{FailureReason::kUnreadable, std::string("cannot be opened: ") + std::strerror(errno)};
  if (!refusal && status.st_size == 0) refusal = FileRefusal{FailureReason::kTruncated, "is empty"};
  if (refusal) {
    ::close(descriptor_);
    fail(refusal->reason, name_, refusal->why);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

OrdinaryFile::~OrdinaryFile() { ::close(descriptor_); }

void OrdinaryFile::read(std::uint64_t at, std::span<std::uint8_t> bytes) const {
  if (at > size_ || bytes.size() > size_ - at)
    fail(FailureReason::kTruncated, name_, "ends before its data does");
  constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // the system reads at most 2 GB in one call
  for (std::size_t got = 0; got < bytes.size();) {
    const ssize_t n = ::pread(descriptor_, bytes.data() + got, std::min(bytes.size() - got, kMostAtOnce),
                              static_cast<off_t>(at + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fail(FailureReason::kUnreadable, name_, std::string("cannot be read: ") + std::strerror(errno));
    if (n == 0) fail(FailureReason::kTruncated, name_, "became shorter while it was read");
    got += static_cast<std::size_t>(n);
  }
}

}  // namespace depthmill::io
