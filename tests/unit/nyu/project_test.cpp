#include "stages/nyu/project.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "stages/nyu/crop.h"
#include "stages/nyu/depth_units.h"

namespace depthmill::nyu {
namespace {

// Two cameras that are one: no lens, no shift; powers of two, so that places come out whole. The rotation is
// minus the identity, as in the toolbox.
CameraParams one_camera() {
  CameraParams camera = kCameraParams;
  camera.rgb = camera.depth = {.fx = 64, .fy = 64, .cx = 16, .cy = 12, .k = {}};
  camera.rgb_from_depth = {.rotation = {-1, 0, 0, 0, -1, 0, 0, 0, -1}, .translation = {}};
  return camera;
}
constexpr int kSmallRows = 24, kSmallCols = 32;
constexpr std::size_t kSmall = kSmallRows * kSmallCols;

std::vector<double> project(const std::vector<std::uint16_t>& codes) {
  std::vector<double> depth(codes.size(), -1);
  DepthRegistration(one_camera(), kSmallRows, kSmallCols).project_depth_map(codes, depth);
  return depth;
}

TEST(Project, IdenticalCamerasProjectToIdentity) {
  std::vector<std::uint16_t> codes(kSmall);
  for (std::size_t i = 0; i < kSmall; ++i) codes[i] = static_cast<std::uint16_t>(700 + i % 300);
  codes[5 * kSmallCols + 7] = kNoReading;
  const auto depth = project(codes);
  for (int row = 0; row < kSmallRows; ++row)
    for (int col = 0; col < kSmallCols; ++col) {
      const std::size_t i = static_cast<std::size_t>(row) * kSmallCols + static_cast<std::size_t>(col);
      // Undistortion cannot reach the last row and column, and no point may land there.
      const bool reached = row < kSmallRows - 1 && col < kSmallCols - 1 && codes[i] != kNoReading;
      EXPECT_EQ(depth[i], reached ? depth_rel2depth_abs(codes[i]) : 0) << row << ' ' << col;
    }
}

TEST(Project, NearestWinsWhereTwoPointsMeet) {
  CameraParams camera = one_camera();
  camera.rgb.fx = camera.rgb.fy = 32;  // half as fine: four depth pixels share a colour pixel
  std::vector<std::uint16_t> codes(kSmall, 900);
  codes[0] = kNoReading;
  codes[13 * kSmallCols + 17] = 700;
  std::vector<double> depth(kSmall), without(kSmall);
  const DepthRegistration registration(camera, kSmallRows, kSmallCols);
  registration.project_depth_map(codes, depth);
  EXPECT_EQ(std::count(depth.begin(), depth.end(), depth_rel2depth_abs(700)), 1);
  codes[13 * kSmallCols + 17] = 900;
  registration.project_depth_map(codes, without);
  EXPECT_EQ(std::count(without.begin(), without.end(), 0.0), std::count(depth.begin(), depth.end(), 0.0));
}

TEST(Project, GreatestCodeOfTheFrameIsNoReading) {
  std::vector<std::uint16_t> codes(kSmall, 800);
  codes[3 * kSmallCols + 3] = 900;  // no 2047 in this frame: its farthest surface goes
  const auto depth = project(codes);
  EXPECT_EQ(depth[3 * kSmallCols + 3], 0);
  EXPECT_EQ(depth[3 * kSmallCols + 4], depth_rel2depth_abs(800));
}

TEST(Project, CodesUnder600AreDropped) {
  std::vector<std::uint16_t> codes(kSmall, 700);
  codes[0] = kNoReading;
  codes[kSmallCols + 1] = 599;
  codes[kSmallCols + 2] = 600;
  const auto depth = project(codes);
  EXPECT_EQ(depth[kSmallCols + 1], 0);
  EXPECT_EQ(depth[kSmallCols + 2], depth_rel2depth_abs(600));
}

TEST(Project, OneSingleCodeGivesNothing) {
  for (std::uint16_t code : {std::uint16_t{0}, std::uint16_t{800}, kNoReading}) {
    const auto depth = project(std::vector<std::uint16_t>(kSmall, code));
    EXPECT_EQ(std::count(depth.begin(), depth.end(), 0.0), static_cast<std::ptrdiff_t>(kSmall)) << code;
  }
}

TEST(Project, SizesAreChecked) {
  const DepthRegistration registration(one_camera(), kSmallRows, kSmallCols);
  std::vector<std::uint16_t> codes(kSmall);
  std::vector<double> depth(kSmall - 1);
  EXPECT_THROW(registration.project_depth_map(codes, depth), std::invalid_argument);
  codes.pop_back();
  EXPECT_THROW(registration.project_depth_map(codes, depth), std::invalid_argument);
}

TEST(Undistort, WithoutALensTheImageStays) {
  const UndistortMap lens(kSmallRows, kSmallCols, one_camera().rgb);
  std::vector<std::uint8_t> image(3 * kSmall), out(3 * kSmall);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i * 7);
  lens.undistort_rgb(image, out);
  for (int row = 0; row < kSmallRows; ++row)
    for (int col = 0; col < kSmallCols; ++col)
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t i = 3 * static_cast<std::size_t>(row * kSmallCols + col) + c;
        EXPECT_EQ(out[i], row == kSmallRows - 1 || col == kSmallCols - 1 ? 255 : image[i]);
      }
}

