#include "stages/pack/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/test_data.h"

namespace depthmill::pack {
namespace {

using ::testing::HasSubstr;

std::set<std::string> rooms(int count, bool two_parts) {
  std::set<std::string> scenes;
  for (int i = 0; i < count; ++i)
    for (const char* part : {"a", "b"})
      scenes.insert("room_" + std::to_string(1000 + i) + (two_parts ? part : ""));
  return scenes;
}

TEST(Split, WithoutOneEverythingIsForTraining) { EXPECT_EQ(Split().part_of("anything", "f"), Part::kTrain); }

TEST(Split, ARatioTakesThatShareOfTheRooms) {
  const auto scenes = rooms(50, true);
  for (const double ratio : {0.1, 0.5, 0.9}) {
    const Split split(std::to_string(ratio) + ":7", scenes);
    int train = 0;
    for (const std::string& scene : scenes) train += split.part_of(scene, "f") == Part::kTrain;
    EXPECT_EQ(train, static_cast<int>(100 * ratio + 0.5));
  }
}

TEST(Split, PartsOfARoomStayTogether) {
  const Split split("0.5:3", rooms(40, true));
  for (int i = 0; i < 40; ++i) {
    const std::string room = "room_" + std::to_string(1000 + i);
    EXPECT_EQ(split.part_of(room + "a", "f"), split.part_of(room + "b", "f"));
  }
  EXPECT_EQ(room_of("kitchen_0028a"), "kitchen_0028");
  EXPECT_EQ(room_of("kitchen"), "kitchen");
  EXPECT_EQ(room_of("1"), "1");
}

TEST(Split, TheSeedDecidesAndTheRestDoesNot) {
  const auto scenes = rooms(40, false);
  const Split one("0.5:1", scenes), same("0.5:1", scenes), other("0.5:2", scenes);
  int differing = 0;
  for (const std::string& scene : scenes) {
    EXPECT_EQ(one.part_of(scene, "f"), same.part_of(scene, "f"));
    differing += one.part_of(scene, "f") != other.part_of(scene, "f");
  }
  EXPECT_GT(differing, 5);
}

TEST(Split, TellsOfScenesThatAreNotThere) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "s.txt") << "a train\nb test\nc test\n";
  EXPECT_EQ(Split((folder / "s.txt").string(), {"a"}).not_there(), (std::vector<std::string>{"b", "c"}));
}

TEST(Split, BothSidesHaveAtLeastOneRoom) {
  const std::set<std::string> two{"a", "b"};
  for (const char* ratio : {"0.01:1", "0.99:1"}) {
    const Split split(ratio, two);
    EXPECT_NE(split.part_of("a", "f"), split.part_of("b", "f")) << ratio;
  }
  EXPECT_THROW(Split("0.5:1", {"a"}), std::runtime_error);
}

TEST(Split, AFileNamesEveryScene) {
  const test::ScratchFolder folder;
  const auto split = [&](const std::string& text) {
    std::ofstream(folder / "split.txt") << text;
    return Split((folder / "split.txt").string(), {"k", "b"});
  };
  const Split good = split("# by hand\nk train\r\n\n  b\ttest\nc test");
  EXPECT_EQ(good.part_of("k", "f"), Part::kTrain);
  EXPECT_EQ(good.part_of("b", "f"), Part::kTest);
  for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
           {"k train\nb val\n", "split.txt:2"},
           {"k train more\n", "split.txt:1"},
           {"k\n", "split.txt:1"},
           {"k train\nk test\n", "is for training and for testing"}}) {
    try {
      split(text);
      FAIL() << text;
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(said));
    }
  }
  try {
    split("k train\n").part_of("b", "f");
    FAIL() << "a scene that the file does not name has no part";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("does not say which part scene 'b' is of"));
  }
}

}  // namespace
}  // namespace depthmill::pack
