// File names, joining in time, accelerometer records and object masks against the toolbox run in Octave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "stages/nyu/accel.h"
#include "stages/nyu/masks.h"
#include "stages/nyu/sync.h"
#include "stages/nyu/timestamps.h"
#include "tests/support/mat_file.h"
#include "tests/support/raw_files.h"
#include "tests/support/test_data.h"

namespace depthmill::nyu {
namespace {

using test::MatFile;

class GoldenScene : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenScene, ToolboxWalkOnEveryName) {
  DEPTHMILL_GOLDEN(mat, std::string("toolbox/sync_") + GetParam() + ".mat");
  DEPTHMILL_GOLDEN(folder, std::string("toolbox/in/scenes/") + GetParam());
  const MatFile file(mat);
  const auto frames = get_synched_frames(test::names_in(folder));
  const auto depth = file["rawDepthFilename"].texts(), rgb = file["rawRgbFilename"].texts(),
             accel = file["accelFilename"].texts();
  ASSERT_EQ(frames.size(), depth.size());
  ASSERT_EQ(static_cast<double>(frames.size()), file["n"].scalar());
  for (std::size_t i = 0; i < frames.size(); ++i)
    EXPECT_EQ(frames[i], (SynchedFrame{depth[i], rgb[i], accel[i]})) << i;
}

TEST_P(GoldenScene, FilterChangesNothingOnCleanScenes) {
  DEPTHMILL_GOLDEN(folder, std::string("toolbox/in/scenes/") + GetParam());
  const auto names = test::names_in(folder);
  const auto split = well_formed_names(names);
  if (std::string(GetParam()) == "junk_0005") {
    EXPECT_THAT(split.strays, ::testing::UnorderedElementsAre("readme.txt", "about.txt", "d-oops.pgm"));
    // With the strays gone the partners are the true nearest; only frames after the stray was taken change.
    const auto frames = get_synched_frames(split.kept);
    ASSERT_EQ(frames.size(), 4u);
    EXPECT_EQ(frames[3].rgb, "r-1294886362.171441-2149022516.ppm");
    EXPECT_EQ(frames[3].accel, "a-1294886362.091726-2369100564.dump");
    EXPECT_EQ(frames[0], get_synched_frames(names)[0]);
  } else {
    EXPECT_TRUE(split.strays.empty());
    EXPECT_EQ(get_synched_frames(split.kept), get_synched_frames(names));
  }
}

TEST_P(GoldenScene, AccelData) {
  DEPTHMILL_GOLDEN(mat, std::string("toolbox/sync_") + GetParam() + ".mat");
  DEPTHMILL_GOLDEN(folder, std::string("toolbox/in/scenes/") + GetParam());
  const MatFile file(mat);
  const auto names = file["accel_names"].texts();
  const auto data = file["accel_data"].column_major();  // 4 x M
  ASSERT_EQ(data.size(), 4 * names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto ours = get_accel_data(test::file_bytes(folder / names[i]));
    for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(ours[c], data[4 * i + c]) << names[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Scenes, GoldenScene,
                         ::testing::Values("main_0001", "early_0002", "single_0003", "digits_0004",
                                           "junk_0005", "plateau_0006"),
                         [](const auto& scene) { return std::string(scene.param); });

TEST(GoldenToolbox, ScenesWithAMissingKind) {
  DEPTHMILL_GOLDEN(path, "toolbox/sync_missing_kinds.mat");
  const MatFile file(path);
  const auto frames_of = [&](const char* which) {
    const auto names = file[which].field("files");
    return get_synched_frames(names.size() == 0 ? std::vector<std::string>{} : names.texts());
  };
  // Where the toolbox fails or returns a struct without fields, the missing kind's name is "".
  EXPECT_TRUE(frames_of("empty").empty());
  EXPECT_TRUE(frames_of("no_depth").empty());
  EXPECT_EQ(frames_of("only_depth"), (std::vector<SynchedFrame>{{"d-1.000000-1.pgm", "", ""}}));
  EXPECT_EQ(frames_of("no_accel"), (std::vector<SynchedFrame>{{"d-1.000000-1.pgm", "r-1.000000-1.ppm", ""}}));
  EXPECT_EQ(frames_of("no_rgb"), (std::vector<SynchedFrame>{{"d-1.000000-1.pgm", "", "a-1.000000-1.dump"}}));
}

TEST(GoldenToolbox, Timestamps) {
  DEPTHMILL_GOLDEN(path, "toolbox/timestamps.mat");
  const MatFile file(path);
  const auto names = file["filenames"].texts();
  const auto expected = file["matlab_datenum"].row_major();
  ASSERT_EQ(names.size(), 4u);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double ours = get_timestamp_from_filename(names[i]);
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(ours)) << names[i];
    else
      EXPECT_NEAR(ours, expected[i], 2.4e-10) << names[i];  // two last places: 20 microseconds
  }
}

TEST(GoldenToolbox, SceneTypes) {
  DEPTHMILL_GOLDEN(path, "toolbox/scene_types.mat");
  const MatFile file(path);
  const auto names = file["names"].texts(), types = file["types"].texts();
  ASSERT_EQ(names.size(), 19u);
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(get_scene_type_from_scene(names[i]), types[i]) << names[i];
}

TEST(GoldenToolbox, InstanceMasks) {
  DEPTHMILL_GOLDEN(path, "toolbox/instance_masks.mat");
  const MatFile file(path);
  const auto labels = file["labels"].row_major();
  const auto masks = get_instance_masks(std::vector<std::uint16_t>(labels.begin(), labels.end()),
                                        file["instances"].row_major_u8());
  const auto mask_labels = file["maskLabels"].row_major();
  const auto expected = file["masks"].row_major_u8();  // rows x cols x masks
  ASSERT_EQ(masks.size(), mask_labels.size());
  for (std::size_t m = 0; m < masks.size(); ++m) {
    EXPECT_EQ(masks[m].label, mask_labels[m]) << m;
    for (std::size_t i = 0; i < labels.size(); ++i)
      ASSERT_EQ(masks[m].mask[i], expected[i * masks.size() + m]) << m << ' ' << i;
  }
}

}  // namespace
}  // namespace depthmill::nyu
