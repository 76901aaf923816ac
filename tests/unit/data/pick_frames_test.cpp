#include "stages/data/pick_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

using ::testing::ElementsAre;

TEST(PickFrames, Globs) {
  for (const auto& [glob, text] : {std::pair{"kitchen*", "kitchen_0001a"},
                                   {"*", ""},
                                   {"*_000?", "a_0001"},
                                   {"a*b*c", "a/xb/yyc"},
                                   {"exact", "exact"},
                                   {"*a*a*", "aa"}})
    EXPECT_TRUE(matches_glob(glob, text)) << glob << " " << text;
  for (const auto& [glob, text] :
       {std::pair{"kitchen", "kitchen_1"}, {"?", ""}, {"a*b", "a"}, {"*x", "xy"}, {"", "a"}})
    EXPECT_FALSE(matches_glob(glob, text)) << glob << " " << text;
}

class PickTest : public ::testing::Test {
 protected:
  static Listing listing() {
    Listing listing;
    for (const char* scene : {"bath", "kitchen_1", "part/kitchen_2"})
      for (const char* name : {"1", "2", "3"}) {
        Frame frame;
        frame.scene = scene, frame.name = name;
        listing.frames.push_back(std::move(frame));
      }
    return listing;
  }
  std::vector<std::string> picked(const Pick& pick) {
    Listing listing = PickTest::listing();
    pick_frames(listing, pick);
    failures_ = listing.failures.size();
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < listing.frames.size(); ++i) {
      EXPECT_EQ(listing.frames[i].index, i);
      ids.push_back(listing.frames[i].id());
    }
    return ids;
  }
  std::filesystem::path list(const std::string& text) {
    std::ofstream(folder_ / "list.txt") << text;
    return folder_ / "list.txt";
  }
  std::size_t failures_ = 0;
  test::ScratchFolder folder_;
};

TEST_F(PickTest, ScenesEveryAndLimit) {
  EXPECT_THAT(picked({.scenes = {"kitchen*"}, .every = 2}),
              ElementsAre("kitchen_1/1", "kitchen_1/3", "part/kitchen_2/1", "part/kitchen_2/3"));
  EXPECT_THAT(picked({.every = 3, .limit = 2}), ElementsAre("bath/1", "kitchen_1/1"));
  EXPECT_THAT(picked({.scenes = {"bath", "cellar*"}, .limit = 1}), ElementsAre("bath/1"));
  EXPECT_EQ(failures_, 1u) << "a scene that there is none of is said";
}

TEST_F(PickTest, ListsToKeepAndToSkip) {
  EXPECT_THAT(picked({.list = list("bath/3\nkitchen_1/1\n")}), ElementsAre("bath/3", "kitchen_1/1"));
  EXPECT_THAT(picked({.scenes = {"bath"}, .skip_list = list("bath/2\nbath/77\n")}),
              ElementsAre("bath/1", "bath/3"));
  EXPECT_EQ(failures_, 0u) << "what is to be skipped and is not there is skipped";
}

TEST(PickFrames, SampleValues) {
  EXPECT_EQ(sample_value("65535"), 65535);
  EXPECT_EQ(sample_value("-1"), -1);
  EXPECT_TRUE(std::isnan(*sample_value("nan")));
  EXPECT_FALSE(sample_value("many"));
  EXPECT_FALSE(sample_value(""));
  EXPECT_FALSE(sample_value("1 2"));
}

}  // namespace
}  // namespace depthmill::data
