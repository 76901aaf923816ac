#include "stages/io/h5_disk_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace depthmill::io {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 36;  // address space, not memory
constexpr std::size_t kStep = std::size_t{1} << 24;     // by which a file grows

[[noreturn]] void refuse(const std::filesystem::path& file, int error) {
  throw std::runtime_error(file.string() + ": cannot be written (" + std::strerror(error) + ")");
}

void* keep(void* self) { return self; }
herr_t let_go(void*) { return 0; }
void* not_asked_for(std::size_t, H5FD_file_image_op_t, void*) { return nullptr; }
void* copied(void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
  return std::memcpy(to, from, size);
}
herr_t freed(void*, H5FD_file_image_op_t, void*) { return 0; }  // by finish() or the destructor

}  // namespace

H5DiskImage::H5DiskImage(const std::filesystem::path& file, std::filesystem::path label)
    : label_(std::move(label)),
      descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) refuse(label_, errno);
  void* const room = ::mmap(nullptr, kLargest, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    const int error = errno;
    ::close(descriptor_);
    refuse(label_, error);
  }
  image_ = static_cast<char*>(room);
}

H5DiskImage::~H5DiskImage() {
  ::munmap(image_, kLargest);
  ::close(descriptor_);
}

bool H5DiskImage::use_in(hid_t access) {
  H5FD_file_image_callbacks_t callbacks{not_asked_for, copied, resized, freed, keep, let_go, this};
  return H5Pset_fapl_core(access, kStep, 0) >= 0 && H5Pset_file_image_callbacks(access, &callbacks) >= 0;
}

void* H5DiskImage::resized(void*, std::size_t size, H5FD_file_image_op_t, void* self) {
  return static_cast<H5DiskImage*>(self)->resize(size);
}

void* H5DiskImage::resize(std::size_t size) {
  if (size > kLargest) return nullptr;
  // What lies in the file need not stay in memory; read again, it comes back.
  ::madvise(image_, on_disk_, MADV_DONTNEED);
  if (size <= mapped_) return image_;
  const std::size_t from = mapped_, more = (size - mapped_ + kStep - 1) / kStep * kStep;
  if (error_ == 0) {
    // Room on the disk is taken now: a mapped page that finds none later kills the process.
    error_ = ::posix_fallocate(descriptor_, static_cast<off_t>(from), static_cast<off_t>(more));
    if (error_ == 0 && ::mmap(image_ + from, more, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                              descriptor_, static_cast<off_t>(from)) == MAP_FAILED)
      error_ = errno;
    if (error_ == 0) on_disk_ = from + more;
  }
  if (error_ != 0 && ::mmap(image_ + from, more, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
    return nullptr;
  mapped_ = from + more;
  return image_;
}

void H5DiskImage::finish(std::size_t size, std::string_view first_bytes) {
  if (error_ != 0) refuse(label_, error_);
  std::copy(first_bytes.begin(), first_bytes.end(), image_);
  if (::msync(image_, on_disk_, MS_SYNC) != 0 || ::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
    refuse(label_, errno);
}

}  // namespace depthmill::io
