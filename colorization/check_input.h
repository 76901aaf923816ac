// The demands that every filler makes on its input, in one place. Not installed.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "image.h"

namespace depthmill::colorization {

// 1 for NaN and infinity, else 0, without a branch and without waiting for the pixel before.
inline std::uint64_t not_finite(double x) {
  constexpr std::uint64_t kExponent = 0x7ff0000000000000, kLeast = 0x0010000000000000;
  return ((std::bit_cast<std::uint64_t>(x) & kExponent) + kLeast) >> 63;
}

// Throws std::invalid_argument "<who>: ..." when sizes differ or are 0, a gray or depth is NaN or infinite,
// nothing is known, or alpha is not a finite number > 0. Returns the number of known pixels.
Index check_input(const std::string& who, ImageView gray, ImageView depth, double alpha);

}  // namespace depthmill::colorization
