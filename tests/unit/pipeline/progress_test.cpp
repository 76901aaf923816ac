#include "pipeline/progress.h"

#include <gtest/gtest.h>

#include <limits>

namespace depthmill::pipeline {
namespace {

TEST(Progress, DurationsAreReadable) {
  EXPECT_EQ(format_duration(0.2), "0 s");
  EXPECT_EQ(format_duration(59.6), "1 min 00 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(3720), "1 h 02 min");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "?");
}

TEST(Progress, SaysTotalFailedAndRateOnceDone) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress("fill", "frames", 3, false, 1);
    progress.step(false);
    progress.step(true);
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("fill: 3/3 frames, 1 failed"), std::string::npos) << text;
  EXPECT_NE(text.find("took"), std::string::npos) << text;
}

TEST(Progress, QuietPrintsNothing) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress("fill", "frames", 1, true);
    progress.step(false);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace depthmill::pipeline
