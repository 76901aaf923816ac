// Angles between predicted and true surface normals (Bae et al. 2021 and the literature before).
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace depthmill::metrics {

// Degrees, one a pixel whose true normal is not (0, 0, 0), in pixel order. Normals are planar: 3 x pixels,
// all x, then y, then z; neither needs unit length. A predicted zero or non-finite vector gives 90 degrees
// (no direction known), so it is not left out.
std::vector<double> normal_angles(std::span<const double> pred, std::span<const double> gt);

struct NormalScores {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double mean = kNone, median = kNone, rmse = kNone;  // degrees; the median averages the two middle values
  double below_5 = kNone, below_7_5 = kNone, below_11_25 = kNone;  // percent, strictly below
  double below_22_5 = kNone, below_30 = kNone;
  std::size_t pixels = 0;
};

// Over all angles given: of one image, or of a whole set put together (how most papers pool). NaN if there
// are none.
NormalScores normal_scores(std::span<const double> angles_deg);

}  // namespace depthmill::metrics
