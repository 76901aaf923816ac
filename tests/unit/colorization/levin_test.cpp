#include "colorization/levin.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <utility>

namespace depthmill::colorization {
namespace {

TEST(Levin, OnePixelAloneIsHalvedAtAlphaOne) {
  const FillResult r = fill_depth_colorization(Image::Constant(1, 1, 0.5), Image::Constant(1, 1, 3.0));
  EXPECT_NEAR(r.depth(0, 0), 1.5, 1e-6);
}

TEST(Levin, OnePixelAloneAtAnyAlpha) {
  for (double alpha : {1e-3, 0.1, 0.5, 1e4}) {
    const FillResult r =
        fill_depth_colorization(Image::Constant(1, 1, 0.5), Image::Constant(1, 1, 3.0), {.alpha = alpha});
    EXPECT_NEAR(r.depth(0, 0), 3.0 * alpha / (1 + alpha), 1e-6);
  }
}

// Two pixels of a flat image: (1 + alpha) x0 - x1 = alpha d, x1 - x0 = 0, so both are d.
TEST(Levin, OneNeighbourTakesTheReading) {
  Image depth(1, 2);
  depth << 3.0, 0.0;
  const FillResult r = fill_depth_colorization(Image::Constant(1, 2, 0.5), depth);
  EXPECT_NEAR(r.depth(0, 0), 3.0, 1e-14);
  EXPECT_NEAR(r.depth(0, 1), 3.0, 1e-14);
  EXPECT_EQ(r.summary.unknowns, 2);
  EXPECT_EQ(r.summary.missing, 1);
  EXPECT_TRUE(r.summary.ok());
}

TEST(Levin, KeepKnownPastesTheReadingsBack) {
  Image depth(3, 3);
  depth << 1, 2, 3, 4, 0, 6, 7, 8, 9;
  FillOptions options;
  options.keep_known = true;
  const Image gray = Image::Constant(3, 3, 0.2);
  const Image kept = fill_depth_colorization(gray, depth, options).depth;
  const Image smoothed = fill_depth_colorization(gray, depth).depth;
  for (Index p = 0; p < 9; ++p)
    if (p == 4)
      EXPECT_EQ(kept.data()[p], smoothed.data()[p]);
    else
      EXPECT_EQ(kept.data()[p], depth.data()[p]);
  EXPECT_GT(std::abs(smoothed(0, 0) - 1), 0.1);
}

TEST(Levin, RefusesWhatHasNoSolution) {
  const Image gray = Image::Constant(4, 5, 0.5), depth = Image::Constant(4, 5, 2.0);
  EXPECT_THROW(fill_depth_colorization(gray, Image::Zero(4, 5)), std::invalid_argument);
  EXPECT_THROW(fill_depth_colorization(gray, Image::Constant(4, 5, 10.0)), std::invalid_argument);
  EXPECT_THROW(fill_depth_colorization(gray, Image::Constant(5, 4, 1.0)), std::invalid_argument);
  EXPECT_THROW(fill_depth_colorization(Image(0, 0), Image(0, 0)), std::invalid_argument);
  for (double bad : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    Image d = depth, g = gray;
    d(1, 1) = bad;
    EXPECT_THROW(fill_depth_colorization(gray, d), std::invalid_argument);
    g(1, 1) = bad;
    EXPECT_THROW(fill_depth_colorization(g, depth), std::invalid_argument);
    FillOptions options;
    options.alpha = bad;
    EXPECT_THROW(fill_depth_colorization(gray, depth, options), std::invalid_argument);
  }
  for (double bad : {0.0, -1.0}) {
    FillOptions options;
    options.alpha = bad;
    EXPECT_NE(options.problem(), "");
    EXPECT_THROW(fill_depth_colorization(gray, depth, options), std::invalid_argument);
    EXPECT_THROW(LevinFiller(4, 5, options), std::invalid_argument);
    options = {};
    options.tolerance = bad;
    EXPECT_NE(options.problem().find("tolerance"), std::string::npos);
  }
  LevinFiller filler(4, 6);
  Image out(4, 5);
  EXPECT_THROW(filler.fill(gray, depth, out), std::invalid_argument);
  EXPECT_THROW(filler.resize(0, 5), std::invalid_argument);
  EXPECT_EQ(filler.cols(), 6);
}

// Larger and smaller, all ways of solving, more and fewer holes: nothing of what a filler did before shows.
TEST(Levin, AFillerOfAnotherSizeFillsAsANewOne) {
  std::mt19937 rng(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  LevinFiller filler(1, 1);
  const std::pair<Index, Index> sizes[] = {{40, 50}, {8, 9},  {61, 37}, {3, 70},
                                           {40, 50}, {1, 90}, {33, 64}, {64, 33}};
  for (const auto& [rows, cols] : sizes)
    for (const double missing : {0.0, 0.3, 0.9}) {
      Image gray(rows, cols), depth(rows, cols), filled(rows, cols);
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j) {
          gray(i, j) = uniform(rng);
          depth(i, j) = (i / 7 + j / 5) % 10 < 10 * missing ? 0.0 : 1 + uniform(rng);
        }
      depth(rows - 1, cols - 1) = 2;
      filler.resize(rows, cols);
      const FillSummary again = filler.fill(gray, depth, filled);
      const FillResult fresh = fill_depth_colorization(gray, depth);
      EXPECT_EQ(again.message(), fresh.summary.message());
      EXPECT_TRUE((filled == fresh.depth).all()) << rows << " x " << cols << ", missing " << missing;
    }
}

TEST(Levin, ViewsOfLargerImagesAndFillingInPlace) {
  Image canvas = Image::Constant(20, 30, 2.0);
  canvas.block(5, 6, 8, 9).setRandom();
  canvas.block(5, 6, 8, 9) += 3.0;
  canvas(9, 9) = 0.0;
  const Image gray = Image::Constant(8, 9, 0.4);
  const Image cut = canvas.block(5, 6, 8, 9);
  const Image expected = fill_depth_colorization(gray, cut).depth;
  LevinFiller filler(8, 9);
  filler.fill(gray, canvas.block(5, 6, 8, 9), canvas.block(5, 6, 8, 9));
  EXPECT_TRUE((canvas.block(5, 6, 8, 9) == expected).all());
  EXPECT_EQ(canvas(4, 6), 2.0);
  EXPECT_EQ(canvas(5, 15), 2.0);
}

// A fill takes numbers below the smallest normal one for 0; its caller's stay what they are, also after a refusal.
TEST(Levin, LeavesTheCallersTinyNumbersAlone) {
  const volatile double least = std::numeric_limits<double>::min();
  Image depth = Image::Constant(6, 7, 2.0);
  depth(3, 3) = 0.0;
  const Image gray = Image::Constant(6, 7, 0.4);
  EXPECT_TRUE(fill_depth_colorization(gray, depth).summary.ok());
  EXPECT_GT(least / 2, 0.0);
  EXPECT_THROW(fill_depth_colorization(gray, Image::Zero(6, 7)), std::invalid_argument);
  EXPECT_GT(least / 2, 0.0);
}

TEST(Levin, MessageHasTheNumbers) {
  FillSummary s;
  s.unknowns = 12;
  s.missing = 3;
  s.ending = FillEnding::kStagnated;
  EXPECT_FALSE(s.ok());
  EXPECT_NE(s.message().find("12 pixels (3 missing) stagnated"), std::string::npos) << s.message();
}

}  // namespace
}  // namespace depthmill::colorization
