#include "stages/data/frame_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace depthmill::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FrameList listed_frames(const std::vector<std::pair<std::string, std::string>>& names) {
  FrameList made;
  for (const auto& [scene, name] : names) {
    Frame frame;
    frame.scene = scene, frame.name = name;
    made.push_back(std::move(frame));
  }
  return made;
}

TEST(FrameIndex, FindsByIdInTheOrderOfTheList) {
  const FrameList list = listed_frames({{"a", "1"}, {"", "1"}, {"b", "1"}, {"", "a/1"}, {"a", "2"}});
  const FrameIndex by_id(list);
  EXPECT_THAT(by_id.find("a/1"), ElementsAre(0u, 3u)) << "two frames of one id";
  EXPECT_THAT(by_id.find("1"), ElementsAre(1u));
  EXPECT_THAT(by_id.find("a/3"), IsEmpty());
  EXPECT_EQ(by_id.only("b/1"), 2u);
  EXPECT_FALSE(by_id.only("a/1"));
  EXPECT_TRUE(by_id.contains("a/2"));
  EXPECT_FALSE(by_id.contains("a"));
}

TEST(FrameIndex, GoesByWhateverTextIsAskedFor) {
  const FrameList list = listed_frames({{"a", "1"}, {"b", "2"}, {"c", "1"}});
  const FrameIndex by_name(list, [](std::string_view, std::string_view name) { return std::string(name); });
  EXPECT_THAT(by_name.find("1"), ElementsAre(0u, 2u));
  EXPECT_EQ(by_name.only("2"), 1u);
  EXPECT_EQ(by_name.key(2), "1");
}

TEST(FrameIndex, OfManyFramesFindsEach) {
  FrameList list;
  for (int i = 0; i < 5000; ++i) {
    Frame frame;
    frame.scene = "s" + std::to_string(i / 100), frame.name = std::to_string(i % 100);
    list.push_back(std::move(frame));
  }
  const FrameIndex by_id(list);
  for (std::size_t i = 0; i < list.size(); ++i) EXPECT_EQ(by_id.only(list.id(i)), i);
}

}  // namespace
}  // namespace depthmill::data
