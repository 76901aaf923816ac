#include "stages/report/depth_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "stages/io/npy.h"
#include "stages/run_folder/plane_files.h"
#include "stages/scoring/evaluate.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/totals.h"
#include "tests/support/test_data.h"

namespace depthmill::report {
namespace {

// Two frames with three true depths; what is expected is worked out by hand.
TEST(DepthRanges, PoolPixelsByTrueDepth) {
  test::ScratchFolder folder;
  RunData run;
  run.label = "run";
  run.folder = folder.path();
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.name = "p";
  scores.keys = {"abs_rel", "rmse", "d1", "silog"};
  scores.protocol.emplace();
  scores.protocol->gt = metrics::GtKind::kFilled;
  scores.protocol->range = {0.001, 10};
  scores.protocol->metrics = scores.keys;
  for (int f = 0; f < 2; ++f) {
    const std::string frame = "d-" + std::to_string(f);
    scores.frames.push_back("s", frame, {"p", 4, {}, ""});
    cv::Mat gt = (cv::Mat_<double>(2, 2) << 1.5, 1.5, 2.5, 0), pred;
    pred = (cv::Mat_<double>(2, 2) << 1.5 + 0.3 * f, 1.5 - 0.6 * f, 2.5, 9);
    io::write_plane(run_folder::plane_path(folder.path(), "s", frame, "depth", io::kNpyFormat), gt,
                    io::PlaneKind::kDepth);
    io::write_plane(run_folder::plane_path(folder.path(), "s", frame, "pred", io::kNpyFormat), pred,
                    io::PlaneKind::kDepth);
  }
  ProtocolScores second = scores, of_clips = scores;
  second.name = "second";
  second.protocol->align = metrics::AlignKind::kMedian;
  of_clips.name = "of clips";
  of_clips.protocol->align = metrics::AlignKind::kMedian;
  of_clips.protocol->align_group = metrics::AlignGroup::kClip;
  run.protocols.push_back(second), run.protocols.push_back(of_clips);
  ProtocolScores& first = run.protocols[0];
  add_depth_ranges(run, {}, false);
  EXPECT_TRUE(run.protocols[1].ranges.empty());
  EXPECT_EQ(first.ranges.size(), 2u);
  add_depth_ranges(run, {}, true);
  EXPECT_EQ(run.protocols[1].ranges.size(), 2u);
  EXPECT_NE(run.protocols[1].ranges[0].values[1], first.ranges[0].values[1]) << "fitted";
  EXPECT_TRUE(run.protocols[2].ranges.empty()) << "one image is no clip";
  EXPECT_NE(run.protocols[2].range_note.find("fits a whole clip"), std::string::npos);
  ASSERT_EQ(first.ranges.size(), 2u);
  EXPECT_EQ(first.ranges[0].from, 1);
  EXPECT_EQ(first.ranges[0].to, 2);
  EXPECT_EQ(first.ranges[0].n, 4);
  EXPECT_NEAR(first.ranges[0].values[0], (0.3 + 0.6) / 1.5 / 4, 1e-12);
  EXPECT_NEAR(first.ranges[0].values[1], std::sqrt((0.09 + 0.36) / 4), 1e-12);
  EXPECT_NEAR(first.ranges[0].values[2], 0.75, 1e-12);
  EXPECT_TRUE(std::isnan(first.ranges[0].values[3]));  // cannot be pooled
  EXPECT_EQ(first.ranges[1].n, 2);
  EXPECT_EQ(first.ranges[1].values[0], 0);
  EXPECT_NE(first.range_note.find("2 of 2 images"), std::string::npos);
}

// Whatever the protocol prepares, fuses, resizes and aligns: the page has the values of `evaluate
// --depth-ranges`.
TEST(DepthRanges, AreThoseOfEvaluate) {
  test::ScratchFolder folder;
  metrics::Protocol protocol;
  protocol.gt = metrics::GtKind::kRaw;
  protocol.gt_rounding = metrics::GtRounding::kTruncateMm;
  protocol.prepare = {{metrics::PrepareStep::kCentreCrop, 20, 28, {}},
                      {metrics::PrepareStep::kResize, 30, 40, metrics::Interpolation::kNearestFloor}};
  protocol.range = {0.001, 10};
  protocol.flip = metrics::Flip::kMean;
  protocol.resize = metrics::Interpolation::kBilinearAlignCorners;
  protocol.clamp_at = metrics::ClampAt::kAfterAlign;
  protocol.clamp_min = 1, protocol.clamp_max = 4;
  protocol.align = metrics::AlignKind::kMedian;
  protocol.metrics = {"bad1", "d1_le", "abs_rel_pred", "abs_rel_si", "rmse", "silog"};
  std::ofstream(folder / "mine.ini") << protocol_text(protocol);
  EvaluateOptions options{.protocols = {(folder / "mine.ini").string()}};
  options.depth_ranges = {0, 1, 2, 3, 4, 5, 6};
  const auto stage = make_evaluate_stage(options);
  stage->prepare();

  RunData run;
  run.label = "run";
  run.folder = folder / "run";
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.name = "mine";
  scores.keys = protocol.metrics;
  scores.protocol = find_protocol(options.protocols[0], {});
  std::vector<FrameScore> rows;
  for (int f = 0; f < 3; ++f) {
    Frame frame;
    frame.scene = "s";
    frame.name = "d-" + std::to_string(f);
    cv::Mat gt(24, 32, CV_64FC1), pred(12, 14, CV_64FC1), mirror(12, 14, CV_64FC1);
    for (int r = 0; r < 24; ++r)
      for (int c = 0; c < 32; ++c) gt.at<double>(r, c) = (r + c) % 7 ? 0.5 + f + 0.1234 * r + 0.02 * c : 0;
    for (int r = 0; r < 12; ++r)
      for (int c = 0; c < 14; ++c) {
        pred.at<double>(r, c) = (0.2 + 0.4 * f + 0.15 * r) * (1 + 0.1 * ((3 * r + 5 * c) % 9));
        mirror.at<double>(r, 13 - c) = pred.at<double>(r, c) * (1 + 0.02 * c);
      }
    frame.planes = {{plane::kRawDepth, gt},
                    {plane::kDepth, cv::Mat(gt * 2)},
                    {plane::kPred, pred},
                    {plane::kPredMirror, mirror}};
    for (const auto& [name, map] : frame.planes)
      io::write_plane(run_folder::plane_path(run.folder, "s", frame.name, name, io::kNpyFormat), map,
                      io::PlaneKind::kDepth);
    stage->run({&frame, 1});
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    for (const auto& row : frame.metrics) rows.push_back({frame.scene, frame.name, row});
    scores.frames.push_back("s", frame.name, {"mine", 4, {}, ""});
  }
  add_depth_ranges(run, {}, false);
  const auto expected = summarise_ranges(rows, scores.keys);
  ASSERT_GE(expected.size(), 5u);
  ASSERT_EQ(scores.ranges.size(), expected.size());
  double smallest = 100, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(scores.ranges[i].from, expected[i].range.from);
    EXPECT_EQ(scores.ranges[i].to, expected[i].range.to);
    EXPECT_EQ(scores.ranges[i].n, static_cast<double>(expected[i].pixels));
    for (std::size_t k = 0; k + 1 < scores.keys.size(); ++k)
      EXPECT_EQ(scores.ranges[i].values[k], expected[i].values[k].second) << scores.keys[k] << " " << i;
    EXPECT_TRUE(std::isnan(scores.ranges[i].values.back())) << "silog cannot be pooled";
    smallest = std::min(smallest, scores.ranges[i].values[0]);
    largest = std::max(largest, scores.ranges[i].values[0]);
  }
  EXPECT_LT(smallest, largest) << "bad1 differs between depths, or the test would see nothing";
}

// A protocol of raw depth has no ranges where filled depth alone is left.
TEST(DepthRanges, FilledDepthIsNotTakenForRaw) {
  test::ScratchFolder folder;
  RunData run;
  run.folder = folder.path();
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.keys = {"abs_rel"};
  scores.protocol.emplace();
  scores.protocol->metrics = scores.keys;
  scores.frames.push_back("s", "f", {"p", 4, {}, ""});
  for (const char* name : {plane::kDepth, plane::kPred})
    io::write_plane(run_folder::plane_path(folder.path(), "s", "f", name, io::kNpyFormat),
                    cv::Mat(2, 2, CV_64FC1, cv::Scalar(1.5)), io::PlaneKind::kDepth);
  add_depth_ranges(run, {}, false);
  EXPECT_TRUE(scores.ranges.empty());
  EXPECT_EQ(scores.range_note, "");
  scores.protocol->gt = metrics::GtKind::kFilled;
  add_depth_ranges(run, {}, false);
  EXPECT_EQ(scores.ranges.size(), 1u);
}

// 2 m lies in the range from 2 to 3.
TEST(DepthRanges, ADeepestPixelOnABoundHasItsRange) {
  test::ScratchFolder folder;
  RunData run;
  run.folder = folder.path();
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.keys = {"abs_rel"};
  scores.protocol.emplace();
  scores.protocol->metrics = scores.keys;
  scores.protocol->range = {0.001, 10};
  scores.frames.push_back("s", "f", {"p", 4, {}, ""});
  const cv::Mat depth = (cv::Mat_<double>(2, 2) << 1, 1.5, 2, 2);
  for (const char* name : {plane::kRawDepth, plane::kPred})
    io::write_plane(run_folder::plane_path(folder.path(), "s", "f", name, io::kNpyFormat), depth,
                    io::PlaneKind::kDepth);
  add_depth_ranges(run, {}, false);
  ASSERT_EQ(scores.ranges.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(scores.ranges[i].from, static_cast<double>(1 + i));
    EXPECT_EQ(scores.ranges[i].n, 2);
  }
}

TEST(DepthRanges, TheRunsOwnTableIsKept) {
  RunData run;
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.protocol.emplace();
  scores.frames.push_back("s", "f", {"p", 1, {}, ""});
  scores.ranges.push_back({3, 4, 1, {}});
  add_depth_ranges(run, {}, false);
  EXPECT_EQ(scores.ranges.size(), 1u);
}

}  // namespace
}  // namespace depthmill::report
