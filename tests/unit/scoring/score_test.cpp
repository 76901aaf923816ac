#include "stages/scoring/score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/base/adapt.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/resize_map.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using metrics::Protocol;

cv::Mat slope(int rows, int cols, double factor = 1) {
  cv::Mat map(rows, cols, CV_64FC1);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) map.at<double>(r, c) = factor * (1 + 0.05 * r + 0.03 * c);
  return map;
}

cv::Mat rough(int rows, int cols) {
  cv::Mat map = slope(rows, cols);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) map.at<double>(r, c) *= 1 + 0.01 * ((7 * r + 13 * c) % 40);
  return map;
}

cv::Mat as_float(const cv::Mat& map) {
  cv::Mat out;
  map.convertTo(out, CV_32F);
  return out;
}

double value_of(const MetricRow& row, const std::string& key) {
  for (const auto& [name, v] : row.values)
    if (name == key) return v;
  ADD_FAILURE() << row.protocol << " has no " << key << " (" << row.note << ")";
  return 0;
}

Protocol scored_by(std::vector<std::string> keys) {
  Protocol protocol;
  protocol.name = "mine";
  protocol.range = {0.001, 80};
  protocol.metrics = std::move(keys);
  return protocol;
}

// Whatever protocols were scored before, a protocol's row is that of a scorer of its own.
TEST(FrameScorer, SharedPreparationChangesNoRow) {
  const std::vector<std::string> all = {"all"};
  auto protocols = find_protocols(all, test::protocol_folder());
  ASSERT_GT(protocols.size(), 20u);
  cv::Mat mirror;
  cv::flip(as_float(rough(480, 640) * 0.9), mirror, 1);
  ScoredPlanes planes{.pred = as_float(rough(480, 640)), .pred_mirror = mirror};
  planes.raw_depth = slope(480, 640, 0.2);
  planes.raw_depth.rowRange(100, 140).setTo(0);
  planes.depth = slope(480, 640, 0.21);
  FrameScorer shared(planes);
  std::size_t scored = 0;
  for (const Protocol& protocol : protocols) {
    if (protocol.normals_only() || protocol.crop.of_rows > 480) continue;
    try {
      const MetricRow alone = FrameScorer(planes).score(protocol), together = shared.score(protocol);
      ASSERT_EQ(alone.values.size(), together.values.size()) << protocol.name;
      EXPECT_EQ(alone.valid_pixels, together.valid_pixels) << protocol.name;
      for (std::size_t i = 0; i < alone.values.size(); ++i)
        EXPECT_TRUE(alone.values[i] == together.values[i] || std::isnan(alone.values[i].second))
            << protocol.name << " " << alone.values[i].first;
      scored += alone.values.empty() ? 0 : 1;
    } catch (const FrameError& e) {
      EXPECT_THROW(shared.score(protocol), FrameError) << protocol.name;
    }
  }
  EXPECT_GT(scored, 15u);
}

TEST(FrameScorer, TheProtocolChoosesRawOrFilledDepthUnlessGtIsThere) {
  ScoredPlanes planes{.pred = slope(10, 12)};
  planes.raw_depth = slope(10, 12, 2);
  planes.depth = slope(10, 12, 4);
  Protocol raw = scored_by({"abs_rel"}), filled = raw;
  filled.gt = metrics::GtKind::kFilled;
  EXPECT_NEAR(value_of(FrameScorer(planes).score(raw), "abs_rel"), 0.5, 1e-12);
  EXPECT_NEAR(value_of(FrameScorer(planes).score(filled), "abs_rel"), 0.75, 1e-12);
  FrameScorer both(planes);  // the pair of the first is not taken for the second
  both.score(raw);
  EXPECT_NEAR(value_of(both.score(filled), "abs_rel"), 0.75, 1e-12);
  planes.gt = slope(10, 12);
  EXPECT_EQ(value_of(FrameScorer(planes).score(filled), "abs_rel"), 0);
  planes.gt.release();
  planes.raw_depth.release();
  try {
    FrameScorer(planes).score(raw);
    FAIL() << "filled depth is no raw depth";
  } catch (const FrameError& e) {
    EXPECT_EQ(e.reason(), FailureReason::kMissingFile);
    EXPECT_NE(std::string(e.what()).find("raw_depth"), std::string::npos);
  }
  EXPECT_THROW(FrameScorer({.pred = {}, .gt = slope(4, 4)}).score(raw), FrameError);
}

TEST(FrameScorer, PointsAskForACamera) {
  Protocol protocol = scored_by({"abs_rel", "points_rel"});
  protocol.align = metrics::AlignKind::kPointAffine;
  protocol.align_sample = 16;
  ScoredPlanes planes{.pred = rough(24, 32), .gt = slope(24, 32)};
  const MetricRow blind = FrameScorer(planes).score(protocol);
  EXPECT_TRUE(std::isnan(value_of(blind, "points_rel")));
  EXPECT_NE(blind.note.find("no camera for points_rel"), std::string::npos) << blind.note;
  planes.camera = {30, 30, 16.5, 12.5};
  const MetricRow seen = FrameScorer(planes).score(protocol);
  EXPECT_TRUE(std::isfinite(value_of(seen, "points_rel"))) << seen.note;
}

