#include "stages/sample/hide.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace depthmill::sample {
namespace {

// Readings everywhere but in a corner.
cv::Mat room(double near = 2, double far = 2) {
  cv::Mat depth(120, 160, CV_64FC1, cv::Scalar(far));
  depth.colRange(0, 60).setTo(near);
  depth(cv::Range(0, 20), cv::Range(0, 20)) = 0;
  return depth;
}
int readings(const cv::Mat& depth) { return cv::countNonZero(depth > 0); }
cv::Mat hidden(const char* rule, const cv::Mat& depth, std::uint64_t seed = 1, const char* frame = "s/1") {
  return hidden_readings(depth, HideRule::parse(rule), seed, frame);
}

TEST(Hide, OnlyReadingsAreHiddenAndAsManyAsTheRuleSays) {
  const cv::Mat depth = room();
  const int all = readings(depth);
  for (const char* rule : {"random:0.3", "samples:500", "block:16", "scanline:4", "projector"}) {
    const cv::Mat mask = hidden(rule, depth);
    EXPECT_EQ(cv::countNonZero(mask & (depth == 0)), 0) << rule;
  }
  EXPECT_NEAR(cv::countNonZero(hidden("random:0.3", depth)), 0.3 * all, 4 * std::sqrt(0.3 * 0.7 * all));
  EXPECT_EQ(all - cv::countNonZero(hidden("samples:500", depth)), 500);
  EXPECT_EQ(cv::countNonZero(hidden("samples:1000000", depth)), 0) << "there are fewer";
  const int in_blocks = cv::countNonZero(hidden("block:16", depth));
  EXPECT_GE(in_blocks, all / 5);
  EXPECT_LT(in_blocks, all / 5 + 16 * 16);
  const cv::Mat lines = hidden("scanline:4", depth);
  for (int r = 30; r < 40; ++r) EXPECT_EQ(cv::countNonZero(lines.row(r)), r % 4 == 0 ? 0 : 160) << r;
}

TEST(Hide, TheProjectorsShadowIsAsWideAsItsBaselineMakesIt) {
  const double near = 1, far = 4, baseline = 0.3;
  const cv::Mat mask = hidden("projector:0.3", room(near, far));
  const int width = static_cast<int>(525 * 160 / 640. * baseline * (1 / near - 1 / far));
  EXPECT_EQ(cv::countNonZero(mask.row(60)), width);
  EXPECT_EQ(cv::countNonZero(mask.row(60).colRange(60, 60 + width)), width) << "behind the edge";
  EXPECT_EQ(cv::countNonZero(hidden("projector:0.1", room(2, 2))), 0) << "no edge, no shadow";
}

TEST(Hide, HolesAreWhatTheSensorHasNot) {
  const cv::Mat depth = room();
  EXPECT_EQ(cv::countNonZero(hidden("holes", depth) != (depth == 0)), 0);
}

TEST(Hide, DependsOnSeedAndFrameAlone) {
  const cv::Mat depth = room();
  for (const char* rule : {"random:0.3", "samples:500", "block:16"}) {
    const cv::Mat one = hidden(rule, depth);
    EXPECT_EQ(cv::countNonZero(one != hidden(rule, depth.clone())), 0) << rule;
    EXPECT_GT(cv::countNonZero(one != hidden(rule, depth, 2)), 0) << rule;
    EXPECT_GT(cv::countNonZero(one != hidden(rule, depth, 1, "s/2")), 0) << rule;
  }
}

TEST(Hide, RulesReadBackAndOthersAreRefused) {
  for (const char* text : {"random:0.2", "samples:500", "block:64", "scanline:8", "projector:0.075", "holes"})
    EXPECT_EQ(HideRule::parse(text).text(), text);
  EXPECT_EQ(HideRule::parse("random").text(), "random:0.2");
  for (const char* text : {"", "rand", "random:", "random:2", "random:0", "samples:-1", "scanline:1",
                           "holes:3", "block:x", "block:64.5", "scanline:8.5"})
    EXPECT_THROW(HideRule::parse(text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace depthmill::sample
