// How sure a mean over images is, and whether one model is better than another: resampling of images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/aggregate.h"

namespace depthmill::metrics {

struct Resampling {
  std::size_t resamples = 1000;
  double level = 0.95;            // of the interval
  std::uint64_t seed = 20120618;  // the same seed gives the same interval, on every machine
};

struct Interval {
  double low, high;
};

// Percentile bootstrap over images (Efron 1979) of what `aggregate` would give. Images without a value are
// left out first. NaN with fewer than two images.
Interval bootstrap_interval(std::span<const ImageValue> images, Averaging averaging, Pool pool,
                            const Resampling& resampling = {});

// Values of one metric, and how they are averaged.
struct Averaged {
  std::vector<ImageValue> images;
  Averaging averaging = Averaging::kMeanOfImages;
  Pool pool = Pool::kNone;
};
// The same for several metrics of the same images, to the same bits in a fraction of the time: metrics that have
// values of the same images are drawn together.
std::vector<Interval> bootstrap_intervals(std::span<const Averaged> metrics,
                                          const Resampling& resampling = {});

// Two models on the same images, one metric.
struct PairedComparison {
  std::size_t images = 0;                             // with a value from both
  double mean_difference = 0;                         // second minus first
  Interval interval{};                                // of the mean difference, bootstrap over images
  double p_value = 1;                                 // two-sided, random exchange of the two within images
  std::size_t second_smaller = 0, second_larger = 0;  // images; the rest are equal
};

// first and second: values of the same images in the same order, NaN = none.
PairedComparison compare_paired(std::span<const double> first, std::span<const double> second,
                                const Resampling& resampling = {});

// The p value of compare_paired alone, where many exchanges are wanted; NaN with fewer than two images.
double exchange_p_value(std::span<const double> first, std::span<const double> second, std::size_t exchanges,
                        std::uint64_t seed = Resampling{}.seed);

// p values of several comparisons so that the chance of one that is falsely below a bound stays below that bound (Holm
// 1979): the k-th smallest of n times n - k + 1, at least that of those before it, at most 1. NaN stays NaN and is not
// counted among the n.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace depthmill::metrics