TEST(FrameScorer, TooFewPixelsGiveNoValuesAndAReason) {
  Protocol protocol = scored_by({"abs_rel"});
  cv::Mat gt = cv::Mat::zeros(4, 5, CV_64FC1);
  gt.at<double>(1, 1) = gt.at<double>(2, 2) = 2;
  protocol.min_pixels = 2;
  EXPECT_EQ(FrameScorer({.pred = slope(4, 5), .gt = gt}).score(protocol).valid_pixels, 2u);
  protocol.min_pixels = 3;
  const MetricRow row = FrameScorer({.pred = slope(4, 5), .gt = gt}).score(protocol);
  EXPECT_TRUE(row.values.empty());
  EXPECT_EQ(row.valid_pixels, 0u);
  EXPECT_NE(row.note.find("2 valid pixels"), std::string::npos) << row.note;
  EXPECT_THROW(FrameScorer({.pred = slope(4, 5), .gt = gt}).compared(protocol), FrameError);
}

// Ranges see the prepared pair: pixels and their mean errors are those of the whole.
TEST(FrameScorer, RangesArePartsOfThePreparedWhole) {
  Protocol protocol = scored_by({"abs_rel", "bad1", "d1_le", "abs_rel_pred", "silog"});
  protocol.prepare = {{metrics::PrepareStep::kResize, 12, 16, metrics::Interpolation::kNearestCentre}};
  protocol.resize = metrics::Interpolation::kBilinear;
  protocol.align = metrics::AlignKind::kMedian;
  FrameScorer scorer({.pred = rough(9, 9), .gt = slope(24, 32)});
  const MetricRow whole = scorer.score(protocol);
  EXPECT_EQ(whole.valid_pixels, 12u * 16u);
  const std::vector<double> bounds = {0, 1.5, 2, 2.5, 10};
  const auto parts = scorer.score_ranges(protocol, bounds);
  ASSERT_EQ(parts.size(), 4u);
  std::size_t pixels = 0;
  std::vector<double> sums(4);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].range, (DepthRange{bounds[i], bounds[i + 1]}));
    pixels += parts[i].valid_pixels;
    for (std::size_t k = 0; k < sums.size(); ++k)
      sums[k] += static_cast<double>(parts[i].valid_pixels) * parts[i].values[k].second;
  }
  EXPECT_EQ(pixels, whole.valid_pixels);
  for (std::size_t k = 0; k < sums.size(); ++k)
    EXPECT_NEAR(sums[k] / static_cast<double>(pixels), whole.values[k].second, 1e-9) << whole.values[k].first;

  const std::vector<double> beyond = {0, 10, 20, 30};
  ASSERT_EQ(scorer.score_ranges(protocol, beyond).size(), 1u) << "a range without a pixel has no row";
  EXPECT_EQ(scorer.score_ranges(protocol, beyond)[0].range, (DepthRange{0, 10}));
}

// abs_rel over all pixels of the compared pair is the protocol's abs_rel.
TEST(FrameScorer, TheComparedPairIsWhatTheMetricsSee) {
  for (const bool disparity : {false, true})
    for (const auto resize : {metrics::Interpolation::kNearestFloor, metrics::Interpolation::kBilinear}) {
      Protocol protocol = scored_by({"abs_rel", "d1"});
      protocol.averaging_of["d1"] = metrics::Averaging::kPooled;
      protocol.prepare = {{metrics::PrepareStep::kCentreCrop, 20, 24, {}}};
      protocol.resize = resize;
      protocol.align = metrics::AlignKind::kScaleShift;
      protocol.disparity = disparity;
      if (disparity) protocol.align_space = metrics::AlignSpace::kDisparity;
      cv::Mat pred = rough(10, 16);
      if (disparity) pred = 3 / pred;
      FrameScorer scorer({.pred = as_float(pred), .gt = slope(24, 32)});
      const ComparedPair pair = scorer.compared(protocol);
      ASSERT_EQ(pair.gt.size(), cv::Size(24, 20));
      ASSERT_EQ(pair.pred.size(), pair.gt.size());
      EXPECT_EQ(pair.gt.at<double>(0, 0), slope(24, 32).at<double>(2, 4));
      double sum = 0;
      for (int r = 0; r < 20; ++r)
        for (int c = 0; c < 24; ++c)
          sum += std::abs(pair.pred.at<double>(r, c) / pair.gt.at<double>(r, c) - 1) / (20 * 24);
      EXPECT_NEAR(sum, value_of(scorer.score(protocol), "abs_rel"), 1e-9);
    }
}

TEST(FrameScorer, AMetricPredictionOfTheRightSizeIsComparedAsItIs) {
  const cv::Mat pred = rough(6, 8);
  const ComparedPair pair = FrameScorer({.pred = pred, .gt = slope(6, 8)}).compared(scored_by({"abs_rel"}));
  EXPECT_EQ(pair.pred.data, pred.data);
}

}  // namespace
}  // namespace depthmill
