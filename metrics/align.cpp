#include "metrics/align.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/clip_fit.h"
#include "metrics/lanes.h"
#include "metrics/order_statistics.h"
#include "metrics/pixel_sums.h"

namespace depthmill::metrics {
namespace {

// Of pairs that are finite.
Alignment scale_shift(std::span<const double> pred, std::span<const double> target) {
  const double n = static_cast<double>(pred.size());
  double sum[2];
  sum_terms(pred.data(), target.data(), pred.size(), sum,
            [](const Doubles& p, const Doubles& t, Doubles* out) {
              out[0] = p;
              out[1] = t;
            });
  const double mean_p = sum[0] / n, mean_t = sum[1] / n;
  double about[2];  // the means: squares of the prediction, products
  sum_terms(pred.data(), target.data(), pred.size(), about,
            [=](const Doubles& p, const Doubles& t, Doubles* out) {
              const Doubles off = p - mean_p;
              out[0] = off * off;
              out[1] = off * (t - mean_t);
            });
  const double scale = about[0] > 0 ? about[1] / about[0] : 0.0;
  return {scale, mean_t - scale * mean_p};
}

Alignment scale_only(std::span<const double> pred, std::span<const double> target) {
  double sum[2];
  sum_terms(pred.data(), target.data(), pred.size(), sum,
            [](const Doubles& p, const Doubles& t, Doubles* out) {
              out[0] = p * p;
              out[1] = p * t;
            });
  return {sum[0] > 0 ? sum[1] / sum[0] : 1.0, 0.0};
}

// Of the pairs without those that are not finite.
template <class Fit>
Alignment of_finite(std::span<const double> pred, std::span<const double> target, Fit fit) {
  std::vector<double> p, t;
  if (!all_finite(pred) || !all_finite(target)) {
    for (std::size_t i = 0; i < pred.size(); ++i)
      if (std::isfinite(pred[i]) && std::isfinite(target[i])) p.push_back(pred[i]), t.push_back(target[i]);
    pred = p, target = t;
  }
  return pred.empty() ? Alignment{} : fit(pred, target);
}

// Mean over the pairs that are positive.
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
  Values kept;
  values = finite_of(values, kept);
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const OrderStatistic middle = order_statistic(values, (values.size() - 1) / 2);
  return lower || values.size() % 2 == 1 ? middle.at : (middle.at + middle.next) / 2;
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
      return of_finite(pred, target, scale_only);
    case AlignKind::kScaleShift:
      return of_finite(pred, target, scale_shift);
    case AlignKind::kLogScale:
      return log_scale(pred, target);
    default:
      break;
  }
  if (fits_repeatedly(kind)) {
    std::vector<float> p, t;
    for (std::size_t i = 0; i < pred.size(); ++i)
      if (std::isfinite(pred[i]) && std::isfinite(target[i]))
        p.push_back(static_cast<float>(pred[i])), t.push_back(static_cast<float>(target[i]));
    return replayed_fit([&](const UsePixels& use) { use(p, t); }, kind);
  }
  return {};
}

}  // namespace depthmill::metrics
