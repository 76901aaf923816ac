#include "affinity.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "check_input.h"
#include "kernels.h"

namespace depthmill::colorization {
namespace {

constexpr double kLeastKernel = 0.000002;
const double kMinusLogHundredth = -std::log(0.01);

// The window rule of the header for one pixel, rim or not.
void weigh_pixel(ImageView gray, Index row, Index col, Affinity& out) {
  const Index stride = out.rows * out.cols, p = row * out.cols + col;
  double square[8], sum = gray(row, col), least = INFINITY;
  bool inside[8];
  int count = 1;
  for (int k = 0; k < 8; ++k) {
    const Index r = row + kNeighbours[k].row, c = col + kNeighbours[k].col;
    inside[k] = r >= 0 && r < out.rows && c >= 0 && c < out.cols;
    if (!inside[k]) continue;
    const double d = gray(r, c) - gray(row, col);
    square[k] = d * d;
    least = std::min(least, square[k]);
    sum += gray(r, c);
    ++count;
  }
  const double mean = sum / count;
  double variance = (gray(row, col) - mean) * (gray(row, col) - mean);
  for (int k = 0; k < 8; ++k)
    if (inside[k]) {
      const double d = gray(row + kNeighbours[k].row, col + kNeighbours[k].col) - mean;
      variance += d * d;
    }
  const double q = std::max({0.6 * variance / count, least / kMinusLogHundredth, kLeastKernel});
  double total = 0;
  for (int k = 0; k < 8; ++k) {
    if (inside[k]) total += square[k] = std::exp(-square[k] / q);
  }
  for (int k = 0; k < 8; ++k) out.planes[k * stride + p] = inside[k] ? square[k] / total : 0.0;
}

}  // namespace

void local_affinity_row(ImageView gray, Index row, Affinity& out) {
  const bool inside = row > 0 && row + 1 < out.rows && out.cols > 2;
  if (inside) {
    const double* here = gray.data() + row * gray.outerStride() + 1;
    kernels().affinity_row(here - gray.outerStride(), here, here + gray.outerStride(), out.cols - 2,
                           out.planes.data() + row * out.cols + 1, gray.size());
  }
  for (Index j = 0; j < out.cols; j += inside ? out.cols - 1 : 1) weigh_pixel(gray, row, j, out);
}

void local_affinity(ImageView gray, Affinity& out) {
  out.rows = gray.rows();
  out.cols = gray.cols();
  out.planes.resize(8 * gray.size());
  for (Index i = 0; i < out.rows; ++i) local_affinity_row(gray, i, out);
}

Affinity local_affinity(ImageView gray) {
  Affinity out;
  local_affinity(gray, out);
  return out;
}

FillSystem fill_system(ImageView gray, ImageView depth, double alpha) {
  check_input("fill_system", gray, depth, alpha);
  const Affinity affinity = local_affinity(gray);
  FillSystem system;
  system.scale = -INFINITY;
  for (Index i = 0; i < depth.rows(); ++i)
    for (Index j = 0; j < depth.cols(); ++j)
      if (is_known(depth(i, j))) system.scale = std::max(system.scale, depth(i, j));

  for (Index i = 0; i < depth.rows(); ++i)
    for (Index j = 0; j < depth.cols(); ++j) {
      const bool known = is_known(depth(i, j));
      auto neighbour = [&](int k) {
        const Index r = i + kNeighbours[k].row, c = j + kNeighbours[k].col;
        if (r < 0 || r >= depth.rows() || c < 0 || c >= depth.cols()) return;
        system.column.push_back(static_cast<int>(r * depth.cols() + c));
        system.value.push_back(-affinity.weight(k, i, j));
      };
      system.row_begin.push_back(static_cast<int>(system.column.size()));
      for (int k = 0; k < 4; ++k) neighbour(k);
      system.column.push_back(static_cast<int>(i * depth.cols() + j));
      system.value.push_back(known ? 1.0 + alpha : 1.0);
      for (int k = 4; k < 8; ++k) neighbour(k);
      system.rhs.push_back(known ? alpha * std::min(depth(i, j) / system.scale, 1.0) : 0.0);
    }
  system.row_begin.push_back(static_cast<int>(system.column.size()));
  return system;
}

}  // namespace depthmill::colorization
