#include "stages/report/depth_ranges.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/io/npy.h"
#include "stages/run_folder/plane_files.h"
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
  for (int f = 0; f < 2; ++f) {
    const std::string frame = "d-" + std::to_string(f);
    scores.frames.push_back({"s", frame, 4, {0, 0, 0, 0}, ""});
    cv::Mat gt = (cv::Mat_<double>(2, 2) << 1.5, 1.5, 2.5, 0), pred;
    pred = (cv::Mat_<double>(2, 2) << 1.5 + 0.3 * f, 1.5 - 0.6 * f, 2.5, 9);
    io::write_plane(run_folder::plane_path(folder.path(), "s", frame, "depth", io::kNpyFormat), gt,
                    io::PlaneKind::kDepth);
    io::write_plane(run_folder::plane_path(folder.path(), "s", frame, "pred", io::kNpyFormat), pred,
                    io::PlaneKind::kDepth);
  }
  add_depth_ranges(run, {});
  ASSERT_EQ(scores.ranges.size(), 2u);
  EXPECT_EQ(scores.ranges[0].from, 1);
  EXPECT_EQ(scores.ranges[0].to, 2);
  EXPECT_EQ(scores.ranges[0].n, 4);
  EXPECT_NEAR(scores.ranges[0].values[0], (0.3 + 0.6) / 1.5 / 4, 1e-12);
  EXPECT_NEAR(scores.ranges[0].values[1], std::sqrt((0.09 + 0.36) / 4), 1e-12);
  EXPECT_NEAR(scores.ranges[0].values[2], 0.75, 1e-12);
  EXPECT_TRUE(std::isnan(scores.ranges[0].values[3]));  // cannot be pooled
  EXPECT_EQ(scores.ranges[1].n, 2);
  EXPECT_EQ(scores.ranges[1].values[0], 0);
  EXPECT_NE(scores.range_note.find("2 of 2 images"), std::string::npos);
}

TEST(DepthRanges, TheRunsOwnTableIsKept) {
  RunData run;
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.protocol.emplace();
  scores.frames.push_back({"s", "f", 1, {}, ""});
  scores.ranges.push_back({3, 4, 1, {}});
  add_depth_ranges(run, {});
  EXPECT_EQ(scores.ranges.size(), 1u);
}

}  // namespace
}  // namespace depthmill::report
