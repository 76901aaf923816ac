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
