#include "stages/data/path_pattern.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace depthmill::data {
namespace {

std::string matched(const char* pattern, const char* path) {
  const auto match = PathPattern(pattern).match(path);
  return match ? match->scene + ":" + match->frame : "none";
}

TEST(PathPattern, ScenesAndFrames) {
  EXPECT_EQ(matched("{scene/}rgb_{number}", "rgb_00045"), ":00045");
  EXPECT_EQ(matched("{scene/}rgb_{number}", "a/b/rgb_00045"), "a/b:00045");
  EXPECT_EQ(matched("{scene/}rgb_{number}", "a/b/rgb_00045x"), "none");
  EXPECT_EQ(matched("{scene/}rgb_{number}", "a/xrgb_1"), "none");
  EXPECT_EQ(matched("{any/}{scene}/{number}", "7"), "none");
  EXPECT_EQ(matched("{any/}{scene}/{frame}/image/*", "a/b/c/image/anything"), "b:c");
  EXPECT_EQ(matched("{frame}", "a/b"), "none") << "a frame's name holds no slash";
}

TEST(PathPattern, SeveralParts) {
  EXPECT_EQ(matched("{frame}_x_{number}", "a_x_7"), ":a_7");
  EXPECT_EQ(matched("{frame=frame-}{number}.color", "frame-000000.color"), ":frame-000000");
  EXPECT_EQ(matched("{any/}{scene}/{scene=image_03}/{number}", "d/image_03/5"), "d/image_03:5");
  EXPECT_EQ(matched("{any/}{scene}/{scene=image_03}/{number}", "d/image_02/5"), "none");
  EXPECT_EQ(matched("*{number}", "abc12"), ":12");
}

TEST(PathPattern, WhatIsNoPattern) {
  for (const char* text : {"", "a/b", "{scene}/x", "{fame}", "{frame", "{number=7}", "{frame=x}"})
    EXPECT_THROW(PathPattern{text}, std::invalid_argument) << text;
}

}  // namespace
}  // namespace depthmill::data
