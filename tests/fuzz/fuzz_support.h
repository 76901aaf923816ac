// Shared by the fuzz targets. A parser may answer or throw its own error; anything else that leaves it, and
// any promise that does not hold, ends the program so that the fuzzer keeps the input.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>

namespace depthmill::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::cerr << "broken promise: " << promise << "\n";
  std::abort();
}

}  // namespace depthmill::fuzz
