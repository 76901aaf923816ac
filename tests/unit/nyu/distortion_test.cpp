#include "stages/nyu/distortion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace depthmill::nyu {
namespace {

TEST(Distortion, NoCoefficientsNoChange) {
  const Normalised p = apply_distortion({0.3, -0.2}, {});
  EXPECT_EQ(p.x, 0.3);
  EXPECT_EQ(p.y, -0.2);
}

TEST(Distortion, RemoveUndoesApplyOverBothImages) {
  for (const Intrinsics& camera : {kCameraParams.rgb, kCameraParams.depth})
    for (int v = -20; v <= kRows + 20; v += 10)
      for (int u = -20; u <= kCols + 20; u += 10) {
        const Normalised raw = normalised_from_pixel(u, v, camera);
        const Normalised back = apply_distortion(ray_of_raw_pixel(u, v, camera), camera.k);
        EXPECT_NEAR(back.x, raw.x, 1e-13) << u << ' ' << v;
        EXPECT_NEAR(back.y, raw.y, 1e-13) << u << ' ' << v;
      }
}

TEST(Distortion, RemoveStaysFiniteFarOutside) {
  const Normalised p = remove_distortion({50, -70}, kCameraParams.depth.k);
  EXPECT_TRUE(std::isfinite(p.x) && std::isfinite(p.y));
}

TEST(Distortion, JacobianIsTheDerivativeByEachCoefficient) {
  const Normalised p{0.4, -0.3};
  const auto jacobian = distortion_jacobian(p);
  for (std::size_t i = 0; i < 5; ++i) {
    auto k = kCameraParams.rgb.k;
    const Normalised before = apply_distortion(p, k);
    k[i] += 0.5;  // distortion is linear in k, so a large step is exact
    const Normalised after = apply_distortion(p, k);
    EXPECT_NEAR((after.x - before.x) / 0.5, jacobian[0][i], 1e-14);
    EXPECT_NEAR((after.y - before.y) / 0.5, jacobian[1][i], 1e-14);
  }
}

TEST(CameraParams, RotationIsMinusARotation) {
  const auto& r = kCameraParams.rgb_from_depth.rotation;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      double dot = 0;
      for (int k = 0; k < 3; ++k) dot += r[i * 3 + k] * r[j * 3 + k];
      EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-14);
    }
  EXPECT_LT(r[8], 0);
}

}  // namespace
}  // namespace depthmill::nyu
