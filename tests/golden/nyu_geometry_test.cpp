// Constants, lens and units against the toolbox run in Octave.
#include <gtest/gtest.h>

#include <cmath>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/crop.h"
#include "stages/nyu/depth_units.h"
#include "stages/nyu/distortion.h"
#include "tests/support/mat_file.h"
#include "tests/support/test_data.h"

namespace depthmill::nyu {
namespace {

using test::MatFile;

TEST(GoldenToolbox, CameraParams) {
  DEPTHMILL_GOLDEN(path, "toolbox/camera_params.mat");
  const MatFile file(path);
  const CameraParams& p = kCameraParams;
  const auto same = [&](const char* name, double ours) { EXPECT_EQ(file[name].scalar(), ours) << name; };
  same("fx_rgb", p.rgb.fx), same("fy_rgb", p.rgb.fy), same("cx_rgb", p.rgb.cx), same("cy_rgb", p.rgb.cy);
  same("fx_d", p.depth.fx), same("fy_d", p.depth.fy), same("cx_d", p.depth.cx), same("cy_d", p.depth.cy);
  same("depthParam1", p.depth_param1), same("depthParam2", p.depth_param2), same("maxDepth", p.max_depth);
  const auto k_rgb = file["k_rgb"].row_major(), k_d = file["k_d"].row_major();
  const auto r = file["R"].row_major(), t = file["T_used"].row_major();
  ASSERT_EQ(k_rgb.size(), 5u);
  ASSERT_EQ(r.size(), 9u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(k_rgb[i], p.rgb.k[i]) << i;
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(k_d[i], p.depth.k[i]) << i;
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(r[i], p.rgb_from_depth.rotation[i]) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(t[i], p.rgb_from_depth.translation[i]) << i;
}

TEST(GoldenToolbox, ApplyDistortion) {
  DEPTHMILL_GOLDEN(path, "toolbox/apply_distortion.mat");
  const MatFile file(path);
  const auto x = file["x"].row_major();  // 2 x N
  const std::size_t n = x.size() / 2;
  ASSERT_EQ(n, 204u);
  for (const std::string lens : {"depth", "rgb", "short"}) {
    std::array<double, 5> k{};
    const auto given = file["k_" + lens].row_major();
    std::copy(given.begin(), given.end(), k.begin());
    const auto expected = file["xd_" + lens].row_major();
    const auto jacobian = file["J_" + lens];
    const auto j = jacobian.row_major();  // 2N x (number of coefficients)
    for (std::size_t i = 0; i < n; ++i) {
      const Normalised p = apply_distortion({x[i], x[n + i]}, k);
      EXPECT_NEAR(p.x, expected[i], 4e-15 * (1 + std::abs(expected[i]))) << lens << i;
      EXPECT_NEAR(p.y, expected[n + i], 4e-15 * (1 + std::abs(expected[n + i]))) << lens << i;
      const auto ours = distortion_jacobian({x[i], x[n + i]});
      for (std::size_t c = 0; c < jacobian.cols(); ++c)
        for (std::size_t axis = 0; axis < 2; ++axis) {
          const double theirs = j[(2 * i + axis) * jacobian.cols() + c];
          EXPECT_NEAR(ours[axis][c], theirs, 4e-15 * (1 + std::abs(theirs))) << lens << i << ' ' << c;
        }
    }
  }
}

TEST(GoldenToolbox, DepthRel2DepthAbs) {
  DEPTHMILL_GOLDEN(path, "toolbox/depth_rel2depth_abs.mat");
  const MatFile file(path);
  const auto raw = file["raw"].row_major(), expected = file["abs_m"].row_major();
  ASSERT_EQ(raw.size(), 4101u);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const double ours = depth_rel2depth_abs(raw[i]);
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(ours)) << raw[i];
    else
      EXPECT_EQ(ours, expected[i]) << raw[i];
  }
}

TEST(GoldenToolbox, ProjectionMask) {
  DEPTHMILL_GOLDEN(path, "toolbox/projection_mask.mat");
  const MatFile file(path);
  const auto rows = file["rows1"].row_major(), cols = file["cols1"].row_major();
  EXPECT_EQ(kProjectionMask.row_begin + 1, rows[0]);
  EXPECT_EQ(kProjectionMask.row_end, rows[1]);
  EXPECT_EQ(kProjectionMask.col_begin + 1, cols[0]);
  EXPECT_EQ(kProjectionMask.col_end, cols[1]);
  EXPECT_EQ(kProjectionMask.rows() * kProjectionMask.cols(), file["count"].scalar());
}

}  // namespace
}  // namespace depthmill::nyu
