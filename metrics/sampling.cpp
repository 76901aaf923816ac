#include "metrics/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/cell.h"

namespace depthmill::metrics {
namespace {

struct Window {
  double centre;
  int first, size;
};

Window window(int i, int length, int cells) {
  const double width = std::max(1.0, static_cast<double>(length) / cells);
  const double centre = (i + 0.5) * length / cells;
  return {centre, static_cast<int>(std::nearbyint(centre - width / 2)), static_cast<int>(std::ceil(width))};
}

}  // namespace

std::vector<std::size_t> nearest_valid_sample(std::span<const std::uint8_t> valid, int rows, int cols,
                                              int cells) {
  std::vector<std::size_t> sample;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j) {
      const Window down = window(i, rows, cells), across = window(j, cols, cells);
      double least = std::numeric_limits<double>::infinity();
      std::size_t found = 0;
      for (int r = std::max(down.first, 0); r < std::min(down.first + down.size, rows); ++r)
        for (int c = std::max(across.first, 0); c < std::min(across.first + across.size, cols); ++c) {
          const double dy = r + 0.5 - down.centre, dx = c + 0.5 - across.centre;
          const double distance = dy * dy + dx * dx;
          if (valid[cell(r, c, cols)] && distance < least) least = distance, found = cell(r, c, cols);
        }
      if (least < std::numeric_limits<double>::infinity()) sample.push_back(found);
    }
  return sample;
}

}  // namespace depthmill::metrics
