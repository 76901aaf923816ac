// The pictures go through the lenses and frames that the toolbox undoes: checked forwards, with the toolbox's
// own functions.
#include <gtest/gtest.h>

#include <cmath>

#include "stages/base/adapt.h"
#include "stages/nyu/depth_units.h"
#include "stages/nyu/distortion.h"
#include "stages/nyu/project.h"
#include "stages/sample/depth_sensor.h"
#include "tests/unit/sample/small_worlds.h"

namespace depthmill::sample {
namespace {

const auto& kRgb = nyu::kCameraParams.rgb;
const auto& kDepth = nyu::kCameraParams.depth;

// Depth along the ray (x, y, 1) of a camera turned by `pose` to the plane world y = distance.
double plane_depth(const Pose& pose, double distance, double x, double y) {
  return distance / (pose.world_from_camera * Vec3{x, y, 1}).y;
}

TEST(SampleLenses, DepthOfAPlaneIsAnalyticInEveryRawPixel) {
  for (const Pose& pose :
       {test::turned(0, 0, 0), test::turned(0.25, -0.2, 0.05), test::turned(-0.3, 0.3, -0.1)}) {
    const cv::Mat codes = sense_depth(test::wall_world(2.5), pose, 0, 1);
    ASSERT_EQ(codes.type(), CV_16UC1);
    for (int r = 0; r < nyu::kRows; ++r)
      for (int c = 0; c < nyu::kCols; ++c) {
        const int code = codes.at<std::uint16_t>(r, c);
        if (c >= nyu::kCols - kBlankColumns) {
          ASSERT_EQ(code, nyu::kNoReading);
          continue;
        }
        const nyu::Normalised ray = nyu::ray_of_raw_pixel(c, r, kDepth);
        // Exact rounding but for depths within 1e-9 of the border between two codes.
        const double exact = nyu::depth_abs2depth_rel(plane_depth(pose, 2.5, ray.x, ray.y));
        ASSERT_NEAR(code, exact, 0.5 + 1e-6) << r << " " << c;
      }
  }
}

TEST(SampleLenses, TruthOfAPlaneAgreesWithTheToolboxsMapping) {
  const Pose pose = test::turned(0.2, 0.25, 0.03);
  World world = test::wall_world(3);
  world.path.yaw = 0.2;
  world.path.pitch = 0.25;
  world.path.roll = 0.03;
  const cv::Mat truth = render_truth(test::scene_of(world), 0);
  int compared = 0;
  for (double v = 60; v < 420; v += 23.7)
    for (double u = 60; u < 580; u += 31.3) {
      // The ideal depth camera sees the plane at (u, v), counted from 0; the toolbox counts from 1.
      const nyu::Normalised ray = nyu::normalised_from_pixel(u, v, kDepth);
      const double z = plane_depth(pose, 3, ray.x, ray.y);
      const auto p = nyu::depth_plane2depth_world(u + 1, v + 1, z, kDepth);
      const auto at =
          nyu::rgb_world2rgb_plane(nyu::depth_world2rgb_world(p, nyu::kCameraParams.rgb_from_depth), kRgb);
      const double col = at.x - 1, row = at.y - 1;
      const int c = static_cast<int>(std::floor(col)), r = static_cast<int>(std::floor(row));
      if (c < 0 || r < 0 || c > 638 || r > 478) continue;
      const double a = col - c, b = row - r;
      // 1/z is linear over a plane's image in its own camera, and in the other to second order in a pixel:
      // 4e-9 here, while half a pixel elsewhere in the mapping would be 2e-3.
      const double inverse_z =
          (1 - b) * ((1 - a) / truth.at<double>(r, c) + a / truth.at<double>(r, c + 1)) +
          b * ((1 - a) / truth.at<double>(r + 1, c) + a / truth.at<double>(r + 1, c + 1));
      ASSERT_NEAR(1 / inverse_z, z, 1e-7) << u << " " << v;
      ++compared;
    }
  EXPECT_GT(compared, 200);
}

TEST(SampleLenses, ColourEdgesFallWhereTheDistortedLensPutsThem) {
  // Two bright panels that meet at x = edge; everything in the depth camera's frame.
  for (double edge : {-1.1, -0.3, 0.4, 1.2}) {
    World world;
    world.size = {100, 100, 100};
    const std::uint16_t red = test::add_paint(world, {0.9, 0.01, 0.01}, true),
                        blue = test::add_paint(world, {0.01, 0.01, 0.9}, true);
    test::add_box(world, {-50, 3, -50}, {edge, 4, 50}, red);
    test::add_box(world, {edge, 3, -50}, {50, 4, 50}, blue);
    const cv::Mat image = render_rgb(test::scene_of(world), {.defects = 0}, 1);
    int compared = 0;
    for (double height = -1.1; height < 1.1; height += 0.05) {
      const auto p = nyu::depth_world2rgb_world({edge, height, 3}, nyu::kCameraParams.rgb_from_depth);
      const nyu::Normalised bent = nyu::apply_distortion({p.x / p.z, p.y / p.z}, kRgb.k);
      const double u = bent.x * kRgb.fx + kRgb.cx, v = bent.y * kRgb.fy + kRgb.cy;
      const int r = static_cast<int>(std::floor(v + 0.5));
      if (r < 0 || r >= 480 || u < 3 || u > 636) continue;
      int c = 0;
      while (c < 639 && image.at<cv::Vec3b>(r, c)[0] > image.at<cv::Vec3b>(r, c)[2]) ++c;
      EXPECT_NEAR(c - 0.5, u, 0.75) << "edge " << edge << " row " << r;
      ++compared;
    }
    EXPECT_GT(compared, 20);
  }
}

// The whole chain against the toolbox's: what project_depth_map makes of the raw codes is the truth up to the
// sensor. With z about 2.5 m a code is 1.8 cm wide (z^2 / 351.3), at 3 m 2.6 cm: rounding alone gives a
// median error of a quarter of that, 0.4 to 0.64 cm; the sensor's noise (about 0.35 codes) brings it to at
// most 0.8.
TEST(SampleLenses, RegisteredDepthIsTheTruthWithinTheSensorsError) {
  const nyu::DepthRegistration registration;
  for (const auto& [defects, bound] : {std::pair{0.0, 0.0064}, std::pair{1.0, 0.0080}}) {
    const SampleOptions options{.scenes = 9, .frames = 1, .seed = 4, .defects = defects};
    for (int i : {1, 2, 4}) {
      const SampleScene scene = make_scene(options, i);
      const cv::Mat codes = render_depth(scene, options, scene.depth[0]),
                    truth = render_truth(scene, scene.depth[0]);
      cv::Mat depth(480, 640, CV_64FC1);
      registration.project_depth_map(view<std::uint16_t>(codes), view_mut<double>(depth));
      std::vector<double> errors;
      for (int k = 0; k < 480 * 640; ++k) {
        const double z = depth.ptr<double>()[k], t = truth.ptr<double>()[k];
        if (z > 2 && z < 3 && t > 0) errors.push_back(std::fabs(z - t));
      }
      ASSERT_GT(errors.size(), 5000u) << scene.name;
      std::sort(errors.begin(), errors.end());
      EXPECT_LT(errors[errors.size() / 2], bound) << scene.name;
      // Where they differ by more than a few codes is at outlines, a small share.
      EXPECT_LT(errors[errors.size() * 93 / 100], 0.06) << scene.name;
    }
  }
}

}  // namespace
}  // namespace depthmill::sample
