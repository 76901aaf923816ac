#include "metrics/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace depthmill::metrics {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// std::uniform_int_distribution differs between libraries; the multiplication does not.
std::size_t below(std::mt19937_64& rng, std::size_t n) {
  return static_cast<std::size_t>((static_cast<unsigned __int128>(rng()) * n) >> 64);
}

// Linear interpolation between order statistics.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(low);
  return low + 1 < sorted.size() ? sorted[low] * (1 - part) + sorted[low + 1] * part : sorted[low];
}

Interval central(std::vector<double>& values, double level) {
  std::sort(values.begin(), values.end());
  return {quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)};
}

}  // namespace

Interval bootstrap_interval(std::span<const ImageValue> images, Averaging averaging, Pool pool,
                            const Resampling& resampling) {
  std::vector<ImageValue> known;
  for (const ImageValue& image : images)
    if (!std::isnan(image.value)) known.push_back(image);
  if (known.size() < 2 || resampling.resamples == 0) return {kUnknown, kUnknown};
  std::mt19937_64 rng(resampling.seed);
  std::vector<ImageValue> drawn(known.size());
  std::vector<double> totals;
  for (std::size_t i = 0; i < resampling.resamples; ++i) {
    for (ImageValue& image : drawn) image = known[below(rng, known.size())];
    totals.push_back(aggregate(drawn, averaging, pool).value);
  }
  return central(totals, resampling.level);
}

PairedComparison compare_paired(std::span<const double> first, std::span<const double> second,
                                const Resampling& resampling) {
  if (first.size() != second.size()) throw std::invalid_argument("compare_paired: not the same images");
  PairedComparison out;
  std::vector<double> difference;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) continue;
    difference.push_back(second[i] - first[i]);
    out.second_smaller += second[i] < first[i];
    out.second_larger += second[i] > first[i];
  }
  out.images = difference.size();
  out.interval = {kUnknown, kUnknown};
  if (difference.size() < 2) {
    out.mean_difference = difference.empty() ? kUnknown : difference[0];
    return out;
  }
  const double n = static_cast<double>(difference.size());
  double sum = 0;
  for (double d : difference) sum += d;
  out.mean_difference = sum / n;

  std::mt19937_64 rng(resampling.seed);
  std::vector<double> means;
  std::size_t as_extreme = 0;
  for (std::size_t i = 0; i < resampling.resamples; ++i) {
    double drawn = 0, exchanged = 0;
    for (std::size_t k = 0; k < difference.size(); ++k) {
      drawn += difference[below(rng, difference.size())];
      exchanged += (rng() & 1) != 0 ? difference[k] : -difference[k];
    }
    means.push_back(drawn / n);
    as_extreme += std::abs(exchanged) >= std::abs(sum) * (1 - 1e-12);
  }
  if (!means.empty()) out.interval = central(means, resampling.level);
  // The arrangement seen counts as one of the exchanges, so the value is never 0.
  out.p_value = static_cast<double>(as_extreme + 1) / static_cast<double>(resampling.resamples + 1);
  return out;
}

}  // namespace depthmill::metrics
