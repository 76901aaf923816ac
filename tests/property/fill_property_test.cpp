// What the mathematics says of every fill: the system is an M-matrix whose rows sum to alpha where depth is
// known and to 0 elsewhere, so each filled depth is a weighted mean of the readings.
#include <gtest/gtest.h>

#include <random>

#include "colorization/levin.h"

namespace depthmill::colorization {
namespace {

struct Case {
  Image gray, depth;
};

// Blocks of one gray with noise on top, readings of 1..6 m, a share of them missing in blobs and speckle.
Case make_case(Index rows, Index cols, double missing_share, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Case c{Image(rows, cols), Image(rows, cols)};
  Image blocks(rows / 8 + 1, cols / 8 + 1), holes(rows / 6 + 1, cols / 6 + 1);
  for (Index p = 0; p < blocks.size(); ++p) blocks.data()[p] = uniform(rng);
  for (Index p = 0; p < holes.size(); ++p) holes.data()[p] = uniform(rng);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      c.gray(i, j) = 0.9 * blocks(i / 8, j / 8) + 0.1 * uniform(rng);
      const bool missing = uniform(rng) < missing_share / 3 || holes(i / 6, j / 6) < missing_share * 2 / 3;
      c.depth(i, j) = missing ? 0.0 : 1.0 + 5.0 * uniform(rng);
    }
  c.depth(rows / 2, cols / 2) = 2.0;
  return c;
}

class Fill : public ::testing::TestWithParam<std::tuple<double, double>> {
 protected:
  double missing() const { return std::get<0>(GetParam()); }
  FillOptions options(double tolerance = 1e-10) const {
    return {.alpha = std::get<1>(GetParam()), .tolerance = tolerance};
  }
};

TEST_P(Fill, StaysInTheRangeOfTheReadings) {
  const Case c = make_case(70, 90, missing(), 1);
  const Image filled = fill_depth_colorization(c.gray, c.depth, options()).depth;
  const double least = (c.depth == 0).select(100.0, c.depth).minCoeff();
  EXPECT_GE(filled.minCoeff(), least - 1e-9);
  EXPECT_LE(filled.maxCoeff(), c.depth.maxCoeff() + 1e-9);
}

TEST_P(Fill, ConstantsStay) {
  Case c = make_case(70, 90, missing(), 2);
  c.depth = (c.depth == 0).select(0.0, Image::Constant(70, 90, 3.25));
  const Image filled = fill_depth_colorization(c.gray, c.depth, options()).depth;
  EXPECT_LE((filled - 3.25).abs().maxCoeff(), 1e-9);
}

TEST_P(Fill, OneReadingMakesAConstant) {
  Case c = make_case(40, 50, 0.5, 3);
  c.depth.setZero();
  c.depth(11, 37) = 1.75;
  const Image filled = fill_depth_colorization(c.gray, c.depth, options()).depth;
  EXPECT_LE((filled - 1.75).abs().maxCoeff(), 1e-7);
}

// x(d1 + d2) = x(d1) + x(d2) and x(s d) = s x(d) for readings at the same pixels.
TEST_P(Fill, IsLinearInTheReadings) {
  const Case a = make_case(50, 60, missing(), 4);
  const Case b = make_case(50, 60, missing(), 5);
  const Image second = (a.depth == 0).select(0.0, b.depth + 0.5);
  auto fill = [&](const Image& d) { return fill_depth_colorization(a.gray, d, options()).depth; };
  const Image sum = fill(a.depth + second), parts = fill(a.depth) + fill(second);
  EXPECT_LE((sum - parts).abs().maxCoeff(), 1e-7);
  EXPECT_LE((fill(a.depth * 3) - 3 * fill(a.depth)).abs().maxCoeff(), 1e-7);
}

// Mirrored and turned images have mirrored and turned fills; this crosses every border case with another.
TEST_P(Fill, TurnsWithTheImage) {
  const Case c = make_case(37, 53, missing(), 6);
  auto fill = [&](const Image& g, const Image& d) { return fill_depth_colorization(g, d, options()).depth; };
  const Image filled = fill(c.gray, c.depth);
  const Image mirrored = fill(c.gray.rowwise().reverse(), c.depth.rowwise().reverse());
  EXPECT_LE((mirrored.rowwise().reverse() - filled).abs().maxCoeff(), 1e-7);
  const Image turned = fill(c.gray.transpose(), c.depth.transpose());
  EXPECT_LE((turned.transpose() - filled).abs().maxCoeff(), 1e-7);
}

TEST_P(Fill, AFillersPastDoesNotShow) {
  const FillOptions o = options();
  std::vector<Case> cases;
  for (unsigned seed = 7; seed < 10; ++seed)
    cases.push_back(make_case(70, 90, missing() * (seed - 6) / 3, seed));
  std::vector<Image> fresh;
  for (const Case& c : cases) fresh.push_back(fill_depth_colorization(c.gray, c.depth, o).depth);
  LevinFiller filler(70, 90, o);
  Image out(70, 90);
  for (int which : {0, 1, 2, 0, 2, 1, 1}) {
    filler.fill(cases[which].gray, cases[which].depth, out);
    EXPECT_TRUE((out == fresh[which]).all());
  }
}

// What the summary promises about the error is kept.
TEST_P(Fill, KeepsItsErrorBound) {
  const Case c = make_case(70, 90, missing(), 11);
  const FillResult exact = fill_depth_colorization(c.gray, c.depth, options());
  EXPECT_TRUE(exact.summary.ok()) << exact.summary.message();
  EXPECT_EQ(exact.summary.missing, (c.depth == 0).count());
  for (double tolerance : {1e-2, 1e-4, 1e-6, 1e-8}) {
    const FillResult r = fill_depth_colorization(c.gray, c.depth, options(tolerance));
    EXPECT_TRUE(r.summary.ok()) << r.summary.message();
    EXPECT_LE(r.summary.error_bound, tolerance);
    EXPECT_LE((r.depth - exact.depth).abs().maxCoeff(), r.summary.error_bound + 1e-9) << r.summary.message();
  }
}

INSTANTIATE_TEST_SUITE_P(FillProperty, Fill,
                         ::testing::Combine(::testing::Values(0.0, 0.05, 0.3, 0.9),
                                            ::testing::Values(1e-3, 0.1, 1.0, 1e4)));

}  // namespace
}  // namespace depthmill::colorization
