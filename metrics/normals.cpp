#include "metrics/normals.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "metrics/align.h"

namespace depthmill::metrics {

std::vector<double> normal_angles(std::span<const double> pred, std::span<const double> gt) {
  if (pred.size() != gt.size() || gt.size() % 3 != 0)
    throw std::invalid_argument("normals: two maps of 3 x pixels are needed");
  const std::size_t n = gt.size() / 3;
  std::vector<double> angles;
  for (std::size_t i = 0; i < n; ++i) {
    double pg = 0, pp = 0, gg = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double p = pred[k * n + i], g = gt[k * n + i];
      pg += p * g, pp += p * p, gg += g * g;
    }
    if (gg == 0) continue;
    const double cosine = pg / std::sqrt(pp * gg);
    angles.push_back(std::isfinite(cosine) ? std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi
                                           : 90.0);
  }
  return angles;
}

NormalScores normal_scores(std::span<const double> angles_deg) {
  NormalScores out;
  out.pixels = angles_deg.size();
  if (angles_deg.empty()) return out;
  const double n = static_cast<double>(angles_deg.size());
  double sum = 0, squares = 0;
  for (double a : angles_deg) sum += a, squares += a * a;
  const auto percent_below = [&](double limit) {
    return 100 *
           static_cast<double>(
               std::count_if(angles_deg.begin(), angles_deg.end(), [&](double a) { return a < limit; })) /
           n;
  };
  out.mean = sum / n;
  out.median = median(angles_deg);
  out.rmse = std::sqrt(squares / n);
  out.below_5 = percent_below(5);
  out.below_7_5 = percent_below(7.5);
  out.below_11_25 = percent_below(11.25);
  out.below_22_5 = percent_below(22.5);
  out.below_30 = percent_below(30);
  return out;
}

}  // namespace depthmill::metrics
