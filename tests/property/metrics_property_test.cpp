// What follows from the definitions of the metrics alone, on random maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <random>

#include "metrics/align.h"
#include "metrics/errors.h"
#include "metrics/pixel_sums.h"
#include "metrics/pixel_sums_kernels.h"
#include "metrics/protocol.h"

namespace depthmill::metrics {
namespace {

constexpr int kRows = 37, kCols = 41;

constexpr double PixelSums::*kSums[] = {
    &PixelSums::abs_diff,        &PixelSums::sq_diff,       &PixelSums::abs_rel,  &PixelSums::sq_rel,
    &PixelSums::sq_rel_sq,       &PixelSums::abs_rel_pred,  &PixelSums::log_diff, &PixelSums::log_abs,
    &PixelSums::log_sq,          &PixelSums::inv_abs,       &PixelSums::inv_sq,   &PixelSums::abs_rel_shifted,
    &PixelSums::log_abs_shifted, &PixelSums::log_sq_shifted};

struct Maps {
  std::vector<double> pred, gt;
};

Maps random_maps(unsigned seed, double noise = 0.2) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> depth(0.5, 9.5);
  std::normal_distribution<double> error(0, noise);
  Maps maps;
  for (int i = 0; i < kRows * kCols; ++i) {
    maps.gt.push_back(depth(rng));
    maps.pred.push_back(maps.gt.back() * std::exp(error(rng)));
  }
  return maps;
}

Protocol protocol_of(std::vector<std::string> keys) {
  Protocol protocol;
  protocol.name = "test";
  protocol.metrics = std::move(keys);
  return protocol;
}

// All metrics of pixels, those of maps left out.
Protocol every_metric() {
  std::vector<std::string> keys;
  for (const auto& metric : metric_table())
    if ((metric.needs & (kSobelEdges | kRatioBoundary | kDepthBoundary | kDiscBoundary | kPlanes | kNormals |
                         kTemporal | kPoints | kCloud)) == 0)
      keys.emplace_back(metric.key);
  return protocol_of(keys);
}

double value(const Scores& scores, const std::string& key) {
  for (const auto& [name, v] : scores.values)
    if (name == key) return v;
  ADD_FAILURE() << key;
  return 0;
}

TEST(MetricsProperty, EqualMapsScorePerfectly) {
  const Maps maps = random_maps(1);
  const Scores scores = evaluate(maps.gt, maps.gt, kRows, kCols, every_metric());
  for (const auto& [key, v] : scores.values) {
    if (find_metric(key)->direction == Direction::kHigherIsBetter && key != "d_auc") {
      EXPECT_EQ(v, 1) << key;
    } else if (find_metric(key)->direction == Direction::kLowerIsBetter) {
      EXPECT_NEAR(v, 0, 1e-6) << key;
    }
  }
  // The area starts at x = 0.01 instead of 0.
  EXPECT_NEAR(value(scores, "d_auc"), 4.99 / 5, 1e-12);
}

TEST(MetricsProperty, EqualMapsHaveEqualBoundaries) {
  const Maps maps = random_maps(1);
  std::vector<std::uint8_t> edges(maps.gt.size(), 0), labels(maps.gt.size(), 1);
  edges[kCols * 5 + 7] = 1;
  Annotations annotations;
  annotations.edges = edges;
  annotations.plane_labels = labels;
  annotations.camera = {30, 30, kCols / 2.0, kRows / 2.0};
  const Scores scores =
      evaluate(maps.gt, maps.gt, kRows, kCols,
               protocol_of({"edge_f1_025", "edge_accuracy_1", "boundary_f1", "plane_orientation", "dbe_acc"}),
               annotations);
  EXPECT_EQ(value(scores, "edge_f1_025"), 1);
  EXPECT_EQ(value(scores, "edge_accuracy_1"), 1);
  EXPECT_NEAR(value(scores, "boundary_f1"), 1, 1e-12);
  EXPECT_NEAR(value(scores, "plane_orientation"), 0, 1e-6);
  EXPECT_LE(value(scores, "dbe_acc"), 10);
}

TEST(MetricsProperty, WiderThresholdsHoldMorePixels) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Maps maps = random_maps(seed, 0.4);
    const Scores s = evaluate(maps.pred, maps.gt, kRows, kCols, every_metric());
    EXPECT_LE(value(s, "tau"), value(s, "d05"));
    EXPECT_LE(value(s, "d05"), value(s, "d1"));
    EXPECT_LT(value(s, "d1"), value(s, "d2"));
    EXPECT_LE(value(s, "d2"), value(s, "d3"));
    EXPECT_LE(value(s, "d1"), value(s, "d1_le"));
    EXPECT_NEAR(value(s, "bad1"), 100 * (1 - value(s, "d1_le")), 1e-9);
  }
}

