// How alike neighbouring pixels are, and the linear system of Levin et al. 2004 ("Colorization using
// Optimization") that spreads depth along that likeness; first half of the toolbox's fill_depth_colorization.
//
// For pixel p with the n in {0..8} pixels around it that lie inside the image:
//   var_p = mean over p and its neighbours of (g - their mean)^2
//   q_p   = max(0.6 var_p, -min_n (g_n - g_p)^2 / ln 0.01, 2e-6)
//   w_pn  = exp(-(g_n - g_p)^2 / q_p), then divided by their sum over n
// All in double: float32 weights move the filled depth by 5e-6 m, a float32 gray by 1e-5 m.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "image.h"

namespace depthmill::colorization {

// The neighbours of a pixel, in the order in which their weights are stored.
struct Offset {
  int row, col;
};
inline constexpr std::array<Offset, 8> kNeighbours = {
    {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}};

// Eight planes of rows * cols weights, plane k belonging to kNeighbours[k]; pixels row-major. A weight whose
// neighbour lies outside the image is 0; the others of a pixel are > 0 and sum to 1 (but for an image of one
// pixel, which has no neighbour).
struct Affinity {
  Index rows = 0, cols = 0;
  std::vector<double> planes;

  const double* plane(int k) const { return planes.data() + k * rows * cols; }
  double weight(int k, Index row, Index col) const { return plane(k)[row * cols + col]; }
};

// gray: rows x cols in [0, 1], finite. Memory of `out` is reused when the size is the same.
void local_affinity(ImageView gray, Affinity& out);
// One row of it; out.planes has room for all.
void local_affinity_row(ImageView gray, Index row, Affinity& out);
Affinity local_affinity(ImageView gray);

// Is this a reading? 0 means none, and so does exactly 10 m, the far end of the toolbox's range.
inline bool is_known(double depth) { return depth != 0.0 && depth != 10.0; }

// (A + G) x = b in compressed rows, pixels numbered row-major (the toolbox counts column-major).
// A is 1 on the diagonal and -w elsewhere; G adds alpha at known pixels; b is alpha * depth / scale there and
// 0 elsewhere. x * scale is the filled depth. Columns ascend within a row.
struct FillSystem {
  std::vector<int> row_begin, column;
  std::vector<double> value, rhs;
  double scale = 1.0;  // the largest known depth
};

// gray, depth: rows x cols. Throws std::invalid_argument like fill_depth_colorization (levin.h).
FillSystem fill_system(ImageView gray, ImageView depth, double alpha);

}  // namespace depthmill::colorization
