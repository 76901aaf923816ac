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

// What a metric adds to the sums of aggregate() for each of `known`, and how they become its value.
struct Terms {
  std::vector<double> terms;
  bool weighted, squares, defined;

  Terms(const Averaged& metric, const std::vector<std::size_t>& known)
      : weighted(metric.averaging == Averaging::kPooled || metric.averaging == Averaging::kByPixels ||
                 metric.averaging == Averaging::kClipsByPixels),
        squares(metric.averaging == Averaging::kRmsOfImages ||
                (metric.averaging == Averaging::kPooled && metric.pool == Pool::kRootMean)),
        defined(metric.averaging != Averaging::kPooled || metric.pool != Pool::kNone) {
    for (const std::size_t i : known) {
      const auto& [value, pixels] = metric.images[i];
      terms.push_back((weighted ? static_cast<double>(pixels) : 1.0) * (squares ? value * value : value));
    }
  }
  double value(double sum, double weights) const {
    if (!defined || !(weights > 0)) return kUnknown;
    return squares ? std::sqrt(sum / weights) : sum / weights;
  }
};

std::vector<std::size_t> known_of(const Averaged& metric) {
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < metric.images.size(); ++i)
    if (!std::isnan(metric.images[i].value)) known.push_back(i);
  return known;
}

// Of metrics with values of the same images.
void bootstrap_together(std::span<const Averaged> metrics, const std::vector<std::size_t>& members,
                        const std::vector<std::size_t>& known, const Resampling& resampling,
                        std::vector<Interval>& intervals) {
  const std::size_t n = known.size(), width = members.size();
  if (n < 2 || resampling.resamples == 0) return;
  std::vector<Terms> all;
  for (const std::size_t m : members) all.emplace_back(metrics[m], known);
  std::vector<double> terms(n * width), pixels(n);  // one image after the other
  for (std::size_t i = 0; i < n; ++i) {
    pixels[i] = static_cast<double>(metrics[members[0]].images[known[i]].pixels);
    for (std::size_t k = 0; k < width; ++k) terms[i * width + k] = all[k].terms[i];
  }
  std::mt19937_64 rng(resampling.seed);
  std::vector<std::vector<double>> totals(width);
  std::vector<double> sums(width);
  for (std::size_t r = 0; r < resampling.resamples; ++r) {
    std::fill(sums.begin(), sums.end(), 0.0);
    double drawn_pixels = 0;
    for (std::size_t d = 0; d < n; ++d) {
      const std::size_t i = below(rng, n);
      drawn_pixels += pixels[i];
      for (std::size_t k = 0; k < width; ++k) sums[k] += terms[i * width + k];
    }
    for (std::size_t k = 0; k < width; ++k)
      totals[k].push_back(all[k].value(sums[k], all[k].weighted ? drawn_pixels : static_cast<double>(n)));
  }
  for (std::size_t k = 0; k < width; ++k)
    if (all[k].defined) intervals[members[k]] = central(totals[k], resampling.level);
}

}  // namespace

std::vector<Interval> bootstrap_intervals(std::span<const Averaged> metrics, const Resampling& resampling) {
  std::vector<Interval> intervals(metrics.size(), {kUnknown, kUnknown});
  std::vector<bool> done(metrics.size());
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    if (done[m]) continue;
    const std::vector<std::size_t> known = known_of(metrics[m]);
    const auto same_pixels = [&](const Averaged& a) {
      return std::all_of(known.begin(), known.end(),
                         [&](std::size_t i) { return a.images[i].pixels == metrics[m].images[i].pixels; });
    };
    std::vector<std::size_t> members;
    for (std::size_t other = m; other < metrics.size(); ++other)
      if (!done[other] && known_of(metrics[other]) == known && same_pixels(metrics[other])) {
        members.push_back(other);
        done[other] = true;
      }
    bootstrap_together(metrics, members, known, resampling, intervals);
  }
  return intervals;
}

Interval bootstrap_interval(std::span<const ImageValue> images, Averaging averaging, Pool pool,
                            const Resampling& resampling) {
  const Averaged one{{images.begin(), images.end()}, averaging, pool};
  return bootstrap_intervals({&one, 1}, resampling).front();
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

double exchange_p_value(std::span<const double> first, std::span<const double> second, std::size_t exchanges,
                        std::uint64_t seed) {
  if (first.size() != second.size()) throw std::invalid_argument("exchange_p_value: not the same images");
  std::vector<double> difference;
  double sum = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    if (!std::isnan(first[i]) && !std::isnan(second[i])) sum += difference.emplace_back(second[i] - first[i]);
  if (difference.size() < 2) return kUnknown;
  std::mt19937_64 rng(seed);
  std::size_t as_extreme = 0;
  for (std::size_t i = 0; i < exchanges; ++i) {
    double kept = 0;  // of the exchanged sum, which is twice this less the whole
    for (std::size_t k = 0; k < difference.size(); k += 64) {
      const std::uint64_t coins = rng();
      const std::size_t end = std::min(difference.size(), k + 64);
      for (std::size_t j = k; j < end; ++j)
        kept += static_cast<double>((coins >> (j - k)) & 1) * difference[j];
    }
    as_extreme += std::abs(2 * kept - sum) >= std::abs(sum) * (1 - 1e-12);
  }
  return static_cast<double>(as_extreme + 1) / static_cast<double>(exchanges + 1);
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size(), kUnknown);
  double least = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    least = std::min(1.0, std::max(least, p_values[order[k]] * static_cast<double>(order.size() - k)));
    adjusted[order[k]] = least;
  }
  return adjusted;
}

}  // namespace depthmill::metrics
