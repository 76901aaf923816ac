// A list of doubles whose new elements hold nothing in particular: one that is written from end to end anyway need not be
// filled with zeros first.
#pragma once

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace depthmill::metrics {

template <class T>
struct Unfilled : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = Unfilled<U>;
  };
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... From>
  void construct(U* at, From&&... from) {
    ::new (static_cast<void*>(at)) U(std::forward<From>(from)...);
  }
};

using Values = std::vector<double, Unfilled<double>>;

}  // namespace depthmill::metrics
