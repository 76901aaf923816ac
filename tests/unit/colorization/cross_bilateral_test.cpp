#include "colorization/cross_bilateral.h"

#include <gtest/gtest.h>

#include <cmath>

namespace depthmill::colorization {
namespace {

TEST(CrossBilateral, OneReadingFillsItsReachWithItsDepth) {
  const std::vector<std::uint8_t> rgb(40 * 50 * 3, 90);
  Image depth = Image::Zero(40, 50);
  depth(20, 25) = 2.5;
  const Image filled = fill_depth_cross_bf(rgb, depth);
  EXPECT_EQ(filled(20, 25), 2.5);
  EXPECT_NEAR(filled(22, 22), 2.5, 2.5 / 255 * 1.001);
}

TEST(CrossBilateral, KnownPixelsAreQuantisedToTheLargestDepth) {
  const std::vector<std::uint8_t> rgb(12 * 12 * 3, 10);
  Image depth = Image::Constant(12, 12, 1.0);
  depth(0, 0) = 4.0;
  const Image filled = fill_depth_cross_bf(rgb, depth);
  EXPECT_EQ(filled(5, 5), 64.0 / 255.0 * 4.0);
}

TEST(CrossBilateral, RefusesWhatItCannotFill) {
  const std::vector<std::uint8_t> rgb(12 * 12 * 3, 10);
  EXPECT_THROW(fill_depth_cross_bf(rgb, Image::Zero(12, 12)), std::invalid_argument);
  EXPECT_THROW(fill_depth_cross_bf(rgb, Image::Constant(12, 12, 10.0)), std::invalid_argument);
  EXPECT_THROW(fill_depth_cross_bf(rgb, Image::Constant(12, 11, 1.0)), std::invalid_argument);
  EXPECT_THROW(fill_depth_cross_bf(rgb, Image::Constant(12, 12, NAN)), std::invalid_argument);
  CrossBilateralOptions options;
  options.range_sigmas = {0.2};
  EXPECT_THROW(fill_depth_cross_bf(rgb, Image::Constant(12, 12, 1.0), options), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::colorization
