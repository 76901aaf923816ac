// Memory that grows and never shrinks, and is not touched before it is used: reserving much costs address
// space, not memory. Not installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace depthmill::colorization {

// Memory of 2 MB and more that is not touched yet asks the kernel for pages of 2 MB: the solve walks through it in
// leaps and in many streams at once, and with pages of 4 KB each costs a walk through the page table too, twice as dear
// in a virtual machine.
inline constexpr std::size_t kLargePage = std::size_t{2} << 20;
inline void ask_for_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
  const auto from = (reinterpret_cast<std::uintptr_t>(begin) + kLargePage - 1) / kLargePage * kLargePage;
  const auto to = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / kLargePage * kLargePage;
  if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#endif
}

// Room for as many elements, on large pages; contents are undefined afterwards when there was less.
template <class T>
void reserve_on_large_pages(std::vector<T>& list, std::size_t count) {
  if (count <= list.capacity()) return;
  list.clear();
  list.reserve(count);
  ask_for_large_pages(list.data(), count * sizeof(T));
}

template <class T>
class Buffer {
 public:
  // Contents are undefined afterwards.
  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    data_.reset();  // before asking for more, so that both are never held at once
    const std::size_t wanted = count * sizeof(T), alignment = wanted >= kLargePage ? kLargePage : 64;
    const std::size_t bytes = (wanted + alignment - 1) / alignment * alignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(alignment, bytes)));
    if (!data_) throw std::bad_alloc();
    ask_for_large_pages(data_.get(), bytes);
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