TEST(Undistort, NyuColourLensLeavesAWhiteBorder) {
  const UndistortMap rgb(kRows, kCols, kCameraParams.rgb), depth(kRows, kCols, kCameraParams.depth);
  std::size_t rgb_outside = 0, depth_outside = 0;
  for (std::size_t i = 0; i < kRows * kCols; ++i) {
    rgb_outside += rgb.tap(i).offset == UndistortMap::kOutside;
    depth_outside += depth.tap(i).offset == UndistortMap::kOutside;
  }
  EXPECT_EQ(rgb_outside, 13834u);
  EXPECT_EQ(depth_outside, 0u);
}

// A byte half-way between two goes up, as the toolbox's uint8() takes it.
TEST(Undistort, HalvesOfBytesAreRoundedUp) {
  Intrinsics camera{.fx = 1, .fy = 1, .cx = 0, .cy = 0, .k = {}};
  const auto between = [&](std::uint8_t left, std::uint8_t right, double share_of_right) {
    camera.k[3] = share_of_right;  // (0, 1) goes to (share, 1)
    const UndistortMap lens(3, 3, camera);
    EXPECT_EQ(lens.tap(3).ax, share_of_right);
    std::vector<std::uint8_t> image(27), out(27);
    std::fill_n(image.begin() + 9, 3, left);
    std::fill_n(image.begin() + 12, 3, right);
    lens.undistort_rgb(image, out);
    EXPECT_TRUE(out[9] == out[10] && out[9] == out[11]);
    return static_cast<int>(out[9]);
  };
  EXPECT_EQ(between(10, 11, 0.5), 11);
  EXPECT_EQ(between(11, 10, 0.5), 11);
  EXPECT_EQ(between(254, 255, 0.5), 255);
  EXPECT_EQ(between(10, 12, 0.25), 11);
  EXPECT_EQ(between(10, 11, 0.25), 10);
  EXPECT_EQ(between(10, 11, 0.75), 11);
}

// The mix in whole numbers gives the bytes of the mix in doubles, whose order of sums is the toolbox's: on noise, on
// faint texture, and on black and white, where ties and the largest errors are.
TEST(Undistort, BytesAreThoseOfTheMixInDoubles) {
  const UndistortMap lens(kRows, kCols, kCameraParams.rgb);
  const std::size_t pixels = kRows * kCols;
  std::vector<std::uint8_t> image(3 * pixels), out(3 * pixels);
  std::mt19937 rng(7);
  for (const unsigned levels : {256u, 5u, 2u}) {
    for (auto& byte : image) {
      const unsigned level = static_cast<unsigned>(rng()) % levels;
      byte = static_cast<std::uint8_t>(levels == 2 ? 255 * level : level);
    }
    lens.undistort_rgb(image, out);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
      const UndistortMap::Tap t = lens.tap(i);
      for (std::size_t c = 0; c < 3; ++c) {
        double mix = 255;
        if (t.offset != UndistortMap::kOutside) {
          const std::uint8_t* upper = image.data() + 3 * static_cast<std::size_t>(t.offset) + c;
          const std::uint8_t* lower = upper + 3 * kCols;
          mix = (1 - t.ay) * (1 - t.ax) * upper[0] + (1 - t.ay) * t.ax * upper[3] +
                t.ay * (1 - t.ax) * lower[0] + t.ay * t.ax * lower[3];
        }
        wrong += out[3 * i + c] != static_cast<std::uint8_t>(std::lround(mix));
      }
    }
    EXPECT_EQ(wrong, 0u) << levels;
  }
}

