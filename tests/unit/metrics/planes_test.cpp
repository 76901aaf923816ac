#include "metrics/planes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace depthmill::metrics {
namespace {

constexpr int kRows = 20, kCols = 30;
constexpr PlaneCamera kCamera{20, 20, 15, 10};

struct Wall {
  std::vector<double> pred, gt;
  std::vector<std::uint8_t> labels;
};

// A wall at 2 m, predicted at half its distance with a spread of 1 cm on either side.
Wall wall() {
  Wall out;
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kCols; ++c) {
      out.pred.push_back(1 + 0.01 * ((r + c) % 2 ? 1 : -1));
      out.gt.push_back(2);
      out.labels.push_back(1);
    }
  return out;
}

std::vector<PlaneScore> scores(const Wall& w) {
  return plane_scores(w.pred, w.gt, w.labels, kRows, kCols, kCamera);
}

TEST(PlaneScores, AreInTheScaleOfTheTruth) {
  const auto found = scores(wall());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].label, 1);
  EXPECT_NEAR(found[0].flatness_cm, 2, 0.002);
  EXPECT_NEAR(found[0].orientation_deg, 0, 0.1);
}

// Two fifths of the prediction are unknown: as numbers they would pull down the median that scales it (to
// 0.99) and tilt the plane.
TEST(PlaneScores, UnknownPredictionsAreInNoMedianAndNoPlane) {
  const double unknown[] = {0, std::nan(""), std::numeric_limits<double>::infinity()};
  for (const double u : unknown) {
    Wall w = wall();
    for (std::size_t i = 0; i < w.pred.size(); ++i)
      if (i % 5 < 2) w.pred[i] = u;
    const auto found = scores(w);
    ASSERT_EQ(found.size(), 1u) << u;
    EXPECT_NEAR(found[0].flatness_cm, 2, 0.01) << u;
    EXPECT_NEAR(found[0].orientation_deg, 0, 0.5) << u;
  }
}

TEST(PlaneScores, UnknownTruthIsInNoMedianAndNoPlane) {
  const double unknown[] = {0, std::nan(""), std::numeric_limits<double>::infinity()};
  for (const double u : unknown) {
    Wall w = wall();
    for (std::size_t i = 0; i < w.gt.size(); ++i)
      if (i % 5 < 3) w.gt[i] = u;
    const auto found = scores(w);
    ASSERT_EQ(found.size(), 1u) << u;
    EXPECT_NEAR(found[0].flatness_cm, 2, 0.002) << u;
    EXPECT_NEAR(found[0].orientation_deg, 0, 0.1) << u;
  }
}

TEST(PlaneScores, LeaveOutWhatHasFewerThanThreeKnownPixels) {
  Wall w = wall();
  std::fill(w.pred.begin() + 2, w.pred.end(), 0.0);
  EXPECT_TRUE(scores(w).empty());
  w.pred[2] = 1;
  EXPECT_EQ(scores(w).size(), 1u);
}

}  // namespace
}  // namespace depthmill::metrics
