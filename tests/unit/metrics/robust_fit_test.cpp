// Fits of absolute differences and over clips, against slower ways to the same result.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "metrics/align.h"
#include "metrics/clip_fit.h"
#include "metrics/weighted_l1.h"

namespace depthmill::metrics {
namespace {

// Samples with outliers; `steps`: predictions on a grid, so that many are equal.
L1Samples samples_of(unsigned seed, std::size_t n, std::size_t axes, bool steps) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> depth(0.5, 8), noise(-0.1, 0.1);
  L1Samples samples;
  samples.pred.resize(axes), samples.target.resize(axes);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t a = 0; a < axes; ++a) {
      const double g = depth(rng);
      double p = (g - 0.7) / 1.9 + noise(rng) + (i % 11 == 0 ? 3 : 0);
      if (steps) p = std::round(4 * p) / 4;
      samples.pred[a].push_back(p), samples.target[a].push_back(g);
    }
    samples.weight.push_back(1 / samples.target[0].back());
  }
  return samples;
}

double loss_of(const L1Samples& s, double scale, const std::array<double, 3>& shift) {
  double loss = 0;
  for (std::size_t a = 0; a < s.pred.size(); ++a)
    for (std::size_t i = 0; i < s.size(); ++i)
      loss += s.weight[i] * std::abs(scale * s.pred[a][i] + shift[a] - s.target[a][i]);
  return loss;
}

// As the source does it: every anchor, one weighted median each.
L1Fit all_anchors(const L1Samples& s) {
  L1Fit best;
  best.loss = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < s.size(); ++k) {
    std::vector<double> x, y, w;
    for (std::size_t a = 0; a < s.pred.size(); ++a)
      for (std::size_t i = 0; i < s.size(); ++i) {
        x.push_back(s.pred[a][i] - s.pred[a][k]), y.push_back(s.target[a][i] - s.target[a][k]);
        w.push_back(s.weight[i]);
      }
    const double scale = l1_scale(x, y, w);
    double loss = 0;
    for (std::size_t i = 0; i < x.size(); ++i) loss += x[i] == 0 ? 0 : w[i] * std::abs(scale * x[i] - y[i]);
    if (loss >= best.loss) continue;
    best.loss = loss, best.scale = scale;
    for (std::size_t a = 0; a < s.pred.size(); ++a) best.shift[a] = s.target[a][k] - scale * s.pred[a][k];
  }
  return best;
}

TEST(WeightedL1, ScaleIsTheWeightedLowerMedianOfRatios) {
  const std::vector<double> x = {1, -2, 1, 0}, y = {3, -2, 2, 9}, w = {1, 1, 1, 50};
  EXPECT_EQ(l1_scale(x, y, w), 1);  // ratios 1 (weight 2), 2 and 3: half of the weight is reached at 1
  EXPECT_EQ(l1_scale(std::vector<double>{0.0}, std::vector<double>{1.0}, std::vector<double>{1.0}), 0);
}

TEST(WeightedL1, TheSearchFindsWhatAllAnchorsGive) {
  for (unsigned seed = 1; seed <= 6; ++seed)
    for (const std::size_t axes : {1, 3})
      for (const bool steps : {false, true}) {
        const L1Samples samples = samples_of(seed, 150, axes, steps);
        const L1Fit slow = all_anchors(samples), fast = l1_by_anchors(samples, Ties::kLeftOut);
        EXPECT_NEAR(fast.loss, slow.loss, 1e-10 * slow.loss) << seed << " " << axes << " " << steps;
        EXPECT_NEAR(fast.scale, slow.scale, 1e-9) << seed << " " << axes << " " << steps;
        for (std::size_t a = 0; a < axes; ++a) EXPECT_NEAR(fast.shift[a], slow.shift[a], 1e-9);
      }
}

