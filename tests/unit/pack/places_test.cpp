#include "stages/pack/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace depthmill::pack {
namespace {

FrameList list_of(const std::vector<std::pair<std::string, std::string>>& names) {
  FrameList frames;
  for (const auto& [scene, name] : names) {
    Frame frame;
    frame.scene = scene, frame.name = name;
    frames.push_back(std::move(frame));
  }
  return frames;
}

TEST(Places, ScenesCalledByNumbersKeepThemOthersAreCounted) {
  const FrameList frames = list_of({{"k", "00045"}, {"k", "131"}, {"b", "d-1.5-1"}, {"b", "d-1.6-2"}});
  const Places places(frames, Split(), 1);
  EXPECT_EQ(places.of(frames[0]).number, 45u);
  EXPECT_EQ(places.of(frames[1]).number, 131u);
  EXPECT_EQ(places.of(frames[2]).number, 1u);
  EXPECT_EQ(places.of(frames[3]).number, 2u);
  EXPECT_EQ(places.of(frames[3]).source, "b/d-1.6-2");
  EXPECT_EQ(places.of(frames[3]).in_part, 3u);
}

TEST(Places, OneNumberTwiceOrTooLongIsNoNumber) {
  for (const auto& names : {std::pair{"1", "01"}, std::pair{"1", "100000"}, std::pair{"1", "x"}}) {
    const FrameList frames = list_of({{"k", names.first}, {"k", names.second}});
    const Places places(frames, Split(), 0);
    EXPECT_EQ(places.of(frames[0]).number, 0u) << names.second;
    EXPECT_EQ(places.of(frames[1]).number, 1u) << names.second;
  }
}

TEST(Places, AFailedFrameUsesItsNumberUp) {
  FrameList frames = list_of({{"k", "a"}});
  Frame failed;
  failed.scene = "k", failed.name = "b";
  failed.fail("list", FailureReason::kNoPartner, "no depth");
  frames.push_back(failed);
  Frame last;
  last.scene = "k", last.name = "c";
  frames.push_back(last);
  EXPECT_EQ(Places(frames, Split(), 0).of(frames[2]).number, 2u);
}

TEST(Places, ScenesAreOneLevelWithoutBlanks) {
  EXPECT_EQ(packed_scene("house/living room"), "house_living_room");
  EXPECT_EQ(packed_scene(""), "scene");
  EXPECT_EQ(packed_scene("kitchen_0028b"), "kitchen_0028b");
  EXPECT_EQ(packed_scene(std::string(400, 'x')).find('/'), std::string::npos);
  const FrameList frames = list_of({{"a b", "1"}, {"a/b", "1"}});
  try {
    Places places(frames, Split(), 0);
    FAIL() << "two scenes became one";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "scenes 'a b' and 'a/b' would both become 'a_b': rename one");
  }
}

TEST(Places, MoreFramesThanFiveDigitsCountAreRefused) {
  FrameList frames;
  for (int i = 0; i < 100'001; ++i) {
    Frame frame;
    frame.scene = "long";
    frame.name = "f" + std::to_string(i);
    frames.push_back(std::move(frame));
  }
  EXPECT_THROW(Places(frames, Split(), 0), std::runtime_error);
}

}  // namespace
}  // namespace depthmill::pack
