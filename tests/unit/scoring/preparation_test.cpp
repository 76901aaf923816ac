// From the planes of a frame to the pair that is scored: mirror fusion, early clamping, preparation of both maps, and
// which protocols may share a pair.
#include "stages/scoring/preparation.h"

#include <gtest/gtest.h>

#include <functional>

namespace depthmill {
namespace {

using metrics::PrepareStep;
using metrics::Protocol;

cv::Mat flat(int rows, int cols, double depth) { return {rows, cols, CV_64FC1, cv::Scalar(depth)}; }

// post_process_depth of NeWCRFs' utils.py: at the left border the mirrored-back output alone, at the right border the
// direct one, linear over 5 % of the width, the mean from 10 % on.
TEST(PreparePair, BlendsTheBordersAsNewcrfsDoes) {
  Protocol protocol;
  protocol.flip = metrics::Flip::kBlendEdges;
  const cv::Mat direct = flat(3, 201, 1), mirror = flat(3, 201, 3);
  const cv::Mat pred =
      prepare_pair({.pred = direct, .pred_mirror = mirror, .gt = flat(3, 201, 2)}, protocol).pred;
  for (int row = 0; row < 3; ++row) {
    EXPECT_NEAR(pred.at<double>(row, 0), 3, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 10), 3, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 15), 2.5, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 20), 2, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 100), 2, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 185), 1.5, 1e-12);
    EXPECT_NEAR(pred.at<double>(row, 200), 1, 1e-12);
  }
}

TEST(PreparePair, ClampsEachOutputWhereTheClampComesBeforeTheFlip) {
  Protocol protocol;
  protocol.flip = metrics::Flip::kMean;
  protocol.clamp_min = 1, protocol.clamp_max = 10;
  const auto mean = [&](double direct, double mirror) {
    return prepare_pair({.pred = flat(2, 2, direct), .pred_mirror = flat(2, 2, mirror), .gt = flat(2, 2, 2)},
                        protocol)
        .pred.at<double>(0, 0);
  };
  protocol.clamp_at = metrics::ClampAt::kBeforeFlip;
  EXPECT_EQ(mean(8, 14), 9);
  EXPECT_EQ(mean(14, 8), 9);
  EXPECT_EQ(mean(0.5, 0), 1);
  protocol.clamp_at = metrics::ClampAt::kNever;
  EXPECT_EQ(mean(8, 14), 11);
}

TEST(PreparePair, MapsOfEqualSizeAreBothPreparedUnlessTheProtocolSaysNo) {
  Protocol protocol;
  protocol.prepare = {{.kind = PrepareStep::kCentreCrop, .rows = 2, .cols = 4}};
  cv::Mat gt = flat(4, 6, 1), pred = flat(4, 6, 2);
  gt.at<double>(1, 1) = 5, pred.at<double>(1, 1) = 6;  // the crop's first pixel
  const PreparedPair both = prepare_pair({.pred = pred, .gt = gt}, protocol);
  ASSERT_EQ(both.gt.size(), cv::Size(4, 2));
  ASSERT_EQ(both.pred.size(), cv::Size(4, 2));
  EXPECT_EQ(both.gt.at<double>(0, 0), 5);
  EXPECT_EQ(both.pred.at<double>(0, 0), 6);

  const PreparedPair truth_alone = prepare_pair({.pred = flat(2, 4, 2), .gt = gt}, protocol);
  EXPECT_EQ(truth_alone.gt.at<double>(0, 0), 5) << "a prediction of the prepared size is not cut again";
  EXPECT_EQ(truth_alone.pred.size(), cv::Size(4, 2));

  protocol.prepare_equal_sizes = false;
  EXPECT_EQ(prepare_pair({.pred = pred, .gt = gt}, protocol).gt.size(), cv::Size(6, 4));
}

TEST(SamePreparation, HangsOnEveryStepBeforeTheMetrics) {
  Protocol protocol;
  protocol.prepare = {{.kind = PrepareStep::kResize, .rows = 2, .cols = 4}};
  protocol.clamp_at = metrics::ClampAt::kBeforeFlip;
  protocol.clamp_min = 1, protocol.clamp_max = 10;
  EXPECT_TRUE(same_preparation(protocol, protocol));
  const auto shares_with = [&](const std::function<void(Protocol&)>& change) {
    Protocol other = protocol;
    change(other);
    return same_preparation(protocol, other) || same_preparation(other, protocol);
  };
  EXPECT_FALSE(shares_with([](Protocol& p) { p.flip = metrics::Flip::kMean; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.gt_rounding = metrics::GtRounding::kTruncateMm; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.prepare_equal_sizes = false; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.placement = metrics::Placement::kKbCrop; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.resize = metrics::Interpolation::kNearestFloor; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.prepare.clear(); }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.prepare[0].rows = 3; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.prepare[0].kind = PrepareStep::kCentreCrop; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.clamp_max = 8; }));
  EXPECT_FALSE(shares_with([](Protocol& p) { p.clamp_at = metrics::ClampAt::kNever; }));

  EXPECT_TRUE(shares_with([](Protocol& p) { p.metrics = {"rmse"}; }));
  EXPECT_TRUE(shares_with([](Protocol& p) { p.range.max = 5; }));
  protocol.clamp_at = metrics::ClampAt::kNever;
  EXPECT_TRUE(shares_with([](Protocol& p) { p.clamp_max = 8; })) << "a clamp that comes later";
}

}  // namespace
}  // namespace depthmill
