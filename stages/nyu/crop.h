// The part of the registered frame that depth reaches (toolbox `get_projection_mask`, `crop_image`).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>

#include "stages/nyu/camera_params.h"

namespace depthmill::nyu {

// Half-open ranges of rows and columns, from 0.
struct CropWindow {
  int row_begin, row_end, col_begin, col_end;
  constexpr int rows() const { return row_end - row_begin; }
  constexpr int cols() const { return col_end - col_begin; }
};

// Rows 45..471 and columns 41..601 counted from 1: 427 x 561.
inline constexpr CropWindow kProjectionMask{44, 471, 40, 601};

// The window of a 480 x 640 image of `channels` interleaved channels, row-major, into 427 x 561. Other sizes
// throw std::invalid_argument.
template <class T>
void crop_image(std::span<const T> image, std::span<T> out, std::size_t channels = 1) {
  constexpr CropWindow window = kProjectionMask;
  const std::size_t in_row = kCols * channels;
  const std::size_t out_row = static_cast<std::size_t>(window.cols()) * channels;
  if (image.size() != kRows * in_row || out.size() != static_cast<std::size_t>(window.rows()) * out_row)
    throw std::invalid_argument("crop_image: wants 480 x 640 in and 427 x 561 out");
  for (int row = 0; row < window.rows(); ++row) {
    const T* from = image.data() + static_cast<std::size_t>(window.row_begin + row) * in_row +
                    static_cast<std::size_t>(window.col_begin) * channels;
    std::copy(from, from + out_row, out.data() + static_cast<std::size_t>(row) * out_row);
  }
}

}  // namespace depthmill::nyu
