#include "stages/sample/depth_sensor.h"

#include <gtest/gtest.h>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/depth_units.h"
#include "tests/unit/sample/small_worlds.h"

namespace depthmill::sample {
namespace {

constexpr std::uint16_t kNone = nyu::kNoReading;

double missing_share(const cv::Mat& codes) { return cv::countNonZero(codes == kNone) / (480.0 * 640.0); }

TEST(DepthSensor, ShadowFallsToTheLeftAndIsAsWideAsTheBaselineSays) {
  World world = test::wall_world(4);
  test::add_box(world, {-0.3, 1.5, -2}, {0.3, 1.6, 2});
  const cv::Mat codes = sense_depth(world, test::turned(0, 0, 0), 0, 1);
  const double width = nyu::kCameraParams.depth.fx * kBaseline * (1 / 1.5 - 1 / 4.0);
  for (int r = 40; r < 440; r += 25) {
    int left = 0, right = 0, c = 0;
    while (codes.at<std::uint16_t>(r, c) != kNone) ++c;
    while (codes.at<std::uint16_t>(r, c) == kNone) ++c, ++left;
    EXPECT_EQ(codes.at<std::uint16_t>(r, c), nyu::quantised_code(1.5));  // then the box
    while (codes.at<std::uint16_t>(r, c) == nyu::quantised_code(1.5)) ++c;
    while (c < 632 && codes.at<std::uint16_t>(r, c) == kNone) ++c, ++right;
    EXPECT_NEAR(left, width, 2.5) << r;
    EXPECT_LE(right, 1) << r;
  }
}

TEST(DepthSensor, MeasuresOnlyWithinItsRange) {
  const Pose ahead = test::turned(0, 0, 0);
  EXPECT_EQ(missing_share(sense_depth(test::wall_world(0.4), ahead, 0, 1)), 1);
  EXPECT_EQ(missing_share(sense_depth(test::wall_world(15), ahead, 0, 1)), 1);
  const cv::Mat far = sense_depth(test::wall_world(12), ahead, 0, 1);
  // Beyond 10 m the code goes on (the toolbox clamps the depth).
  EXPECT_EQ(far.at<std::uint16_t>(240, 320), nyu::quantised_code(12));
  EXPECT_GE(far.at<std::uint16_t>(240, 320), 1058);
}

TEST(DepthSensor, LosesDarkGrazingAndGlassySurfaces) {
  const Pose ahead = test::turned(0, 0, 0);
  World world = test::wall_world(3);
  const double plain = missing_share(sense_depth(world, ahead, 1, 7));
  EXPECT_LT(plain, 0.03);
  world.materials[0].infrared = 0.02;
  EXPECT_GT(missing_share(sense_depth(world, ahead, 1, 7)), 0.8);
  world.materials[0].infrared = 0.6;
  world.materials[0].glass = true;
  EXPECT_EQ(missing_share(sense_depth(world, ahead, 1, 7)), 1);
  world.materials[0].glass = false;
  EXPECT_GT(missing_share(sense_depth(world, test::turned(1.3, 0, 0), 1, 7)), 0.3);
}

TEST(DepthSensor, NoiseIsInCodesSoThatItGrowsWithTheSquareOfDepth) {
  const Pose ahead = test::turned(0, 0, 0);
  double spread[2];
  for (int k = 0; k < 2; ++k) {
    const double z = k == 0 ? 1.5 : 4.5;
    const cv::Mat codes = sense_depth(test::wall_world(z), ahead, 1, 11);
    double sum = 0, n = 0;
    for (int i = 0; i < 480 * 640; ++i)
      if (const std::uint16_t code = codes.ptr<std::uint16_t>()[i]; code != kNone) {
        const double e = nyu::depth_rel2depth_abs(code) - z;
        sum += e * e;
        ++n;
      }
    spread[k] = std::sqrt(sum / n);
  }
  EXPECT_NEAR(spread[1] / spread[0], 9, 3);  // (4.5 / 1.5)^2, up to rounding to codes
}

TEST(DepthSensor, KeysGiveOtherNoiseAndTheSameKeyTheSame) {
  const Pose ahead = test::turned(0, 0, 0);
  const World world = test::wall_world(3);
  const cv::Mat a = sense_depth(world, ahead, 1, 1), b = sense_depth(world, ahead, 1, 1),
                c = sense_depth(world, ahead, 1, 2);
  EXPECT_EQ(cv::countNonZero(a != b), 0);
  EXPECT_GT(cv::countNonZero(a != c), 10000);
}

}  // namespace
}  // namespace depthmill::sample
