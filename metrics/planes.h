// Planarity errors of iBims-1 (Koch et al. 2018): how flat and how well oriented labelled planes come out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace depthmill::metrics {

// Pinhole camera, pixels; principal point counted from 1 as in the benchmark (its back-projection is
// 1-based).
struct PlaneCamera {
  double fx = 0, fy = 0, cx = 0, cy = 0;
  bool known() const { return fx > 0 && fy > 0; }
};

struct PlaneScore {
  int label = 0;
  double flatness_cm = 0;      // population standard deviation of the distances from the fitted plane
  double orientation_deg = 0;  // angle between the fitted and the given normal, 0 ... 90
};

// One score for every label 1, 2, ... that covers at least `min_share` of the map. On each plane `pred` is
// first scaled by the ratio of medians. `normals` (label i in [i - 1]): unit normals in the frame (right,
// forward, up); where it is too short the normal fitted to `gt` is used. pred, gt in metres, 0 = missing,
// rows x cols.
std::vector<PlaneScore> plane_scores(std::span<const double> pred, std::span<const double> gt,
                                     std::span<const std::uint8_t> labels, int rows, int cols,
                                     const PlaneCamera& camera,
                                     std::span<const std::array<double, 3>> normals = {},
                                     double min_share = 0.05);

}  // namespace depthmill::metrics
