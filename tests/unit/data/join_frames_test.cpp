#include "stages/data/join_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace depthmill::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FrameList frames(const std::vector<std::pair<std::string, std::string>>& names) {
  FrameList made;
  for (const auto& [scene, name] : names) {
    Frame frame;
    frame.scene = scene, frame.name = name;
    made.push_back(std::move(frame));
  }
  return made;
}

std::vector<std::string> joined(const std::vector<std::pair<std::string, std::string>>& lead,
                                const std::vector<std::pair<std::string, std::string>>& other,
                                std::string* rule = nullptr) {
  FrameList others = frames(other);
  const std::string said = join_frames(frames(lead), others);
  if (rule) *rule = said;
  std::vector<std::string> ids;
  for (const Frame& frame : others) ids.push_back(frame.id());
  return ids;
}

TEST(JoinFrames, TheSameNamesNeedNoRule) {
  std::string rule;
  EXPECT_THAT(joined({{"a", "1"}, {"a", "2"}}, {{"a", "2"}, {"b", "1"}}, &rule), ElementsAre("a/2", "b/1"));
  EXPECT_EQ(rule, "");
}

TEST(JoinFrames, NamesAloneWhereOneSideHasNoScenes) {
  EXPECT_THAT(joined({{"a", "1"}, {"b", "2"}}, {{"", "2"}, {"", "1"}}), ElementsAre("b/2", "a/1"));
  EXPECT_THAT(joined({{"a", "1"}, {"b", "1"}, {"b", "2"}}, {{"", "1"}, {"", "2"}}), ElementsAre("1", "b/2"));
  EXPECT_THAT(joined({{"a", "1"}}, {{"b", "1"}}), ElementsAre("b/1")) << "scenes that contradict";
}

TEST(JoinFrames, TheSceneAsAPartOfTheName) {
  std::string rule;
  EXPECT_THAT(joined({{"kitchen_0004", "00045"}, {"x/bath", "7"}},
                     {{"", "kitchen_0004_00045"}, {"", "x_bath__7"}}, &rule),
              ElementsAre("kitchen_0004/00045", "x/bath/7"));
  EXPECT_THAT(rule, HasSubstr("one word"));
  EXPECT_THAT(joined({{"a_b", "1"}, {"a", "b_1"}}, {{"", "a_b_1"}}), ElementsAre("a_b_1")) << "two would fit";
}

TEST(JoinFrames, BelowAFolderThatAllOfOneSideLieIn) {
  std::string rule;
  EXPECT_THAT(
      joined({{"kitchen", "45"}, {"bath", "131"}}, {{"raw", "kitchen_45"}, {"raw", "bath_131"}}, &rule),
      ElementsAre("kitchen/45", "bath/131"));
  EXPECT_THAT(rule, HasSubstr("below raw"));
  EXPECT_THAT(
      joined({{"set/test/kitchen", "1"}, {"set/test/bath", "2"}}, {{"kitchen", "1"}, {"bath", "2"}}, &rule),
      ElementsAre("set/test/kitchen/1", "set/test/bath/2"));
  EXPECT_THAT(rule, HasSubstr("below set/test"));
  EXPECT_THAT(joined({{"kitchen", "1"}, {"kitchen", "2"}}, {{"bath", "1"}, {"bath", "2"}}, &rule),
              ElementsAre("bath/1", "bath/2"))
      << "a set of one scene and predictions for another, numbered alike";
  EXPECT_EQ(rule, "");
}

TEST(JoinFrames, WhatScriptsAddToNames) {
  for (const char* name : {"pred_7", "7_depth", "7_disp", "7_raw_depth_meter", "7_results", "7depth"})
    EXPECT_THAT(joined({{"s", "7"}}, {{"s", name}}), ElementsAre("s/7")) << name;
}

TEST(JoinFrames, NumbersAsNumbers) {
  EXPECT_THAT(joined({{"s", "00007"}, {"s", "f10_010"}}, {{"s", "7"}, {"s", "f10_10"}}),
              ElementsAre("s/00007", "s/f10_010"));
  EXPECT_THAT(joined({{"s", "007"}, {"s", "07"}}, {{"s", "7"}}), ElementsAre("s/7")) << "two would fit";
  EXPECT_THAT(joined({{"s", "0"}}, {{"s", "000"}}), ElementsAre("s/0"));
}

}  // namespace
}  // namespace depthmill::data
