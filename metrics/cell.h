// Where a pixel stands in a map that is held row by row.
#pragma once

#include <cstddef>

namespace depthmill::metrics {

inline std::size_t cell(int row, int col, int cols) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(col);
}

}  // namespace depthmill::metrics
