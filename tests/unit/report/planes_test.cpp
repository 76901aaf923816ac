#include "stages/report/planes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/core.hpp>

#include "stages/io/plane_file.h"
#include "tests/support/test_data.h"
#include "tests/unit/report/fake_run.h"

namespace depthmill::report {
namespace {

namespace fs = std::filesystem;
using test::ScratchFolder;

// A run whose own planes/ hold a prediction, and whose settings say what was scored.
RunData scored_run(const fs::path& folder, const std::string& settings) {
  test::write_fake_run(folder);
  std::ofstream(folder / "config.ini") << settings;
  return load_run(folder.string());
}

FramePlanes planes_of(const RunData& run) { return PlaneFinder(run, {}).read("scene_0", "d-1", "", nullptr); }

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return !a.empty() && a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(PlaneFinder, AStripShowsThePlaneThatWasScored) {
  ScratchFolder scratch;
  const std::string own = (scratch / "run").string();
  const FramePlanes plain = planes_of(scored_run(scratch / "run", ""));
  ASSERT_FALSE(equal(plain.pred, plain.depth));
  // evaluate --pred-plane depth: the fill itself was scored, not the prediction that lies beside it.
  const FramePlanes fill =
      planes_of(scored_run(scratch / "run", "[data]\npred = " + own + "\npred-plane = depth\ngt = " + own +
                                                "\ngt-plane = raw_depth\n"));
  EXPECT_TRUE(equal(fill.pred, plain.depth));
  EXPECT_TRUE(equal(fill.gt, plain.raw_depth));
  EXPECT_TRUE(equal(fill.rgb, plain.rgb));
}

TEST(PlaneFinder, PredictionsOfAnotherFolderGoBeforeTheRunsOwn) {
  ScratchFolder scratch;
  test::write_fake_run(scratch / "other", {.bias = 0.2});
  const std::string other = (scratch / "other").string();
  const FramePlanes own = planes_of(scored_run(scratch / "run", ""));
  const FramePlanes scored = planes_of(scored_run(scratch / "run", "[data]\npred = " + other + "\n"));
  EXPECT_FALSE(equal(scored.pred, own.pred));
  EXPECT_TRUE(equal(scored.pred, planes_of(load_run(other)).pred));
}

// What had no reading for the evaluation has none for the pictures.
TEST(PlaneFinder, HolesAreThoseThatTheRunWasTold) {
  ScratchFolder scratch;
  const cv::Mat own = planes_of(scored_run(scratch / "run", "")).raw_depth;
  cv::Mat gt = own.clone(), mask(own.size(), CV_8UC1, cv::Scalar(255));
  gt.at<double>(0, 0) = 7, gt.at<double>(0, 1) = 3;
  mask.at<uchar>(0, 1) = 0;
  io::write_plane(scratch / "gt/scene_0/d-1.npy", gt, PlaneKind::kDepth);
  io::write_plane(scratch / "masks/scene_0/d-1.png", mask, PlaneKind::kLabels);
  const std::string told = "[data]\ngt = " + (scratch / "gt").string() + "\n";
  const cv::Mat plain = planes_of(scored_run(scratch / "run", told)).gt;
  EXPECT_EQ(plain.at<double>(0, 0), 7);
  EXPECT_EQ(plain.at<double>(0, 1), 3);
  const cv::Mat holed =
      planes_of(
          scored_run(scratch / "run", told + "mask = " + (scratch / "masks").string() + "\nno-reading = 7\n"))
          .gt;
  EXPECT_EQ(holed.at<double>(0, 0), 0);
  EXPECT_EQ(holed.at<double>(0, 1), 0);
  EXPECT_EQ(holed.at<double>(1, 1), gt.at<double>(1, 1));
}

TEST(PlaneFinder, PlacesThatAreGoneLeaveTheRunsOwnPlanes) {
  ScratchFolder scratch;
  const FramePlanes own = planes_of(scored_run(scratch / "run", ""));
  const FramePlanes later = planes_of(scored_run(scratch / "run", "[data]\npred = /nowhere/run\n"));
  EXPECT_TRUE(equal(later.pred, own.pred));
}

}  // namespace
}  // namespace depthmill::report
