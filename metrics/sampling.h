// MoGe's sample of an image's valid pixels (utils3d, masked nearest resize): one a cell of a grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace depthmill::metrics {

// Row-major places of the sampled pixels, at most cells x cells, in order of cells. In the cell (i, j) that is the valid
// pixel whose centre is nearest to the cell's, the first of equally near ones, among the pixels of a window of the cell's
// size (at least one pixel) that begins at a pixel rounded half to even; a cell without any gives none.
// valid: rows x cols, not 0 = valid.
std::vector<std::size_t> nearest_valid_sample(std::span<const std::uint8_t> valid, int rows, int cols,
                                              int cells);

}  // namespace depthmill::metrics
