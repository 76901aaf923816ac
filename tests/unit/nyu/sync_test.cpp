#include "stages/nyu/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace depthmill::nyu {
namespace {

using ::testing::ElementsAre;

std::vector<std::size_t> walk(std::vector<double> primary, std::vector<double> secondary) {
  return walk_to_nearest(primary, secondary);
}

TEST(Walk, TiesGoToTheLater) {
  EXPECT_THAT(walk({1}, {0, 2}), ElementsAre(1));
  EXPECT_THAT(walk({1}, {0, 2, 2, 2, 3}), ElementsAre(3));
}

TEST(Walk, NeverGoesBack) { EXPECT_THAT(walk({5, 1}, {0, 1, 5}), ElementsAre(2, 2)); }

TEST(Walk, ATimeThatIsNoNumberDoesNotStopIt) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(walk({0, 1}, {0, nan, 9, 20}), ElementsAre(2, 2));
  EXPECT_THAT(walk({0}, {0, nan}), ElementsAre(1));
  EXPECT_THAT(walk({0, nan, 1}, {0, 1, 2, 3}), ElementsAre(0, 3, 3));
}

TEST(Walk, NothingToChooseFrom) {
  EXPECT_THROW(walk({1}, {}), std::invalid_argument);
  EXPECT_TRUE(walk({}, {1}).empty());
}

TEST(Sync, SharesAColourFrameAndLeavesOthersOut) {
  const auto frames = get_synched_frames({"d-1.00-1.pgm", "d-1.10-2.pgm", "r-1.05-9.ppm", "r-9.00-9.ppm"});
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].rgb, "r-1.05-9.ppm");
  EXPECT_EQ(frames[1].rgb, "r-1.05-9.ppm");
  EXPECT_EQ(frames[0].accel, "");
}

TEST(Sync, StraysAreNamedAndOthersLeftAlone) {
  const std::vector<std::string> names{"INDEX.txt", "d-1.0-1.pgm", "dump.txt", "Thumbs.db", "r-x.ppm"};
  const auto split = well_formed_names(names);
  EXPECT_THAT(split.kept, ElementsAre("d-1.0-1.pgm"));
  EXPECT_THAT(split.strays, ElementsAre("dump.txt", "r-x.ppm"));
}

}  // namespace
}  // namespace depthmill::nyu