TEST(WeightedL1, ExactFitsAreMinima) {
  for (unsigned seed = 1; seed <= 4; ++seed)
    for (const std::size_t axes : {1, 3}) {
      const L1Samples samples = samples_of(seed, 120, axes, true);
      const L1Fit fit = axes == 1 ? l1_by_anchors(samples, Ties::kCounted) : l1_affine(samples);
      const double least = loss_of(samples, fit.scale, fit.shift);
      EXPECT_NEAR(fit.loss, least, 1e-9 * least);
      EXPECT_LE(least, loss_of(samples, l1_by_anchors(samples, Ties::kLeftOut).scale,
                               l1_by_anchors(samples, Ties::kLeftOut).shift) *
                           (1 + 1e-12));
      for (const double by : {-1e-3, 1e-3}) {
        EXPECT_GE(loss_of(samples, fit.scale + by, fit.shift), least * (1 - 1e-12));
        for (std::size_t a = 0; a < axes; ++a) {
          auto shift = fit.shift;
          shift[a] += by;
          EXPECT_GE(loss_of(samples, fit.scale, shift), least * (1 - 1e-12));
          EXPECT_GE(loss_of(samples, fit.scale - by, shift), least * (1 - 1e-12));
        }
      }
    }
}

TEST(WeightedL1, ConstantAndMissingSamplesHaveAnAnswer) {
  EXPECT_EQ(l1_by_anchors({.pred = {{}}, .target = {{}}, .weight = {}}, Ties::kLeftOut).scale, 1);
  const L1Samples flat{.pred = {{2, 2, 2}}, .target = {{1, 3, 4}}, .weight = {1, 1, 1}};
  const L1Fit fit = l1_by_anchors(flat, Ties::kCounted);
  EXPECT_EQ(fit.scale, 0);
  EXPECT_EQ(fit.shift[0], 3);  // the median
}

TEST(WeightedL1, NoFitIsMadeWhereNoSumIsFinite) {
  const L1Samples huge{
      .pred = {{1, 2, 3}}, .target = {{-1e308, 1e308, -1e308}}, .weight = {1e10, 1e10, 1e10}};
  for (const L1Fit& fit :
       {l1_by_anchors(huge, Ties::kLeftOut), l1_by_anchors(huge, Ties::kCounted), l1_affine(huge)})
    EXPECT_TRUE(std::isnan(fit.scale)) << fit.scale;
}

struct Pixels {
  std::vector<float> pred, target;
};
Pixels pixels_of(unsigned seed, std::size_t n) {
  const L1Samples samples = samples_of(seed, n, 1, false);
  return {{samples.pred[0].begin(), samples.pred[0].end()},
          {samples.target[0].begin(), samples.target[0].end()}};
}
// In three blocks.
Replay in_blocks(const Pixels& pixels) {
  return [&pixels](const UsePixels& use) {
    const std::size_t n = pixels.pred.size();
    for (const auto& [begin, end] : {std::pair{std::size_t{0}, n / 3}, {n / 3, n / 2}, {n / 2, n}})
      use(std::span(pixels.pred).subspan(begin, end - begin),
          std::span(pixels.target).subspan(begin, end - begin));
  };
}

TEST(ClipFit, SumsOfFramesAreTheFitOfAllPixels) {
  const Pixels pixels = pixels_of(3, 500);
  std::vector<double> pred(pixels.pred.begin(), pixels.pred.end()),
      target(pixels.target.begin(), pixels.target.end());
  for (double& p : pred) p += 1e5;  // sums that are not centred would cancel
  pred[7] = std::nan("");
  for (const AlignKind kind : {AlignKind::kScale, AlignKind::kScaleShift}) {
    AlignmentSums sums;
    for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 120}, {120, 121}, {121, 500}})
      sums.add(std::span(pred).subspan(begin, end - begin), std::span(target).subspan(begin, end - begin));
    const Alignment whole = align(pred, target, kind), parts = sums.result(kind);
    EXPECT_NEAR(parts.scale, whole.scale, 1e-9 * std::abs(whole.scale));
    EXPECT_NEAR(parts.shift, whole.shift, 1e-9 * std::abs(whole.shift) + 1e-12);
  }
}

TEST(ClipFit, MediansByTheirBitsAreMedians) {
  for (const std::size_t n : {1, 2, 7, 300}) {
    Pixels pixels = pixels_of(static_cast<unsigned>(n), n);
    if (n == 7) pixels.pred = {-3, -2, -1, 0, 1, 2, 5};
    const std::vector<double> pred(pixels.pred.begin(), pixels.pred.end()),
        target(pixels.target.begin(), pixels.target.end());
    for (const AlignKind kind : {AlignKind::kMedian, AlignKind::kMedianLower})
      EXPECT_EQ(replayed_fit(in_blocks(pixels), kind).scale, align(pred, target, kind).scale) << n;
  }
}

