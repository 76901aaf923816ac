// Memory that grows and never shrinks, and is not touched before it is used: reserving much costs address
// space, not memory. Not installed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace depthmill::colorization {

template <class T>
class Buffer {
 public:
  // Contents are undefined afterwards.
  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    data_.reset();  // before asking for more, so that both are never held at once
    // Large ones start on a page of 2 MB and ask for such: the solve walks through them in leaps, and with
    // pages of 4 KB every leap costs a walk through the page table too.
    constexpr std::size_t kPage = std::size_t{2} << 20;
    const std::size_t wanted = count * sizeof(T), alignment = wanted >= kPage ? kPage : 64;
    const std::size_t bytes = (wanted + alignment - 1) / alignment * alignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(alignment, bytes)));
    if (!data_) throw std::bad_alloc();
#ifdef __linux__
    if (alignment == kPage) madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
    capacity_ = count;
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t capacity_ = 0;
};

}  // namespace depthmill::colorization
