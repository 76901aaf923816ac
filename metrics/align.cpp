#include "metrics/align.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace depthmill::metrics {
namespace {

Alignment scale_shift(std::span<const double> pred, std::span<const double> target) {
  double n = 0, sum_p = 0, sum_t = 0;
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (std::isfinite(pred[i]) && std::isfinite(target[i])) n += 1, sum_p += pred[i], sum_t += target[i];
  if (n == 0) return {};
  const double mean_p = sum_p / n, mean_t = sum_t / n;
  double pp = 0, pt = 0;
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (std::isfinite(pred[i]) && std::isfinite(target[i])) {
      pp += (pred[i] - mean_p) * (pred[i] - mean_p);
      pt += (pred[i] - mean_p) * (target[i] - mean_t);
    }
  const double scale = pp > 0 ? pt / pp : 0.0;
  return {scale, mean_t - scale * mean_p};
}

// Means over the pairs whose prediction and target are finite (and positive, where a logarithm needs it).
Alignment scale_only(std::span<const double> pred, std::span<const double> target) {
  double pp = 0, pt = 0;
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (std::isfinite(pred[i]) && std::isfinite(target[i]))
      pp += pred[i] * pred[i], pt += pred[i] * target[i];
  return {pp > 0 ? pt / pp : 1.0, 0.0};
}

Alignment log_scale(std::span<const double> pred, std::span<const double> target) {
  double n = 0, sum = 0;
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (pred[i] > 0 && target[i] > 0 && std::isfinite(pred[i]) && std::isfinite(target[i]))
      n += 1, sum += std::log(target[i] / pred[i]);
  return {n > 0 ? std::exp(sum / n) : 1.0, 0.0};
}

Alignment median_ratio(std::span<const double> pred, std::span<const double> target, bool lower) {
  const double ratio = median(target, lower) / median(pred, lower);
  return {std::isfinite(ratio) ? ratio : 1.0, 0.0};
}

}  // namespace

double median(std::span<const double> values, bool lower) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  for (double v : values)
    if (std::isfinite(v)) sorted.push_back(v);
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (lower || sorted.size() % 2 == 1) return *middle;
  return (*middle + *std::min_element(middle + 1, sorted.end())) / 2;
}

Alignment align(std::span<const double> pred, std::span<const double> target, AlignKind kind) {
  assert(pred.size() == target.size());
  switch (kind) {
    case AlignKind::kNone:
      return {};
    case AlignKind::kMedian:
      return median_ratio(pred, target, false);
    case AlignKind::kMedianLower:
      return median_ratio(pred, target, true);
    case AlignKind::kScale:
      return scale_only(pred, target);
    case AlignKind::kScaleShift:
      return scale_shift(pred, target);
    case AlignKind::kLogScale:
      return log_scale(pred, target);
  }
  return {};
}

}  // namespace depthmill::metrics