TEST(MetricsProperty, SilogIgnoresScale) {
  const Maps maps = random_maps(2);
  const Protocol protocol = protocol_of({"silog", "silog_unbiased", "silog_log10", "silog_half", "rmse_log"});
  const Scores plain = evaluate(maps.pred, maps.gt, kRows, kCols, protocol);
  auto scaled = maps.pred;
  for (double& v : scaled) v *= 3.7;
  const Scores moved = evaluate(scaled, maps.gt, kRows, kCols, protocol);
  for (const char* key : {"silog", "silog_unbiased", "silog_log10"})
    EXPECT_NEAR(value(moved, key) / value(plain, key), 1, 1e-9) << key;
  for (const char* key : {"silog_half", "rmse_log"})
    EXPECT_GT(value(moved, key), 2 * value(plain, key)) << key;
}

TEST(MetricsProperty, SwappingTheMapsKeepsSymmetricMetrics) {
  const Maps maps = random_maps(3, 0.05);
  const Protocol protocol = protocol_of({"mae", "rmse", "rmse_log", "log10", "silog", "d1", "irmse"});
  Protocol wide = protocol;
  wide.range = {1e-3, 1e3, false, false};
  const Scores a = evaluate(maps.pred, maps.gt, kRows, kCols, wide);
  const Scores b = evaluate(maps.gt, maps.pred, kRows, kCols, wide);
  for (const auto& [key, v] : a.values) EXPECT_NEAR(v, value(b, key), 1e-12 * std::max(1.0, v)) << key;
}

TEST(MetricsProperty, OrderOfPixelsDoesNotMatter) {
  const Maps maps = random_maps(4);
  std::vector<std::size_t> order(maps.gt.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  Maps shuffled = maps;
  for (std::size_t i = 0; i < order.size(); ++i)
    shuffled.pred[i] = maps.pred[order[i]], shuffled.gt[i] = maps.gt[order[i]];
  const Scores a = evaluate(maps.pred, maps.gt, kRows, kCols, every_metric());
  const Scores b = evaluate(shuffled.pred, shuffled.gt, kRows, kCols, every_metric());
  for (const auto& [key, v] : a.values)
    EXPECT_NEAR(v, value(b, key), 1e-9 * std::max(1.0, std::abs(v))) << key;
}

TEST(MetricsProperty, AlignmentRecoversScaleAndShift) {
  const Maps maps = random_maps(6);
  std::vector<double> depth, disparity;
  for (double g : maps.gt) depth.push_back((g - 0.3) / 2.5), disparity.push_back((1 / g - 0.02) / 0.07);
  const Alignment found = align(depth, maps.gt, AlignKind::kScaleShift);
  EXPECT_NEAR(found.scale, 2.5, 1e-10);
  EXPECT_NEAR(found.shift, 0.3, 1e-10);

  Protocol protocol = protocol_of({"abs_rel", "d1"});
  protocol.disparity = true;
  protocol.align = AlignKind::kScaleShift;
  protocol.align_space = AlignSpace::kDisparity;
  const Scores scores = evaluate(disparity, maps.gt, kRows, kCols, protocol);
  EXPECT_NEAR(scores.alignment.scale, 0.07, 1e-12);
  EXPECT_NEAR(scores.alignment.shift, 0.02, 1e-12);
  EXPECT_NEAR(value(scores, "abs_rel"), 0, 1e-10);
}

TEST(MetricsProperty, ScaleAlignmentsRecoverAScale) {
  const Maps maps = random_maps(7);
  auto scaled = maps.gt;
  for (double& v : scaled) v /= 4.2;
  for (AlignKind kind :
       {AlignKind::kMedian, AlignKind::kMedianLower, AlignKind::kScale, AlignKind::kLogScale})
    EXPECT_NEAR(align(scaled, maps.gt, kind).scale, 4.2, 1e-10);
}

TEST(MetricsProperty, LogScaleMakesRmseLogEqualSilog) {
  const Maps maps = random_maps(8);
  Protocol protocol = protocol_of({"silog", "rmse_log"});
  protocol.align = AlignKind::kLogScale;
  const Scores scores = evaluate(maps.pred, maps.gt, kRows, kCols, protocol);
  EXPECT_NEAR(100 * value(scores, "rmse_log"), value(scores, "silog"), 1e-9);
}

TEST(MetricsProperty, LogarithmIsTheLibrarysButForLastDigits) {
  std::mt19937_64 rng(9);
  std::uniform_real_distribution<double> exponent(-700, 700);
  std::vector<double> in = {1,
                            0,
                            -1,
                            std::nextafter(1.0, 0),
                            std::nextafter(1.0, 2),
                            5e-324,
                            std::numeric_limits<double>::infinity(),
                            std::nan("")};
  for (int i = 0; i < 100000; ++i) in.push_back(std::exp(exponent(rng) / (i % 3 == 0 ? 1 : 1000)));
  for (double x : in) {
    const double one = 1;
    const double ours = sum_pixels({&x, 1}, {&one, 1}, kLog).log_diff, exact = std::log(x);
    if (std::isfinite(exact))
      ASSERT_NEAR(ours, exact, 6.7e-16 * std::abs(exact)) << x;  // 3 units in the last place
    else
      ASSERT_EQ(std::isnan(ours) ? "nan" : std::to_string(ours),
                std::isnan(exact) ? "nan" : std::to_string(exact));
  }
}

#ifdef __x86_64__
// The loops for AVX2 and those for the build's baseline give the same bytes.
TEST(MetricsProperty, SumsDoNotDependOnTheInstructions) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "no AVX2 here";
  std::mt19937 rng(14);
  std::uniform_real_distribution<double> depth(0.5, 10);
  std::vector<double> pred(kSumBlock), gt(kSumBlock);
  for (const double odd : {1.0, 0.0, -2.0, 1e-310, std::numeric_limits<double>::infinity(), std::nan("")}) {
    for (std::size_t i = 0; i < kSumBlock; ++i) pred[i] = depth(rng), gt[i] = depth(rng);
    pred[500] = odd;
    PixelSums plain, fast;
    baseline::add_values(pred.data(), gt.data(), kSumBlock, ~0u, 0.01, 0.02, plain);
    avx2::add_values(pred.data(), gt.data(), kSumBlock, ~0u, 0.01, 0.02, fast);
    EXPECT_EQ(plain.below, fast.below);
    EXPECT_EQ(plain.below_or_equal, fast.below_or_equal);
    EXPECT_EQ(plain.below_shifted, fast.below_shifted);
    for (const auto field : kSums)
      EXPECT_TRUE(plain.*field == fast.*field || (std::isnan(plain.*field) && std::isnan(fast.*field)))
          << odd;
  }
}

