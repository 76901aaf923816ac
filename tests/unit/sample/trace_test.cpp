#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/sample/small_worlds.h"

namespace depthmill::sample {
namespace {

// Straightforward intersection of one ray with one solid, by marching bisection over an inside test: slow and
// free of the formulas under test.
bool inside(const Solid& s, Vec3 p) {
  const Vec3 l = s.axes * (p - s.center);
  const double x = l.x / s.half.x, y = l.y / s.half.y, z = l.z / s.half.z;
  if (s.shape == Shape::kBox) return std::fabs(x) < 1 && std::fabs(y) < 1 && std::fabs(z) < 1;
  if (s.shape == Shape::kEllipsoid) return x * x + y * y + z * z < 1;
  const double radius = (1 + s.taper) / 2 + z * (s.taper - 1) / 2;
  return std::fabs(z) < 1 && x * x + y * y < radius * radius;
}

double march(const World& world, Vec3 origin, Vec3 direction) {
  constexpr double kStep = 0.002;
  for (double t = 0.1; t < 6; t += kStep)
    for (const Solid& s : world.solids)
      if (inside(s, origin + direction * t)) {
        double out = t - kStep, in = t;
        for (int i = 0; i < 40; ++i) {
          const double mid = (out + in) / 2;
          (inside(s, origin + direction * mid) ? in : out) = mid;
        }
        return in;
      }
  return 0;
}

World clutter(Shape shape, double taper) {
  World world;
  test::add_paint(world, {0.5, 0.5, 0.5});
  for (int i = 0; i < 5; ++i) {
    Solid s;
    s.shape = shape;
    s.taper = taper;
    s.center = {-0.8 + 0.4 * i, 2.5 + 0.3 * ((i * 7) % 5), -0.3 + 0.17 * ((i * 3) % 5)};
    s.half = {0.25, 0.15 + 0.02 * i, 0.35};
    s.axes = rotation_z(0.4 * i) * rotation_x(0.5 * i) * rotation_y(0.2);
    world.solids.push_back(s);
  }
  return world;
}

class SampleTrace : public ::testing::TestWithParam<std::pair<Shape, double>> {};

TEST_P(SampleTrace, MeetsSolidsWhereAMarchDoes) {
  const World world = clutter(GetParam().first, GetParam().second);
  RayGrid grid{20, 37, {}, {}};  // not a multiple of the tile size
  for (int r = 0; r < grid.rows; ++r)
    for (int c = 0; c < grid.cols; ++c) {
      grid.x.push_back((c - 18) * 0.031 + 0.0007);
      grid.y.push_back((r - 10) * 0.037 + 0.0003);
    }
  const Pose pose = test::turned(0.05, 0.02, 0.1);
  const Hits hits = trace(world, pose.at, pose.world_from_camera, grid);
  int met = 0;
  for (std::size_t i = 0; i < grid.x.size(); ++i) {
    const double expected = march(world, pose.at, pose.world_from_camera * Vec3{grid.x[i], grid.y[i], 1});
    if (hits.solid[i] == Hits::kNone) {
      // A march in steps of 2 mm never sees more than there is.
      EXPECT_EQ(expected, 0) << i;
      continue;
    }
    if (expected == 0) continue;  // a corner thinner than its step
    EXPECT_NEAR(hits.t[i], expected, 0.0021) << i;
    ++met;
  }
  EXPECT_GT(met, 100);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SampleTrace,
                         ::testing::Values(std::pair{Shape::kBox, 1.0}, std::pair{Shape::kEllipsoid, 1.0},
                                           std::pair{Shape::kCylinder, 1.0}, std::pair{Shape::kCylinder, 0.4},
                                           std::pair{Shape::kCylinder, 1.3}));

TEST(SampleTraceRoom, ASolidThatHoldsTheCameraIsNotSeen) {
  World world = test::wall_world(3);
  test::add_box(world, {-1, -1, -1}, {1, 1, 1});
  const Hits hits = trace(world, {}, test::turned(0, 0, 0).world_from_camera, raw_depth_rays());
  for (std::uint16_t s : hits.solid) ASSERT_EQ(s, 0);
}

TEST(SampleSurface, NormalsPointOutAndAreUnit) {
  for (const auto& [shape, taper] :
       {std::pair{Shape::kBox, 1.0}, std::pair{Shape::kEllipsoid, 1.0}, std::pair{Shape::kCylinder, 0.5}}) {
    const World world = clutter(shape, taper);
    const Pose pose = test::turned(0, 0, 0);
    const Hits hits = trace(world, pose.at, pose.world_from_camera, raw_depth_rays());
    int seen = 0;
    for (std::size_t i = 0; i < hits.t.size(); i += 97) {
      if (hits.solid[i] == Hits::kNone) continue;
      const Vec3 d = pose.world_from_camera * Vec3{raw_depth_rays().x[i], raw_depth_rays().y[i], 1};
      const Solid& solid = world.solids[hits.solid[i]];
      const Vec3 p = d * hits.t[i], n = surface_at(solid, p).normal;
      EXPECT_NEAR(length(n), 1, 1e-12);
      EXPECT_FALSE(inside(solid, p + n * 1e-3)) << i;
      EXPECT_LT(dot(n, d), 1e-3) << i;  // faces the camera
      ++seen;
    }
    EXPECT_GT(seen, 100);
  }
}

}  // namespace
}  // namespace depthmill::sample
