#include "stages/report/as_scored.h"

#include <gtest/gtest.h>

namespace depthmill::report {
namespace {

FramePlanes slope() {
  FramePlanes planes;
  planes.depth.create(12, 16, CV_64FC1);
  for (int row = 0; row < 12; ++row)
    for (int col = 0; col < 16; ++col) planes.depth.at<double>(row, col) = 1 + 0.1 * row + 0.05 * col;
  return planes;
}

metrics::Protocol aligned(metrics::AlignKind kind, bool disparity) {
  metrics::Protocol protocol;
  protocol.range = {0.001, 10};
  protocol.metrics = {"abs_rel", "rmse"};
  protocol.align = kind;
  protocol.disparity = disparity;
  if (disparity) protocol.align_space = metrics::AlignSpace::kDisparity;
  return protocol;
}

TEST(AsScored, AffineDepthAndDisparityBecomeMetres) {
  FramePlanes planes = slope();
  planes.pred = planes.depth * 3 - 0.5;
  show_as_scored(planes, aligned(metrics::AlignKind::kScaleShift, false));
  EXPECT_LT(cv::norm(planes.pred, planes.depth, cv::NORM_INF), 1e-9);
  EXPECT_EQ(planes.pred_remark, " (aligned)");

  planes = slope();
  planes.pred = 5 / planes.depth + 2;
  show_as_scored(planes, aligned(metrics::AlignKind::kScaleShift, true));
  EXPECT_LT(cv::norm(planes.pred, planes.depth, cv::NORM_INF), 1e-9);
}

TEST(AsScored, MetricPredictionsStayAsTheyAre) {
  FramePlanes planes = slope();
  planes.pred = planes.depth * 1.1;
  const cv::Mat before = planes.pred.clone();
  show_as_scored(planes, aligned(metrics::AlignKind::kNone, false));
  EXPECT_EQ(cv::norm(planes.pred, before, cv::NORM_INF), 0);
  EXPECT_EQ(planes.pred_remark, "");
}

// What is shown is the pair that the metrics saw: the protocol's own resize, crop and fusion.
TEST(AsScored, ThePredictionIsResizedAsTheProtocolSays) {
  FramePlanes planes = slope();
  planes.pred = (cv::Mat_<double>(2, 2) << 1, 2, 3, 4);
  metrics::Protocol protocol = aligned(metrics::AlignKind::kNone, false);
  protocol.resize = metrics::Interpolation::kNearestFloor;
  show_as_scored(planes, protocol);
  ASSERT_EQ(planes.pred.size(), planes.depth.size());
  for (int row = 0; row < 12; ++row)
    for (int col = 0; col < 16; ++col)
      ASSERT_EQ(planes.pred.at<double>(row, col), 1 + (col >= 8) + 2 * (row >= 6)) << "not blended";
  EXPECT_EQ(signed_error(planes).at<double>(0, 0), 0);
  EXPECT_EQ(signed_error(planes).at<double>(11, 15), 4 - planes.depth.at<double>(11, 15));

  planes = slope();
  planes.pred = (cv::Mat_<double>(2, 2) << 1, 2, 3, 4);
  planes.pred_mirror = (cv::Mat_<double>(2, 2) << 4, 1, 6, 3);
  protocol.flip = metrics::Flip::kMean;
  protocol.prepare = {{metrics::PrepareStep::kCentreCrop, 4, 8, {}}};
  show_as_scored(planes, protocol);
  const cv::Mat error = signed_error(planes);
  ASSERT_EQ(error.size(), cv::Size(8, 4));
  EXPECT_EQ(planes.pred.at<double>(0, 0), 1);
  EXPECT_EQ(planes.pred.at<double>(3, 7), 5);
  EXPECT_EQ(error.at<double>(3, 7), 5 - planes.depth.at<double>(7, 11));
}

TEST(AsScored, SizesThatTheProtocolDoesNotTakeHaveNoError) {
  FramePlanes planes = slope();
  planes.pred = (cv::Mat_<double>(2, 2) << 1, 2, 3, 4);
  show_as_scored(planes, aligned(metrics::AlignKind::kNone, false));
  EXPECT_EQ(planes.pred.size(), cv::Size(2, 2));
  EXPECT_TRUE(signed_error(planes).empty());
}

TEST(AsScored, DisparityThatCannotBeAlignedIsNotShownInMetres) {
  FramePlanes planes = slope();
  planes.pred = 5 / planes.depth;
  metrics::Protocol protocol = aligned(metrics::AlignKind::kScaleShift, true);
  protocol.range = {50, 60};
  show_as_scored(planes, protocol);
  EXPECT_TRUE(planes.pred.empty());
}

TEST(AsScored, TheProtocolChoosesTheTruth) {
  FramePlanes planes = slope();
  planes.raw_depth = planes.depth.clone();
  metrics::Protocol protocol = aligned(metrics::AlignKind::kNone, false);
  protocol.gt = metrics::GtKind::kRaw;
  show_as_scored(planes, protocol);
  EXPECT_EQ(planes.truth_name(), "raw depth");
  protocol.gt = metrics::GtKind::kFilled;
  show_as_scored(planes, protocol);
  EXPECT_EQ(planes.truth_name(), "filled depth");
  planes.gt = planes.depth.clone();
  EXPECT_EQ(planes.truth_name(), "ground truth");
}

}  // namespace
}  // namespace depthmill::report
