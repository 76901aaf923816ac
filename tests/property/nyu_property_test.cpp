// What must hold for any frame and any scene, whatever the toolbox says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "stages/nyu/depth_units.h"
#include "stages/nyu/project.h"
#include "stages/nyu/sync.h"

namespace depthmill::nyu {
namespace {

class Seeded : public ::testing::TestWithParam<unsigned> {
 protected:
  std::mt19937 random{GetParam()};
};

std::vector<double> sorted_times(std::mt19937& random, std::size_t n) {
  // A coarse grid, so that ties and duplicates are frequent.
  std::vector<double> times(n);
  for (double& t : times) t = static_cast<double>(random() % 64) / 4;
  std::sort(times.begin(), times.end());
  return times;
}

using SyncProperty = Seeded;

TEST_P(SyncProperty, NearestOnSortedTimesAndMonotone) {
  const auto depth = sorted_times(random, 1 + random() % 30), other = sorted_times(random, 1 + random() % 30);
  const auto nearest = walk_to_nearest(depth, other);
  EXPECT_TRUE(std::is_sorted(nearest.begin(), nearest.end()));
  for (std::size_t i = 0; i < depth.size(); ++i) {
    const double distance = std::abs(depth[i] - other[nearest[i]]);
    for (std::size_t j = 0; j < other.size(); ++j) {
      EXPECT_LE(distance, std::abs(depth[i] - other[j]));
      if (j > nearest[i]) {
        EXPECT_LT(distance, std::abs(depth[i] - other[j]));
      }
    }
  }
}

TEST_P(SyncProperty, OrderOfTheListingDoesNotMatter) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    const char kind = "dra"[random() % 3];
    names.push_back(std::string(1, kind) + "-" + std::to_string(1000 + random() % 500) + ".5-" +
                    std::to_string(i) +
                    (kind == 'd'   ? ".pgm"
                     : kind == 'r' ? ".ppm"
                                   : ".dump"));
  }
  const auto frames = get_synched_frames(names);
  std::shuffle(names.begin(), names.end(), random);
  EXPECT_EQ(get_synched_frames(names), frames);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SyncProperty, ::testing::Range(1u, 25u));

using ProjectProperty = Seeded;

// Registration the slow way: every point of the undistorted frame, least depth a cell.
TEST_P(ProjectProperty, EveryCellHoldsTheLeastDepthThatLandsThere) {
  const DepthRegistration registration;
  std::vector<std::uint16_t> codes(kRows * kCols);
  for (std::size_t i = 0; i < codes.size(); ++i)  // slabs at random depths with random drop-outs
    codes[i] = random() % 10 == 0 ? kNoReading
                                  : static_cast<std::uint16_t>(550 + (i / 640 / 40) * 45 + random() % 3);
  std::vector<double> depth(codes.size());
  registration.project_depth_map(codes, depth);

  const auto metres = registration.undistort_depth(codes).metres;
  std::vector<double> least(codes.size(), 0);
  for (int v = 0; v < kRows; ++v)
    for (int u = 0; u < kCols; ++u) {
      const double z = metres[static_cast<std::size_t>(v * kCols + u)];
      const PlanePoint seen = rgb_world2rgb_plane(
          depth_world2rgb_world(depth_plane2depth_world(u + 1, v + 1, z, kCameraParams.depth),
                                kCameraParams.rgb_from_depth),
          kCameraParams.rgb);
      const double x = std::round(seen.x), y = std::round(seen.y);
      if (!(x > 0 && x < kCols && y > 0 && y < kRows)) continue;
      double& cell = least[static_cast<std::size_t>((y - 1) * kCols + x - 1)];
      cell = cell == 0 ? z : std::min(cell, z);
    }
  EXPECT_TRUE(depth == least);
  for (int v = 0; v < kRows; ++v) EXPECT_EQ(depth[static_cast<std::size_t>(v * kCols + kCols - 1)], 0);
  for (int u = 0; u < kCols; ++u) EXPECT_EQ(depth[static_cast<std::size_t>((kRows - 1) * kCols + u)], 0);
  EXPECT_TRUE(
      std::all_of(depth.begin(), depth.end(), [](double z) { return z == 0 || (z > 0.7 && z <= 10); }));
}

TEST_P(ProjectProperty, UndistortedImageStaysBetweenItsExtremes) {
  const UndistortMap lens(kRows, kCols, kCameraParams.rgb);
  std::vector<double> image(kRows * kCols), out(image.size());
  for (double& v : image) v = 20 + static_cast<double>(random() % 100);
  lens.undistort(image, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (lens.tap(i).offset == UndistortMap::kOutside)
      EXPECT_EQ(out[i], 255);
    else
      ASSERT_TRUE(out[i] >= 20 - 1e-12 && out[i] <= 119 + 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ProjectProperty, ::testing::Range(1u, 4u));

}  // namespace
}  // namespace depthmill::nyu
