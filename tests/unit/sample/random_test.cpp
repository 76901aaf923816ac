#include "stages/sample/random.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/sample/geometry.h"

namespace depthmill::sample {
namespace {

TEST(SampleRandom, IsTheSameEverywhere) {
  // splitmix64's published first output for state 0.
  EXPECT_EQ(mix(0), 0xe220a8397b1dcdafull);
  EXPECT_EQ(Random(7).bits(), Random(7).bits());
  EXPECT_NE(Random(7).bits(), Random(8).bits());
}

TEST(SampleRandom, HasTheMomentsItClaims) {
  Random r(3);
  double sum = 0, squares = 0, normal = 0, normal_squares = 0;
  const int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double u = r.uniform(), g = r.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
    normal += g;
    normal_squares += g * g;
  }
  // Four standard errors of each mean.
  EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(squares / n, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / n));
  EXPECT_NEAR(normal / n, 0, 4 * std::sqrt(1.0 / n));
  EXPECT_NEAR(normal_squares / n, 1, 4 * std::sqrt(2.0 / n));
}

TEST(SampleRandom, IntegersReachBothEnds) {
  Random r(5);
  bool low = false, high = false;
  for (int i = 0; i < 200; ++i) {
    const int k = r.integer(-1, 2);
    ASSERT_TRUE(k >= -1 && k <= 2);
    low |= k == -1;
    high |= k == 2;
  }
  EXPECT_TRUE(low && high);
}

TEST(SampleGeometry, SineEqualsTheLibrarys) {
  for (double a = -40; a < 40; a += 0.037) {
    EXPECT_NEAR(sine(a), std::sin(a), 2e-15 * (1 + std::fabs(a))) << a;
    EXPECT_NEAR(cosine(a), std::cos(a), 2e-15 * (1 + std::fabs(a))) << a;
  }
}

TEST(SampleGeometry, InverseUndoes) {
  const Mat3 m = rotation_z(0.3) * rotation_x(-0.8) * rotation_y(1.1);
  const Vec3 v{1, -2, 0.5}, w = inverse(m) * (m * v), t = transposed(m) * (m * v);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(w[i], v[i], 1e-12);
    EXPECT_NEAR(t[i], v[i], 1e-12);
  }
}

}  // namespace
}  // namespace depthmill::sample
