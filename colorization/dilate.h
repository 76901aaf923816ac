// Sets of pixels as bytes, 1 = in the set; rows x cols, row-major. Not installed.
#pragma once

#include <cstdint>

#include "image.h"

namespace depthmill::colorization {

// to = from grown by one pixel in all eight directions. line: cols + 2 bytes of scratch.
void dilate(Index rows, Index cols, const std::uint8_t* from, std::uint8_t* to, std::uint8_t* line);

}  // namespace depthmill::colorization
