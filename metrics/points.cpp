#include "metrics/points.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/sampling.h"
#include "metrics/weighted_l1.h"

namespace depthmill::metrics {
namespace {

using Point = std::array<double, 3>;

double length(const Point& a) { return std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

// Weighted lower median of the differences along each axis.
L1Fit shift_only(const L1Samples& samples) {
  L1Fit fit;
  const std::vector<double> ones(samples.size(), 1.0);
  for (std::size_t a = 0; a < 3; ++a) {
    std::vector<double> difference(samples.size());
    for (std::size_t i = 0; i < difference.size(); ++i)
      difference[i] = samples.target[a][i] - samples.pred[a][i];
    fit.shift[a] = l1_scale(ones, difference, samples.weight);
  }
  return fit;
}

// One scale for the coordinates of all three axes.
L1Fit scale_only(const L1Samples& samples) {
  std::vector<double> x, y, w;
  for (std::size_t a = 0; a < 3; ++a) {
    x.insert(x.end(), samples.pred[a].begin(), samples.pred[a].end());
    y.insert(y.end(), samples.target[a].begin(), samples.target[a].end());
    w.insert(w.end(), samples.weight.begin(), samples.weight.end());
  }
  return {.scale = l1_scale(x, y, w)};
}

L1Fit fit_points(const L1Samples& samples, AlignKind kind) {
  switch (kind) {
    case AlignKind::kPointShift:
      return shift_only(samples);
    case AlignKind::kPointScale:
      return scale_only(samples);
    case AlignKind::kPointAffine:
      return l1_by_anchors(samples, Ties::kLeftOut);
    case AlignKind::kPointAffineExact:
      return l1_affine(samples);
    default:
      return {};
  }
}

}  // namespace

PointScores point_scores(std::span<const double> pred, std::span<const double> gt,
                         std::span<const std::uint8_t> valid, int rows, int cols, const PlaneCamera& camera,
                         AlignKind kind, int cells) {
  const auto point = [&](std::size_t i, double depth) {
    const double row = static_cast<double>(i / static_cast<std::size_t>(cols) + 1);
    const double col = static_cast<double>(i % static_cast<std::size_t>(cols) + 1);
    return Point{depth * ((col - camera.cx) / camera.fx), depth * ((row - camera.cy) / camera.fy), depth};
  };
  L1Samples samples;
  samples.pred.resize(3), samples.target.resize(3);
  for (const std::size_t i : nearest_valid_sample(valid, rows, cols, cells)) {
    if (!std::isfinite(pred[i])) return {};
    const Point p = point(i, pred[i]), g = point(i, gt[i]);
    for (std::size_t a = 0; a < 3; ++a) samples.pred[a].push_back(p[a]), samples.target[a].push_back(g[a]);
    samples.weight.push_back(1 / length(g));
  }
  const L1Fit fit = fit_points(samples, kind);
  double n = 0, sum = 0, within = 0;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    if (!valid[i]) continue;
    if (!std::isfinite(pred[i])) return {};
    const Point g = point(i, gt[i]);
    Point p = point(i, pred[i]), difference;
    for (std::size_t a = 0; a < 3; ++a) {
      p[a] = fit.scale * p[a] + fit.shift[a];
      difference[a] = p[a] - g[a];
    }
    const double off = length(difference), far = length(g);
    n += 1;
    sum += off / (far + 1e-6);
    within += off < 0.25 * std::min(far, length(p)) ? 1 : 0;
  }
  return n > 0 ? PointScores{sum / n, within / n} : PointScores{};
}

}  // namespace depthmill::metrics
