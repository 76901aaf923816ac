// Samples, points, boundaries in discs and views from a neighbouring frame.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "metrics/disc_boundary.h"
#include "metrics/point_cloud.h"
#include "metrics/points.h"
#include "metrics/sampling.h"
#include "metrics/temporal.h"

namespace depthmill::metrics {
namespace {

TEST(Sampling, TakesTheValidPixelNearestToEachCell) {
  std::vector<std::uint8_t> valid(8 * 8, 1);
  // Cells of two pixels: all four are equally near, the first counts.
  EXPECT_EQ(nearest_valid_sample(valid, 8, 8, 4).size(), 16u);
  EXPECT_EQ(nearest_valid_sample(valid, 8, 8, 4).front(), 0u);
  valid[0] = 0;
  EXPECT_EQ(nearest_valid_sample(valid, 8, 8, 4).front(), 1u);
  valid[1] = valid[8] = valid[9] = 0;
  EXPECT_EQ(nearest_valid_sample(valid, 8, 8, 4).size(), 15u);
}

constexpr PlaneCamera kSmallCamera{20, 20, 8.5, 6.5};

TEST(Points, AreFreeOfWhatTheFitTakesAway) {
  const int rows = 12, cols = 16;
  std::vector<double> gt(rows * cols), scaled, nearer;
  for (std::size_t i = 0; i < gt.size(); ++i) gt[i] = 1 + 0.01 * static_cast<double>(i % 37);
  for (const double g : gt) scaled.push_back(g / 3), nearer.push_back(g * 1.05);
  const std::vector<std::uint8_t> valid(gt.size(), 1);
  const auto scores = [&](const std::vector<double>& pred, AlignKind kind) {
    return point_scores(pred, gt, valid, rows, cols, kSmallCamera, kind, 6);
  };
  EXPECT_NEAR(scores(nearer, AlignKind::kNone).rel, 0.05, 1e-6);
  EXPECT_EQ(scores(scaled, AlignKind::kNone).d1, 0);
  for (const AlignKind kind :
       {AlignKind::kPointScale, AlignKind::kPointAffine, AlignKind::kPointAffineExact}) {
    EXPECT_NEAR(scores(scaled, kind).rel, 0, 1e-9);
    EXPECT_EQ(scores(scaled, kind).d1, 1);
  }
  EXPECT_LT(scores(nearer, AlignKind::kPointShift).rel, 0.02);
}

TEST(PointCloud, OfTheTruthIsPerfectUpToTheTrapezoid) {
  const int rows = 12, cols = 16;
  std::vector<double> gt(rows * cols), twice;
  for (std::size_t i = 0; i < gt.size(); ++i) gt[i] = 1 + 0.01 * static_cast<double>(i % 37);
  for (const double g : gt) twice.push_back(2 * g);
  const std::vector<std::uint8_t> valid(gt.size(), 1);
  const CloudScores same = cloud_scores(gt, gt, valid, rows, cols, kSmallCamera, 10);
  EXPECT_NEAR(same.f1, 0.99, 1e-12);
  EXPECT_EQ(same.chamfer, 0);
  const CloudScores far = cloud_scores(twice, gt, valid, rows, cols, kSmallCamera, 10);
  EXPECT_LT(far.f1, 0.5);
  EXPECT_NEAR(far.f1_scaled, 0.99, 1e-12);
  EXPECT_NEAR(far.rel, 1, 1e-12);
  EXPECT_EQ(far.tau, 0);
  // Against all pairs.
  double there = 0;
  for (std::size_t i = 0; i < gt.size(); ++i) {
    double least = 1e9;
    for (std::size_t k = 0; k < gt.size(); ++k) {
      const auto point = [&](std::size_t at, double z) {
        const double r = static_cast<double>(at / 16), c = static_cast<double>(at % 16);
        return std::array{z * (c + 1 - kSmallCamera.cx) / kSmallCamera.fx,
                          z * (r + 1 - kSmallCamera.cy) / kSmallCamera.fy, z};
      };
      const auto a = point(i, gt[i]), b = point(k, twice[k]);
      least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
    }
    there += least / static_cast<double>(gt.size());
  }
  EXPECT_GT(2 * far.chamfer, there);
  EXPECT_LT(far.chamfer, there + 3);
}

TEST(DiscBoundary, OfTheTruthIsOneAndOfAFlatMapZero) {
  const int rows = 12, cols = 12;
  std::vector<double> gt(rows * cols, 1.0), flat(rows * cols, 1.0);
  for (int r = 0; r < rows; ++r)
    for (int c = 6; c < cols; ++c) gt[static_cast<std::size_t>(r * cols + c)] = 2;
  const std::vector<std::uint8_t> valid(gt.size(), 1);
  for (const double f1 : disc_boundary_f1(gt, gt, valid, rows, cols)) EXPECT_NEAR(f1, 1, 1e-12);
  for (const double f1 : disc_boundary_f1(flat, gt, valid, rows, cols)) EXPECT_EQ(f1, 0);
}

TEST(Temporal, AStillCameraAndOneThatMovesAhead) {
  const int rows = 12, cols = 16;
  const std::vector<double> wall(rows * cols, 2.0), nearer(rows * cols, 1.5);
  const Pose still{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  Pose ahead = still;  // half a metre towards the wall
  ahead[11] = 0.5;
  EXPECT_EQ(temporal_error(wall, wall, rows, cols, kSmallCamera, still), 0);
  const Pose motion = times(inverse(ahead), still);
  EXPECT_NEAR(temporal_error(wall, nearer, rows, cols, kSmallCamera, motion), 0, 1e-12);
  EXPECT_NEAR(temporal_error(wall, wall, rows, cols, kSmallCamera, motion), 0.25, 1e-12);
  EXPECT_EQ(inverse(inverse(ahead)), ahead);
}

}  // namespace
}  // namespace depthmill::metrics
