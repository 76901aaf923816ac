#include "metrics/order_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>

#include "metrics/pixel_sums.h"
#include "metrics/pixel_sums_kernels.h"

namespace depthmill::metrics {
namespace {

constexpr double kBeyond = std::numeric_limits<double>::infinity();
constexpr std::size_t kFew = 2048;    // are put in order as they are
constexpr std::size_t kSample = 512;  // values spread evenly over the others
// Places in the sample between the k-th value's likely place and either bound: four standard deviations and more of a
// random sample's. Where the values are so arranged that they mislead, the bounds are found wrong and not used.
constexpr std::size_t kSlack = 48;

struct Bounds {
  double low, high;
};

Bounds likely_bounds(std::span<const double> values, std::size_t k) {
  std::array<double, kSample> sample;
  for (std::size_t i = 0; i < kSample; ++i) sample[i] = values[(2 * i + 1) * values.size() / (2 * kSample)];
  std::sort(sample.begin(), sample.end());
  const std::size_t likely = k * kSample / values.size();
  return {likely < kSlack ? -kBeyond : sample[likely - kSlack],
          likely + kSlack >= kSample ? kBeyond : sample[likely + kSlack]};
}

}  // namespace

// Two bounds that the value most likely lies between come from a sample; a pass over the values keeps what lies between
// them and counts what lies below, and so on with what was kept. Where the value does not, all are put in order.
OrderStatistic order_statistic(std::span<const double> values, std::size_t k) {
  // Of a long list little is kept, and what is not touched costs no memory.
  const auto kept = std::make_unique_for_overwrite<double[]>(values.size() + kSumLanes);
  std::span<const double> left = values;
  std::size_t place = k;  // in what is left
  while (left.size() > kFew) {
    const auto [low, high] = likely_bounds(left, place);
    const std::size_t before = left.size();
    const auto [count, below] = keep_between(left, low, high, kept.get());
    const bool both_kept = place >= below && place - below + 1 < count + (high == kBeyond ? 1 : 0);
    left = both_kept ? std::span<const double>(kept.get(), count) : values;
    place = both_kept ? place - below : k;
    if (both_kept && low == high) return {low, low};
    if (left.size() > before / 2) break;
  }
  if (left.data() != kept.get()) std::copy(left.begin(), left.end(), kept.get());
  double *begin = kept.get(), *end = begin + left.size(), *at = begin + place;
  std::nth_element(begin, at, end);
  return {*at, at + 1 < end ? *std::min_element(at + 1, end) : kBeyond};
}

std::span<const double> finite_of(std::span<const double> values, Values& kept) {
  if (all_finite(values)) return values;
  kept.clear();
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
               [](double v) { return std::isfinite(v); });
  return kept;
}

}  // namespace depthmill::metrics