double absolute_loss(const Pixels& pixels, double s, double t) {
  double loss = 0;
  for (std::size_t i = 0; i < pixels.pred.size(); ++i)
    loss += std::abs(s * static_cast<double>(pixels.pred[i]) + t - static_cast<double>(pixels.target[i]));
  return loss;
}

TEST(ClipFit, TheExactFitsAreMinimaAndAdamComesNear) {
  const Pixels pixels = pixels_of(9, 400);
  const Alignment affine = replayed_fit(in_blocks(pixels), AlignKind::kL1Affine);
  const double least = absolute_loss(pixels, affine.scale, affine.shift);
  const Alignment scale = replayed_fit(in_blocks(pixels), AlignKind::kL1Scale);
  for (const double by : {-1e-4, 1e-4}) {
    EXPECT_GE(absolute_loss(pixels, affine.scale + by, affine.shift), least);
    EXPECT_GE(absolute_loss(pixels, affine.scale, affine.shift + by), least);
    EXPECT_GE(absolute_loss(pixels, affine.scale + by, affine.shift - by), least);
    EXPECT_GE(absolute_loss(pixels, scale.scale + by, 0), absolute_loss(pixels, scale.scale, 0));
  }
  const Alignment adam = replayed_fit(in_blocks(pixels), AlignKind::kAdamL1);
  const Alignment start = replayed_fit(in_blocks(pixels), AlignKind::kMedianLower);
  EXPECT_LT(absolute_loss(pixels, adam.scale, adam.shift), absolute_loss(pixels, start.scale, 0));
  EXPECT_GT(absolute_loss(pixels, adam.scale, adam.shift), least);
  EXPECT_LT(std::abs(adam.shift), 0.11);
}

TEST(ClipFit, TheExactFitIsFoundFarFromTheRatioOfMedians) {
  Pixels pixels = pixels_of(11, 300);
  for (float& p : pixels.pred) p = 100 + 0.01f * p;
  const Alignment fit = replayed_fit(in_blocks(pixels), AlignKind::kL1Affine);
  EXPECT_NEAR(fit.scale, 190, 20);
  const double least = absolute_loss(pixels, fit.scale, fit.shift);
  for (const double by : {-1e-3, 1e-3}) {
    EXPECT_GE(absolute_loss(pixels, fit.scale + by, fit.shift - 100 * by), least * (1 - 1e-9));
    EXPECT_GE(absolute_loss(pixels, fit.scale, fit.shift + by), least * (1 - 1e-9));
  }
}

// Adam as it is written, all pixels at every step.
TEST(ClipFit, AdamIsAdam) {
  const Pixels pixels = pixels_of(5, 200);
  double s = replayed_fit(in_blocks(pixels), AlignKind::kMedianLower).scale, t = 0;
  double ms = 0, mt = 0, vs = 0, vt = 0, previous = std::numeric_limits<double>::infinity();
  for (int step = 1; step <= 1000; ++step) {
    double loss = 0, gs = 0, gt = 0;
    for (std::size_t i = 0; i < pixels.pred.size(); ++i) {
      const double p = static_cast<double>(pixels.pred[i]),
                   r = s * p + t - static_cast<double>(pixels.target[i]);
      loss += std::abs(r), gs += r > 0 ? p : -p, gt += r > 0 ? 1 : -1;
    }
    ms = 0.9 * ms + 0.1 * gs, mt = 0.9 * mt + 0.1 * gt;
    vs = 0.999 * vs + 0.001 * gs * gs, vt = 0.999 * vt + 0.001 * gt * gt;
    const double first = 1 - std::pow(0.9, step), second = 1 - std::pow(0.999, step);
    s -= 1e-4 * (ms / first) / (std::sqrt(vs / second) + 1e-8);
    t -= 1e-4 * (mt / first) / (std::sqrt(vt / second) + 1e-8);
    if (std::abs(loss - previous) < 1e-6) break;
    previous = loss;
  }
  const Alignment fit = replayed_fit(in_blocks(pixels), AlignKind::kAdamL1);
  EXPECT_NEAR(fit.scale, s, 1e-9);
  EXPECT_NEAR(fit.shift, t, 1e-9);
}

}  // namespace
}  // namespace depthmill::metrics
