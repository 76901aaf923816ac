// Undistortion and registration of whole frames against the toolbox run in Octave. Only the first frame is in
// the tree; the others skip where the golden folder is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "stages/nyu/crop.h"
#include "stages/nyu/depth_units.h"
#include "stages/nyu/masks.h"
#include "stages/nyu/project.h"
#include "tests/support/mat_file.h"
#include "tests/support/raw_files.h"
#include "tests/support/test_data.h"

namespace depthmill::nyu {
namespace {

using test::MatFile;
using test::MatVar;

// Compares a window of `ours` (480 x 640 row-major) with `golden`; row and column of its corner from 1.
void expect_window(const std::vector<double>& ours, const MatVar& golden, std::size_t row1, std::size_t col1,
                   double tolerance) {
  const auto theirs = golden.row_major();
  double worst = 0;
  for (std::size_t r = 0; r < golden.rows(); ++r)
    for (std::size_t c = 0; c < golden.cols(); ++c)
      worst = std::max(worst,
                       std::abs(ours[(row1 - 1 + r) * kCols + col1 - 1 + c] - theirs[r * golden.cols() + c]));
  EXPECT_LE(worst, tolerance) << golden.name();
}

class GoldenFrame : public ::testing::TestWithParam<const char*> {
 protected:
  void load() {
    const std::string scene = GetParam();
    DEPTHMILL_GOLDEN(mat, "toolbox/project_" + scene + ".mat");
    DEPTHMILL_GOLDEN(folder, "toolbox/in/frames/" + scene);
    file = std::make_unique<MatFile>(mat);
    for (const std::string& name : test::names_in(folder)) {
      if (name[0] == 'r') rgb = test::netpbm_body(folder / name);
      if (name[0] == 'd') codes = test::kinect_codes(folder / name);
    }
    ASSERT_EQ(codes.size(), kPixels);
    ASSERT_EQ(rgb.size(), 3 * kPixels);
  }
  static constexpr std::size_t kPixels = kRows * kCols;
  std::unique_ptr<MatFile> file;
  std::vector<std::uint8_t> rgb;
  std::vector<std::uint16_t> codes;
  DepthRegistration registration;
};

// A skip inside load() must end the test too.
#define LOAD_FRAME() \
  load();            \
  if (IsSkipped() || HasFatalFailure()) return

TEST_P(GoldenFrame, DepthOut) {
  LOAD_FRAME();
  std::vector<double> depth(kPixels);
  registration.project_depth_map(codes, depth);
  const auto expected = (*file)["depthOut"].row_major();
  std::size_t differing = 0;
  double worst = 0;
  for (std::size_t i = 0; i < kPixels; ++i) {
    const double error = std::abs(depth[i] - expected[i]);
    worst = std::max(worst, error);
    if ((depth[i] == 0) != (expected[i] == 0) || error > 1e-9) ++differing;
  }
  EXPECT_EQ(differing, 0u);
  EXPECT_LE(worst, 1e-9);
  RecordProperty("worst_metres", std::to_string(worst));

  std::vector<double> cropped(427 * 561);
  crop_image<double>(depth, cropped);
  // The fill's idea of a hole: nothing seen, or clamped.
  const auto holes =
      std::count_if(cropped.begin(), cropped.end(), [](double z) { return z == 0 || z == 10; });
  EXPECT_DOUBLE_EQ(static_cast<double>(holes) / static_cast<double>(cropped.size()),
                   (*file)["holeFraction_crop"].scalar());
}

TEST_P(GoldenFrame, RgbUndistorted) {
  LOAD_FRAME();
  std::vector<std::uint8_t> ours(3 * kPixels);
  registration.rgb_lens().undistort_rgb(rgb, ours);
  EXPECT_TRUE(ours == (*file)["rgbUndistorted"].row_major_u8());
}

TEST_P(GoldenFrame, UndistortedRedBeforeRounding) {
  LOAD_FRAME();
  std::vector<double> red(kPixels), out(kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) red[i] = rgb[3 * i];
  registration.rgb_lens().undistort(red, out);
  expect_window(out, (*file)["undist_red_crop_tl"], 1, 1, 1e-10);
  expect_window(out, (*file)["undist_red_crop_br"], 417, 577, 1e-10);
  expect_window(out, (*file)["undist_red_crop_mid"], 201, 301, 1e-10);
}

TEST_P(GoldenFrame, NoiseMaskAndCodes) {
  LOAD_FRAME();
  const UndistortedDepth ours = registration.undistort_depth(codes);
  EXPECT_TRUE(ours.noise == (*file)["noiseMask"].row_major_u8());
  expect_window(ours.codes, (*file)["undist_depth_crop"], 181, 241, 1e-9);
  const auto all = (*file)["undist_depth_f32"].row_major();
  double worst = 0;
  for (std::size_t i = 0; i < kPixels; ++i) worst = std::max(worst, std::abs(ours.codes[i] - all[i]));
  EXPECT_LE(worst, 1.3e-4);  // float32 of codes up to 2047

  std::vector<double> plain(codes.begin(), codes.end()), out(kPixels);
  registration.depth_lens().undistort(plain, out);
  expect_window(out, (*file)["undist_plain_crop"], 181, 241, 1e-9);
}

TEST_P(GoldenFrame, PointFunctions) {
  LOAD_FRAME();
  const UndistortedDepth ours = registration.undistort_depth(codes);
  const auto index = (*file)["sample_index1"].row_major();
  const auto z = (*file)["depth_abs_sample"].row_major();
  const auto in_depth = (*file)["depth_world_sample"].row_major();
  const auto in_rgb = (*file)["rgb_world_sample"].row_major();
  const auto registered = (*file)["depthOut"].row_major();
  const auto plane = (*file)["plane_sample"].row_major();
  const auto back = (*file)["rgb_plane2rgb_world_sample"].row_major();
  ASSERT_GT(index.size(), 5000u);
  for (std::size_t i = 0; i < index.size(); ++i) {
    const auto at = static_cast<std::size_t>(index[i]) - 1;  // column-major
    const std::size_t u = at / kRows, v = at % kRows;
    const double depth = ours.metres[v * kCols + u];
    ASSERT_NEAR(depth, z[i], 1e-11) << i;
    const double u1 = static_cast<double>(u + 1), v1 = static_cast<double>(v + 1);
    const Point3 p = depth_plane2depth_world(u1, v1, depth, kCameraParams.depth);
    const Point3 q = depth_world2rgb_world(p, kCameraParams.rgb_from_depth);
    const PlanePoint s = rgb_world2rgb_plane(q, kCameraParams.rgb);
    const Point3 w = rgb_plane2rgb_world(u1, v1, registered[v * kCols + u], kCameraParams.rgb);
    const double ps[] = {p.x, p.y, p.z}, qs[] = {q.x, q.y, q.z}, ws[] = {w.x, w.y, w.z};
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_NEAR(ps[c], in_depth[3 * i + c], 1e-11) << i;
      ASSERT_NEAR(qs[c], in_rgb[3 * i + c], 1e-11) << i;
      ASSERT_NEAR(ws[c], back[3 * i + c], 1e-11) << i;
    }
    ASSERT_NEAR(s.x, plane[2 * i], 1e-9 * std::abs(plane[2 * i])) << i;
    ASSERT_NEAR(s.y, plane[2 * i + 1], 1e-9 * std::abs(plane[2 * i + 1])) << i;
  }
}

TEST_P(GoldenFrame, Overlay) {
  LOAD_FRAME();
  const auto colour = (*file)["rgbUndistorted"].row_major_u8();
  const auto depth = (*file)["depthOut"].row_major();
  const auto ours = get_rgb_depth_overlay(colour, depth);
  const auto theirs = (*file)["overlay_crop"].row_major_u8();  // rows 201..264, columns 301..364
  for (std::size_t r = 0; r < 64; ++r)
    for (std::size_t i = 0; i < 64 * 3; ++i)
      ASSERT_EQ(ours[((200 + r) * kCols + 300) * 3 + i], theirs[r * 64 * 3 + i]) << r << ' ' << i;
}

INSTANTIATE_TEST_SUITE_P(Scenes, GoldenFrame,
                         ::testing::Values("kitchen_0001", "home_office_0002a", "nyu_office_1"),
                         [](const auto& scene) { return std::string(scene.param); });

}  // namespace
}  // namespace depthmill::nyu
