#include "stages/data/list_planes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void touch(const fs::path& file, const std::string& text = "") {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// Two scenes, one of them in a part folder.
void make_scenes(const fs::path& root) {
  for (const char* name : {"d-10.00-1.pgm", "d-10.10-2.pgm", "d-15.00-3.pgm", "r-10.02-1.ppm",
                           "r-10.12-2.ppm", "a-10.01-1.dump", "INDEX.txt"})
    touch(root / "bedrooms_part1" / "bedroom_0001" / name);
  for (const char* name : {"d-1.0-1.pgm", "r-1.0-1.ppm"}) touch(root / "kitchen_0002" / name);
}

Listing list_nyu_raw(const fs::path& root, PlaneRequest request = {}) {
  request.where = root;
  request.layout = "nyu-raw";
  request.planes = {plane::kRawRgb, plane::kDepthRel, plane::kAccel};
  return list_planes({&request, 1});
}

std::vector<std::string> ids(const Listing& listing) {
  std::vector<std::string> result;
  for (const Frame& frame : listing.frames) result.push_back(frame.id());
  return result;
}

TEST(NyuRaw, FindsScenesAtAnyDepthAndJoinsTheirFiles) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  const Listing listing = list_nyu_raw(folder.path());
  EXPECT_THAT(ids(listing), ElementsAre("bedroom_0001/d-10.00-1", "bedroom_0001/d-10.10-2",
                                        "bedroom_0001/d-15.00-3", "kitchen_0002/d-1.0-1"));
  const Frame& frame = listing.frames[1];
  EXPECT_EQ(frame.index, 1u);
  EXPECT_TRUE(frame.ok());
  EXPECT_EQ(frame.sources.at(plane::kDepthRel).file,
            folder.path() / "bedrooms_part1" / "bedroom_0001" / "d-10.10-2.pgm");
  EXPECT_EQ(frame.sources.at(plane::kRawRgb).file.filename(), "r-10.12-2.ppm");
  EXPECT_EQ(listing.frames[3].sources.count(plane::kAccel), 0u);
  ASSERT_EQ(listing.notes.size(), 1u);
  EXPECT_EQ(listing.notes[0].scene, "kitchen_0002");
  EXPECT_EQ(listing.notes[0].text, "kitchen_0002: no accelerometer files");
  EXPECT_TRUE(listing.failures.empty());
}

TEST(NyuRaw, TheRootItselfMayBeTheScene) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  EXPECT_THAT(ids(list_nyu_raw(folder.path() / "kitchen_0002")), ElementsAre("kitchen_0002/d-1.0-1"));
  EXPECT_THAT(ids(list_nyu_raw(folder.path() / "kitchen_0002" / "")), ElementsAre("kitchen_0002/d-1.0-1"));
}

TEST(NyuRaw, EveryNthFrameOfEachScene) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  EXPECT_THAT(ids(list_nyu_raw(folder.path(), {.every = 2})),
              ElementsAre("bedroom_0001/d-10.00-1", "bedroom_0001/d-15.00-3", "kitchen_0002/d-1.0-1"));
}

TEST(NyuRaw, ScenesByNameOrPathAndAbsentOnesNamed) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  EXPECT_THAT(ids(list_nyu_raw(folder.path(), {.scenes = {"kitchen_0002"}})),
              ElementsAre("kitchen_0002/d-1.0-1"));
  EXPECT_EQ(list_nyu_raw(folder.path(), {.scenes = {"bedrooms_part1/bedroom_0001"}}).frames.size(), 3u);
  const Listing listing = list_nyu_raw(folder.path(), {.scenes = {"kitchen_0002", "attic_0001"}});
  EXPECT_EQ(listing.frames.size(), 1u);
  ASSERT_EQ(listing.failures.size(), 1u);
  EXPECT_EQ(listing.failures[0].scene, "attic_0001");
  EXPECT_EQ(listing.failures[0].reason, FailureReason::kMissingFile);
}

TEST(NyuRaw, FoldersOfOneNameAreToldApartByTheirPaths) {
  test::ScratchFolder folder;
  for (const char* part : {"a", "b"})
    for (const char* name : {"d-1.0-1.pgm", "r-1.0-1.ppm"}) touch(folder / part / "office_0001" / name);
  EXPECT_THAT(ids(list_nyu_raw(folder.path())),
              ElementsAre("a/office_0001/d-1.0-1", "b/office_0001/d-1.0-1"));
}

