#include "metrics/align.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "metrics/clip_fit.h"

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
  // Doubles in the order of their value as whole numbers in the same order.
  const auto rank = [](double v) {
    const auto bits = std::bit_cast<std::uint64_t>(v);
    return bits >> 63 ? ~bits : bits | (std::uint64_t{1} << 63);
  };
  // First the bin that holds the middle, then the middle within it: most values are looked at twice and moved
  // never.
  constexpr int kBits = 14;  // sign, exponent and two bits more
  constexpr std::size_t kBins = std::size_t{1} << kBits;
  // Two counts a bin, in turn: neighbours in an image fall into one bin, and one would wait for the other.
  std::vector<std::uint32_t> counts(2 * kBins, 0);
  std::size_t n = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) ++counts[(i % 2) * kBins + (rank(values[i]) >> (64 - kBits))], ++n;
  std::vector<std::uint32_t> bins(kBins);
  for (std::size_t b = 0; b < kBins; ++b) bins[b] = counts[b] + counts[kBins + b];
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t middle = (n - 1) / 2;
  std::size_t bin = 0, before = 0;
  while (before + bins[bin] <= middle) before += bins[bin++];

  // Written always, kept if inside: which neighbours are is nothing a processor could guess.
  std::vector<double> inside(bins[bin] + 1);
  std::size_t kept = 0;
  for (const double v : values) {
    inside[kept] = v;
    kept += rank(v) >> (64 - kBits) == bin ? 1 : 0;
  }
  inside.resize(kept);
  const auto found = inside.begin() + static_cast<std::ptrdiff_t>(middle - before);
  std::nth_element(inside.begin(), found, inside.end());
  if (lower || n % 2 == 1) return *found;
  if (found + 1 != inside.end()) return (*found + *std::min_element(found + 1, inside.end())) / 2;
  double above = std::numeric_limits<double>::infinity();  // the least value of the bins above
  for (double v : values)
    if (rank(v) >> (64 - kBits) > bin && std::isfinite(v)) above = std::min(above, v);
  return (*found + above) / 2;
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
