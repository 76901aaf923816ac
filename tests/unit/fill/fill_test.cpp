#include "stages/fill/fill.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace depthmill {
namespace {

Frame make_frame(int rows, int cols, int seed) {
  Frame frame;
  frame.scene = "study";
  frame.name = "d-" + std::to_string(seed);
  cv::RNG rng(seed);
  cv::Mat rgb(rows, cols, CV_8UC3), raw(rows, cols, CV_64FC1);
  rng.fill(rgb, cv::RNG::UNIFORM, 0, 256);
  rng.fill(raw, cv::RNG::UNIFORM, 1.0, 4.0);
  raw(cv::Rect(2, 3, 6, 5)) = 0.0;
  frame.planes[plane::kRgb] = rgb;
  frame.planes[plane::kRawDepth] = raw;
  return frame;
}

FailureReason failure_of(const Frame& frame) {
  Frame copy = frame;
  make_fill_stage({})->run({&copy, 1});
  return copy.failure;
}

TEST(FillStage, ClosesEveryHoleAndKeepsTheInput) {
  for (FillMethod method : {FillMethod::kLevin, FillMethod::kCrossBilateral}) {
    Frame frame = make_frame(20, 30, 1);
    const cv::Mat raw = frame.plane(plane::kRawDepth).clone();
    make_fill_stage({.method = method})->run({&frame, 1});
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    double least, greatest;
    cv::minMaxLoc(frame.plane(plane::kDepth), &least, &greatest);
    EXPECT_GT(least, 0.9);
    EXPECT_LT(greatest, 4.0 + 1e-9);
    EXPECT_EQ(cv::norm(frame.plane(plane::kRawDepth), raw, cv::NORM_INF), 0.0);
    EXPECT_TRUE(frame.notes.empty());
  }
}

TEST(FillStage, ReadingsArePastedBackWhereAsked) {
  Frame moved = make_frame(20, 30, 1), kept = make_frame(20, 30, 1);
  make_fill_stage({.keep_known = false})->run({&moved, 1});
  make_fill_stage({.keep_known = true})->run({&kept, 1});
  const cv::Mat known = kept.plane(plane::kRawDepth) > 0;
  EXPECT_GT(cv::norm(moved.plane(plane::kDepth), moved.plane(plane::kRawDepth), cv::NORM_INF, known), 1e-3);
  EXPECT_EQ(cv::norm(kept.plane(plane::kDepth), kept.plane(plane::kRawDepth), cv::NORM_INF, known), 0);
  EXPECT_LT(cv::norm(kept.plane(plane::kDepth), moved.plane(plane::kDepth), cv::NORM_INF, ~known), 1e-6);
}

// A line of noise between two readings of next to no weight: rounding alone is above a micrometre.
TEST(FillStage, AFillThatDoesNotConvergeIsRemarked) {
  Frame frame = make_frame(10, 5000, 1);
  for (const char* name : {plane::kRgb, plane::kRawDepth})
    frame.planes[name] = frame.plane(name).row(0).clone();
  cv::Mat& raw = frame.planes[plane::kRawDepth];
  raw.colRange(1, raw.cols - 1) = 0.0;
  make_fill_stage({.alpha = 1e-8})->run({&frame, 1});
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  ASSERT_EQ(frame.notes.size(), 1u);
  EXPECT_NE(frame.notes[0].find("4998 missing) stagnated"), std::string::npos) << frame.notes[0];
}

TEST(FillStage, SizesMayAlternate) {
  auto stage = make_fill_stage({});
  for (const cv::Size size : {cv::Size(30, 20), cv::Size(31, 20), cv::Size(30, 21), cv::Size(30, 20)}) {
    Frame frame = make_frame(size.height, size.width, 1), alone = make_frame(size.height, size.width, 1);
    stage->run({&frame, 1});
    make_fill_stage({})->run({&alone, 1});
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    EXPECT_EQ(cv::norm(frame.plane(plane::kDepth), alone.plane(plane::kDepth), cv::NORM_INF), 0.0);
  }
}

TEST(FillStage, NoneCopiesTheReadings) {
  Frame frame = make_frame(20, 30, 2);
  make_fill_stage({.method = FillMethod::kNone})->run({&frame, 1});
  EXPECT_EQ(cv::norm(frame.plane(plane::kDepth), frame.plane(plane::kRawDepth), cv::NORM_INF), 0.0);
  EXPECT_NE(frame.plane(plane::kDepth).data, frame.plane(plane::kRawDepth).data);
}

TEST(FillStage, EachFailureHasItsReason) {
  Frame frame = make_frame(20, 30, 3);
  EXPECT_EQ(failure_of(frame), FailureReason::kNone);
  Frame nothing = frame, other_size = frame, nan = frame, lacking = frame;
  nothing.planes[plane::kRawDepth] = cv::Mat::zeros(20, 30, CV_64FC1);
  EXPECT_EQ(failure_of(nothing), FailureReason::kNoValidPixel);
  other_size.planes[plane::kRawDepth] = cv::Mat::ones(20, 31, CV_64FC1);
  EXPECT_EQ(failure_of(other_size), FailureReason::kWrongSize);
  nan.planes[plane::kRawDepth] = frame.plane(plane::kRawDepth).clone();
  nan.planes[plane::kRawDepth].at<double>(7, 7) = NAN;
  EXPECT_EQ(failure_of(nan), FailureReason::kNonFinite);
  lacking.planes.erase(plane::kRgb);
  EXPECT_EQ(failure_of(lacking), FailureReason::kMissingFile);
}

TEST(FillStage, ABadFrameDoesNotStopItsBatch) {
  std::vector<Frame> batch = {make_frame(20, 30, 4), make_frame(20, 30, 5), make_frame(24, 18, 6)};
  batch[0].planes[plane::kRawDepth] = cv::Mat::zeros(20, 30, CV_64FC1);
  make_fill_stage({})->run(batch);
  EXPECT_FALSE(batch[0].ok());
  EXPECT_TRUE(batch[1].ok());
  EXPECT_TRUE(batch[2].ok());
}

TEST(FillStage, ThreadsDoNotShowInTheResult) {
  std::vector<Frame> together, alone;
  for (int i = 0; i < 12; ++i) alone.push_back(make_frame(40 + i % 2, 50, i));
  for (int i = 0; i < 12; ++i) together.push_back(make_frame(40 + i % 2, 50, i));
  auto stage = make_fill_stage({});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { stage->run(std::span<Frame>(together).subspan(3 * t, 3)); });
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 12; ++i) {
    make_fill_stage({})->run({&alone[i], 1});
    EXPECT_EQ(cv::norm(together[i].plane(plane::kDepth), alone[i].plane(plane::kDepth), cv::NORM_INF), 0.0);
  }
}

TEST(FillStage, OptionsNameTheKey) {
  EXPECT_EQ(FillStageOptions{}.problem(), "");
  EXPECT_EQ(FillStageOptions{.alpha = 0}.problem(), "fill.alpha must be above 0");
  EXPECT_EQ(FillStageOptions{.tolerance = -1}.problem(), "fill.tolerance must be above 0");
  EXPECT_EQ((FillStageOptions{.depth_bits = 16}.tolerance_in_use()), 1e-6);
  EXPECT_EQ((FillStageOptions{.depth_bits = 32}.tolerance_in_use()), 1e-9);
  EXPECT_EQ((FillStageOptions{.tolerance = 1e-3, .depth_bits = 16}.tolerance_in_use()), 1e-3);
  EXPECT_THROW(make_fill_stage({.alpha = -1}), std::invalid_argument);
  EXPECT_EQ(kFillMethods.parse("cross-bilateral"), FillMethod::kCrossBilateral);
}

}  // namespace
}  // namespace depthmill