TEST(NyuRaw, FarRgbFramesAreFailuresWithTheGap) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  const Listing listing = list_nyu_raw(folder.path(), {.max_time_gap = 0.5});
  EXPECT_TRUE(listing.frames[1].ok());
  const Frame& late = listing.frames[2];
  EXPECT_EQ(late.failure, FailureReason::kNoPartner);
  EXPECT_EQ(late.failed_stage, kListStage);
  EXPECT_THAT(late.failure_text, HasSubstr("r-10.12-2.ppm is 4.880 s away"));
  EXPECT_TRUE(list_nyu_raw(folder.path()).frames[2].ok());
}

TEST(NyuRaw, APartnerExactlyAtTheLimitIsTaken) {
  test::ScratchFolder folder;
  for (const char* name : {"d-10.000-1.pgm", "d-20.000-2.pgm", "r-10.500-1.ppm", "r-19.500-2.ppm"})
    touch(folder / "s" / name);
  for (const Frame& frame : list_nyu_raw(folder.path(), {.max_time_gap = 0.5}).frames)
    EXPECT_TRUE(frame.ok()) << frame.failure_text;  // 0.5 s and these times are exact in binary
  for (const Frame& frame : list_nyu_raw(folder.path(), {.max_time_gap = 0.499}).frames)
    EXPECT_EQ(frame.failure, FailureReason::kNoPartner);
}

TEST(NyuRaw, SceneWithoutRgbOrDepthIsAFailureWithAReason) {
  test::ScratchFolder folder;
  touch(folder / "s1" / "d-1.0-1.pgm");
  touch(folder / "s2" / "r-1.0-1.ppm");
  const Listing listing = list_nyu_raw(folder.path());
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_EQ(listing.frames[0].failure, FailureReason::kNoPartner);
  ASSERT_EQ(listing.failures.size(), 2u);
  EXPECT_EQ(listing.failures[0].text, "s1: the scene has no RGB frame");
  EXPECT_EQ(listing.failures[1].text, "s2: the scene has no depth frame");
}

TEST(NyuRaw, StraysAndAbsentFilesAreNamed) {
  test::ScratchFolder folder;
  for (const char* name :
       {"d-1.0-1.pgm", "r-1.0-1.ppm", "a-1.0-1.dump", "readme.txt", "d-oops.pgm", "Thumbs.db"})
    touch(folder / "s" / name);
  touch(folder / "s" / "INDEX.txt", "r-1.0-1.ppm\r\nd-1.0-1.pgm\nd-2.0-1.pgm\r\n");
  const Listing listing = list_nyu_raw(folder.path());
  EXPECT_EQ(listing.frames.size(), 1u);
  ASSERT_EQ(listing.notes.size(), 2u);
  EXPECT_THAT(listing.notes[0].text, HasSubstr("d-oops.pgm, readme.txt"));
  EXPECT_THAT(listing.notes[1].text, HasSubstr("1 files that are not there: d-2.0-1.pgm"));
}

TEST(NyuRaw, NothingToListStopsWithASentence) {
  test::ScratchFolder folder;
  EXPECT_THROW(list_nyu_raw(folder.path()), std::runtime_error);
  EXPECT_THROW(list_nyu_raw(folder / "absent"), std::runtime_error);
  EXPECT_THROW(list_nyu_raw(folder.path(), {.every = 0}), std::invalid_argument);
  EXPECT_THROW(list_nyu_raw(folder.path(), {.max_time_gap = -1}), std::invalid_argument);
}

TEST(NyuRaw, LinkedFoldersAreVisitedOnce) {
  test::ScratchFolder folder;
  make_scenes(folder.path());
  fs::create_directory_symlink(folder.path(), folder / "kitchen_0002" / "loop");
  EXPECT_EQ(list_nyu_raw(folder.path()).frames.size(), 4u);
}

TEST(NyuRaw, GoldenScenesListAsTheToolboxJoinsThem) {
  DEPTHMILL_GOLDEN(scenes, "toolbox/in/scenes");
  const Listing listing = list_nyu_raw(scenes);
  std::map<std::string, int> count;
  for (const Frame& frame : listing.frames) ++count[frame.scene];
  EXPECT_EQ(count["main_0001"], 12);
  EXPECT_EQ(count["junk_0005"], 4);  // without d-oops.pgm
  EXPECT_EQ(count["digits_0004"], 4);
}

}  // namespace
}  // namespace depthmill::data
