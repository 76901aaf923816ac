#include "stages/nyu/timestamps.h"

#include <gtest/gtest.h>

#include <cmath>

namespace depthmill::nyu {
namespace {

TEST(RawName, TakesPublishedNamesApart) {
  const auto depth = parse_raw_name("d-1294886362.665769-3143255701.pgm");
  ASSERT_TRUE(depth);
  EXPECT_EQ(depth->kind, 'd');
  EXPECT_EQ(depth->seconds, 1294886362.665769);
  EXPECT_EQ(depth->clock, 3143255701u);
  EXPECT_TRUE(parse_raw_name("r-12942.665769-31455701.ppm"));
  EXPECT_TRUE(parse_raw_name("a-1-0.dump"));
}

TEST(RawName, RefusesEverythingElse) {
  for (const char* name : {"",
                           "d",
                           "d-",
                           "d-1",
                           "d-oops.pgm",
                           "readme.txt",
                           "about.txt",
                           "INDEX.txt",
                           "d-1.0-2.ppm",
                           "r-1.0-2.pgm",
                           "a-1.0-2.pgm",
                           "x-1.0-2.pgm",
                           "d_1.0-2.pgm",
                           "d-1.0-2.pgm.gz",
                           "d-1.0-2",
                           "d--2.pgm",
                           "d-1.-2.pgm",
                           "d-.5-2.pgm",
                           "d-1e3-2.pgm",
                           "d-nan-2.pgm",
                           "d-inf-2.pgm",
                           "d- 1-2.pgm",
                           "d-1.0-.pgm",
                           "d-1.0-2x.pgm",
                           "d-1.0--2.pgm",
                           "d-1.0-4294967296.pgm",
                           "D-1.0-2.PGM",
                           "d-1.0-2.pgm~"})
    EXPECT_FALSE(parse_raw_name(name)) << name;
  EXPECT_FALSE(parse_raw_name("d-" + std::string(400, '9') + "-2.pgm"));
}

TEST(Timestamps, SynchSecondsIsNaNWhereThereIsNoNumber) {
  EXPECT_EQ(synch_seconds("d-1000.125000-3.pgm"), 1000.125);
  for (const char* name : {"", "d", "d-", "d--1", "readme.txt", "d-oops.pgm", "d-1x-2.pgm"})
    EXPECT_TRUE(std::isnan(synch_seconds(name))) << name;
}

TEST(Timestamps, DatenumOfTheEpochIsFourHoursBefore1970) {
  EXPECT_NEAR(datenum_from_seconds(4 * 3600), 719529, 1e-9);
  EXPECT_TRUE(std::isnan(get_timestamp_from_filename("")));
  EXPECT_TRUE(std::isnan(get_timestamp_from_filename("x/nothing")));
}

TEST(Timestamps, SceneTypeEdgeCases) {
  EXPECT_EQ(get_scene_type_from_scene("home_office_0002a"), "home_office");
  EXPECT_EQ(get_scene_type_from_scene("kitchen"), "");
  EXPECT_EQ(get_scene_type_from_scene("1"), "");
  EXPECT_EQ(get_scene_type_from_scene("a1"), "");
  EXPECT_EQ(get_scene_type_from_scene(""), "");
}

}  // namespace
}  // namespace depthmill::nyu
