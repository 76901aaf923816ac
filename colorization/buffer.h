// Memory that grows and never shrinks, and is not touched before it is used: reserving much costs address
// space, not memory. Not installed.
#pragma once

#include <cstddef>
#include <memory>

namespace depthmill::colorization {

template <class T>
class Buffer {
 public:
  // Contents are undefined afterwards.
  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    data_.reset();  // before asking for more, so that both are never held at once
    data_.reset(new T[count]);
    capacity_ = count;
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  std::unique_ptr<T[]> data_;
  std::size_t capacity_ = 0;
};

}  // namespace depthmill::colorization
