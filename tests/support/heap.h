// How much the heap holds, for tests of what a thing takes.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace depthmill::test {

// Bytes that are handed out at this moment, as glibc counts them; what a sanitizer's heap holds is not known.
inline std::size_t heap_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace depthmill::test
