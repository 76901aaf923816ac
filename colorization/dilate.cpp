#include "dilate.h"

namespace depthmill::colorization {

void dilate(Index rows, Index cols, const std::uint8_t* from, std::uint8_t* to, std::uint8_t* line) {
  for (Index i = 0; i < rows; ++i) {
    const std::uint8_t* here = from + i * cols;
    const std::uint8_t* above = i > 0 ? here - cols : here;
    const std::uint8_t* below = i + 1 < rows ? here + cols : here;
    line[0] = line[cols + 1] = 0;
    for (Index j = 0; j < cols; ++j) line[j + 1] = above[j] | here[j] | below[j];
    std::uint8_t* out = to + i * cols;
    for (Index j = 0; j < cols; ++j) out[j] = line[j] | line[j + 1] | line[j + 2];
  }
}

}  // namespace depthmill::colorization