TEST(MetricsProperty, WhatLiesBetweenDoesNotDependOnTheInstructions) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "no AVX2 here";
  std::mt19937 rng(15);
  std::uniform_int_distribution<int> value(0, 9);
  for (std::size_t n = 0; n < 70; ++n) {
    std::vector<double> values(n);
    for (double& v : values) v = value(rng);
    std::vector<double> expected;
    std::copy_if(values.begin(), values.end(), std::back_inserter(expected),
                 [](double v) { return v >= 3 && v <= 6; });
    const auto below =
        static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](double v) { return v < 3; }));
    for (const auto keep : {baseline::keep_between, avx2::keep_between}) {
      std::vector<double> room = values;  // in place, as the search does it
      room.resize(n + 4);
      const KeptBetween found = keep(room.data(), n, 3, 6, room.data());
      EXPECT_EQ(found.below, below);
      ASSERT_EQ(found.kept, expected.size());
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), room.begin()));
    }
  }
}
#endif

// A block of which some pixels are left out sums to what the others sum to alone.
TEST(MetricsProperty, PixelsLeftOutAddNothing) {
  const Maps maps = random_maps(10);
  constexpr unsigned kEverything =
      kLinear | kLog | kInverse | kRatio | kShifted | kShiftedLog | kShiftedRatio | kOverPred | kRatioOrEqual;
  PixelSums blocks;
  std::vector<double> pred, gt;
  for (std::size_t start = 0; start < maps.gt.size(); start += 300) {
    PixelBlock block;
    block.size = std::min<std::size_t>(300, maps.gt.size() - start);
    for (std::size_t i = 0; i < block.size; ++i) {
      block.pred[i] = maps.pred[start + i];
      block.gt[i] = maps.gt[start + i];
      block.keep[i] = (start + i) % 7 == 3 ? 0 : -1;
      if (block.keep[i] == 0) continue;
      ++block.kept;
      pred.push_back(block.pred[i]);
      gt.push_back(block.gt[i]);
    }
    block.leave_out();
    block.add_to(blocks, kEverything, 0.01, 0.02);
  }
  const PixelSums alone = sum_pixels(pred, gt, kEverything, 0.01, 0.02);
  EXPECT_EQ(blocks.n, alone.n);
  EXPECT_EQ(blocks.below, alone.below);
  EXPECT_EQ(blocks.below_or_equal, alone.below_or_equal);
  EXPECT_EQ(blocks.below_shifted, alone.below_shifted);
  for (const auto field : kSums)
    EXPECT_NEAR(blocks.*field, alone.*field, 1e-12 * std::max(1.0, std::abs(alone.*field)));
}

TEST(MetricsProperty, MedianIsThatOfTheSortedValues) {
  std::mt19937 rng(11);
  std::normal_distribution<double> wide(0, 3);
  for (std::size_t n : {1u, 2u, 3u, 10u, 501u, 1000u}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(i % 5 == 4 ? values.front() : wide(rng));
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    values.push_back(std::nan(""));  // not counted
    values.push_back(-std::numeric_limits<double>::infinity());
    const double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    EXPECT_EQ(median(values, true), low) << n;
    EXPECT_EQ(median(values), (low + high) / 2) << n;
  }
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace depthmill::metrics
