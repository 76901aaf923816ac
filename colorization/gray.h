// Gray values as the toolbox's rgb2gray makes them: MATLAB's weights, in double, clamped to [0, 1].
// Rounded weights or float32 grays move filled depth by more than 1e-6 m, so there is one function for all.
#pragma once

#include <cstdint>
#include <span>

#include "image.h"

namespace depthmill::colorization {

// rows * cols * 3 samples, R G B interleaved, row-major. 8-bit samples are divided by 255; doubles are taken
// as they are, [0, 1] expected (the sum is clamped, so 0..255 doubles give a white image, as in the toolbox).
// Throws std::invalid_argument when the number of samples is not rows * cols * 3.
Image rgb_to_gray(std::span<const std::uint8_t> rgb, Index rows, Index cols);
Image rgb_to_gray(std::span<const double> rgb, Index rows, Index cols);

// The same into memory of the caller, whose size says rows and cols.
void rgb_to_gray(std::span<const std::uint8_t> rgb, ImageSpan gray);

// rgb2gray of 8-bit samples to 8 bits, rounded (what the cross-bilateral filler is guided by).
void rgb_to_gray8(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> gray);

}  // namespace depthmill::colorization