TEST(Undistort, NoiseGetsNoShareAndTheOthersMakeUpForIt) {
  Intrinsics camera{.fx = 1, .fy = 1, .cx = 0, .cy = 0, .k = {}};
  camera.k[3] = 0.25;  // (0, 1) goes to (0.25, 1), (0, 0) stays
  const UndistortMap lens(3, 3, camera);
  ASSERT_EQ(lens.tap(3).ax, 0.25);
  ASSERT_EQ(lens.tap(3).offset, 3);
  const std::vector<double> image{1, 2, 3, 40, 80, 6, 7, 8, 9};
  std::vector<double> out(9);
  std::vector<std::uint8_t> noise(9);
  lens.undistort_depth(image, noise, out);
  EXPECT_DOUBLE_EQ(out[3], 0.75 * 40 + 0.25 * 80);
  noise[4] = 1;
  lens.undistort_depth(image, noise, out);
  EXPECT_DOUBLE_EQ(out[3], 40);
  noise[3] = 1;
  lens.undistort_depth(image, noise, out);
  EXPECT_EQ(out[3], 0);  // nothing left
  EXPECT_EQ(out[8], 0);  // outside

  std::vector<std::uint8_t> seen(9);
  lens.undistort_mask(noise, seen);
  EXPECT_EQ(seen[0], 0);
  EXPECT_EQ(seen[3], 1);
  EXPECT_EQ(seen[8], 1);
}

TEST(Crop, TakesTheWindow) {
  std::vector<int> image(kRows * kCols * 2), out(427 * 561 * 2);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<int>(i);
  crop_image<int>(image, out, 2);
  EXPECT_EQ(out.front(), (44 * kCols + 40) * 2);
  EXPECT_EQ(out.back(), (470 * kCols + 600) * 2 + 1);
  EXPECT_THROW(crop_image<int>(image, out, 1), std::invalid_argument);
}

// The kernels may order operations as they like where only a place is at stake; the result is that of the plain
// functions to the bit. Codes of a whole frame: slopes, steps, noise, holes of all sizes, and codes near both ends.
TEST(Project, FramesAreTheirPlainFunctionsToTheBit) {
  std::mt19937 random(9);
  const DepthRegistration registration;
  const std::size_t n = std::size_t{kRows} * kCols;
  for (const double holes : {0.0, 0.001, 0.1, 0.7}) {
    std::vector<std::uint16_t> codes(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t row = i / kCols, col = i % kCols;
      codes[i] = static_cast<std::uint16_t>(560 + row / 2 + col / 3 + (row / 60 + col / 80) % 2 * 100 +
                                            random() % 3);
      if (row > 400) codes[i] = static_cast<std::uint16_t>(1040 + random() % 60);
    }
    for (std::size_t k = 0; k < static_cast<std::size_t>(holes * static_cast<double>(n) / 25) + 1; ++k)
      for (std::size_t at = random() % n, i = at; i < std::min(n, at + 1 + random() % 50); ++i)
        codes[i] = kNoReading;

    const std::vector<double> metres = registration.undistort_depth(codes).metres;
    std::vector<double> expected(n), depth(n, -1);
    for (std::size_t i = 0; i < n; ++i) {
      if (metres[i] == 0) continue;
      const Point3 point =
          depth_plane2depth_world(static_cast<double>(i % kCols + 1), static_cast<double>(i / kCols + 1),
                                  metres[i], kCameraParams.depth);
      const PlanePoint seen =
          rgb_world2rgb_plane(depth_world2rgb_world(point, kCameraParams.rgb_from_depth), kCameraParams.rgb);
      const double x = std::round(seen.x), y = std::round(seen.y);
      if (!(x > 0 && x < kCols && y > 0 && y < kRows)) continue;
      double& cell = expected[static_cast<std::size_t>(y - 1) * kCols + static_cast<std::size_t>(x - 1)];
      if (cell == 0 || metres[i] < cell) cell = metres[i];
    }
    registration.project_depth_map(codes, depth);
    EXPECT_TRUE(depth == expected) << holes;
  }
}

// Bytes and masks, too, with odd widths and images so small that a kernel has no whole step.
TEST(Undistort, BytesAreTheRoundedDoublesWhateverTheSize) {
  std::mt19937 random(10);
  for (const auto& [rows, cols] : {std::pair{2, 2}, {2, 3}, {3, 7}, {37, 51}, {480, 640}}) {
    Intrinsics camera = kCameraParams.rgb;
    const double scale = cols / 640.0;
    camera.fx *= scale, camera.fy *= scale, camera.cx *= scale, camera.cy *= scale;
    const UndistortMap lens(rows, cols, camera);
    const std::size_t n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    std::vector<std::uint8_t> image(3 * n), out(3 * n);
    for (std::size_t i = 0; i < image.size(); ++i)
      image[i] = static_cast<std::uint8_t>(i < image.size() / 2 ? random() : 7 * (i % 2) + 100);
    lens.undistort_rgb(image, out);
    std::vector<double> channel(n), mixed(n);
    std::size_t wrong = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t i = 0; i < n; ++i) channel[i] = image[3 * i + c];
      lens.undistort(channel, mixed);
      for (std::size_t i = 0; i < n; ++i) wrong += out[3 * i + c] != std::round(mixed[i]);
    }
    EXPECT_EQ(wrong, 0u) << rows << " x " << cols;
  }
}

}  // namespace
}  // namespace depthmill::nyu
