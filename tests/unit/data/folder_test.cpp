#include "stages/data/list_planes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "stages/io/image_file.h"
#include "stages/run_folder/plane_files.h"
#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FolderTest : public ::testing::Test {
 protected:
  fs::path touch(const std::string& below, const std::string& text = "") {
    const fs::path file = folder / below;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }
  PlaneRequest ask(std::vector<std::string> planes, const std::string& below = "") {
    return {.planes = std::move(planes), .where = below.empty() ? folder.path() : folder / below};
  }
  static Listing list(const std::vector<PlaneRequest>& requests) { return list_planes(requests); }
  static std::vector<std::string> ids(const Listing& listing) {
    std::vector<std::string> result;
    for (const Frame& frame : listing.frames) result.push_back(frame.id());
    return result;
  }
  static std::string file_of(const Frame& frame, const char* plane) {
    const auto at = frame.sources.find(plane);
    return at == frame.sources.end() ? "" : at->second.file.filename().string();
  }
  test::ScratchFolder folder;
};

TEST_F(FolderTest, RunFolder) {
  for (const char* name : {"b/d-1.5-2.rgb.png", "b/d-1.5-2.raw_depth.h5", "a/d-9.5-1.rgb.png",
                           "a/d-9.5-1.raw_depth.png", "a/d-9.5-1.depth.png", "a/stray.png"})
    touch(std::string("run/planes/") + name);
  touch("run/report/rgb_1.png");
  const Listing listing = list({ask({"rgb"}, "run"), ask({"raw_depth"}, "run")});
  EXPECT_THAT(ids(listing), ElementsAre("a/d-9.5-1", "b/d-1.5-2"));
  EXPECT_EQ(file_of(listing.frames[0], "raw_depth"), "d-9.5-1.raw_depth.png");
  EXPECT_EQ(file_of(listing.frames[1], "raw_depth"), "d-1.5-2.raw_depth.h5");
  EXPECT_EQ(listing.frames[0].sources.size(), 2u);
  EXPECT_EQ(listing.frames[1].index, 1u);
  EXPECT_TRUE(listing.notes.empty());
}

TEST_F(FolderTest, FormatsInOrderOfTheirWorth) {
  std::vector<std::string> extensions{"png", "pfm", "mat", "npy", "h5"};
  for (const std::string& extension : extensions) {
    touch("planes/s/f.depth." + extension);
    EXPECT_EQ(file_of(list({ask({"depth"})}).frames[0], "depth"), "f.depth." + extension);
  }
}

TEST_F(FolderTest, SynchronisedFramesInOneTree) {
  for (const char* name :
       {"bathroom/rgb_00045.jpg", "bathroom/sync_depth_00045.png", "bathroom/rgb_00046.jpg"})
    touch(name);
  const Listing listing = list({ask({"rgb"}), ask({"raw_depth"})});
  EXPECT_THAT(ids(listing), ElementsAre("bathroom/00045", "bathroom/00046"));
  EXPECT_EQ(file_of(listing.frames[0], "rgb"), "rgb_00045.jpg");
  EXPECT_EQ(file_of(listing.frames[0], "raw_depth"), "sync_depth_00045.png");
  EXPECT_EQ(listing.frames[1].failure, FailureReason::kNoPartner);
  EXPECT_THAT(listing.frames[1].failure_text, HasSubstr("bathroom/00046: no raw_depth in "));
}

TEST_F(FolderTest, BareFilesAreTheFirstPlaneAsked) {
  touch("gt/s/0001.png");
  touch("gt/s/0002.png");
  touch("pred/s/0001.npy");
  touch("pred/s/0003.npy");
  const Listing listing = list({ask({"gt", "depth"}, "gt"), ask({"pred"}, "pred")});
  EXPECT_THAT(ids(listing), ElementsAre("s/0001", "s/0002"));
  EXPECT_EQ(file_of(listing.frames[0], "gt"), "0001.png");
  EXPECT_EQ(file_of(listing.frames[0], "depth"), "");
  EXPECT_FALSE(listing.frames[1].ok());
  ASSERT_EQ(listing.notes.size(), 1u);
  EXPECT_EQ(listing.notes[0].reason, FailureReason::kNoPartner);
  EXPECT_THAT(listing.notes[0].text, HasSubstr("1 frame with pred"));
  EXPECT_THAT(listing.notes[0].text, HasSubstr("s/0003"));
}

TEST_F(FolderTest, ANameThatSaysItsPlaneBeatsABareOne) {
  touch("tum_desk_1.png");
  touch("tum_desk_1_depth.png");
  const Listing listing = list({ask({"rgb"}), ask({"raw_depth"})});
  EXPECT_THAT(ids(listing), ElementsAre("tum_desk_1"));
  EXPECT_EQ(file_of(listing.frames[0], "rgb"), "tum_desk_1.png");
  EXPECT_EQ(file_of(listing.frames[0], "raw_depth"), "tum_desk_1_depth.png");
}

TEST_F(FolderTest, SeveralGroundTruthsOfOneFrame) {
  touch("planes/s/f.raw_depth.png");
  touch("planes/s/f.depth.png");
  touch("planes/s/f.pred.npy");
  const Listing listing = list({ask({"gt", "raw_depth", "depth"}), ask({"pred"})});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_EQ(listing.frames[0].sources.size(), 3u);
}

TEST_F(FolderTest, TripletNamedByItsPlanesAlone) {
  for (const char* name : {"room/depth.png", "room/images.png", "room/rawdepth.png"}) touch(name);
  const Listing listing = list({ask({"rgb"}, "room"), ask({"raw_depth"}, "room"), ask({"depth"}, "room")});
  EXPECT_THAT(ids(listing), ElementsAre("room"));
  EXPECT_EQ(file_of(listing.frames[0], "raw_depth"), "rawdepth.png");
  EXPECT_EQ(file_of(listing.frames[0], "depth"), "depth.png");
}

TEST_F(FolderTest, PredictionsUnderTheNamesOfTheirImages) {
  touch("gt/sync_depth_00045.png");
  touch("pred/rgb_00045.png");
  EXPECT_TRUE(list({ask({"gt"}, "gt"), ask({"pred"}, "pred")}).frames[0].ok());
  // but not beside real ones
  touch("gt/sync_depth_00046.png");
  touch("pred/00046.pred.npy");
  const Listing listing = list({ask({"gt"}, "gt"), ask({"pred"}, "pred")});
  EXPECT_FALSE(listing.frames[0].ok());
  EXPECT_TRUE(listing.frames[1].ok());
}

TEST_F(FolderTest, JoinedByNameWhereOneSideHasNoScenes) {
  touch("gt/kitchen/0001.png");
  touch("gt/office/0002.png");
  touch("pred/0001.npy");
  touch("pred/0002.npy");
  const Listing listing = list({ask({"gt"}, "gt"), ask({"pred"}, "pred")});
  EXPECT_TRUE(listing.frames[0].ok() && listing.frames[1].ok());
  EXPECT_EQ(file_of(listing.frames[1], "pred"), "0002.npy");
  ASSERT_EQ(listing.notes.size(), 1u);
  EXPECT_THAT(listing.notes[0].text, HasSubstr("joined by file name alone"));
  // With a name twice nobody can tell.
  touch("gt/office/0001.png");
  EXPECT_FALSE(list({ask({"gt"}, "gt"), ask({"pred"}, "pred")}).frames[0].ok());
}

TEST_F(FolderTest, SingleFilesAreOneFrameWhateverTheirNames) {
  touch("a.png");
  touch("b.npy");
  const Listing listing = list({ask({"rgb"}, "a.png"), ask({"raw_depth"}, "b.npy")});
  EXPECT_THAT(ids(listing), ElementsAre("a"));
  EXPECT_EQ(listing.frames[0].sources.size(), 2u);
}

TEST_F(FolderTest, SettingsOfTheRequestReachTheSource) {
  touch("f.depth.mat");
  PlaneRequest request = ask({"depth"});
  request.depth_scale = 5000;
  request.variable = "base";
  const auto source = list({request}).frames[0].sources.at("depth");
  EXPECT_EQ(source.depth_scale, 5000);
  EXPECT_EQ(source.name, "base");
}

TEST_F(FolderTest, FilesThatCannotHoldThePlaneAreNotTaken) {
  touch("s/0001.jpg");
  touch("s/0001.txt");
  touch("s/0001.pgm");
  const Listing listing = list({ask({"gt"})});
  EXPECT_EQ(file_of(listing.frames[0], "gt"), "0001.pgm");
  EXPECT_EQ(file_of(list({ask({"rgb"})}).frames[0], "rgb"), "0001.jpg");
}

TEST_F(FolderTest, OptionalPlanesMayBeAbsent) {
  touch("f.rgb.png");
  PlaneRequest depth = ask({"depth"});
  depth.required = false;
  EXPECT_TRUE(list({ask({"rgb"}), depth}).frames[0].ok());
}

TEST_F(FolderTest, AFrameThatAListNamesTwiceIsOne) {
  touch("a/rgb_1.jpg"), touch("a/rgb_2.jpg");
  touch("list.txt", "a/rgb_1.jpg\na/rgb_2.jpg\na/rgb_1.jpg\n");
  EXPECT_THAT(ids(list({ask({"rgb"}, "list.txt")})), ElementsAre("a/1", "a/2"));
}

TEST_F(FolderTest, ListFile) {
  touch("bathroom/rgb_00046.jpg");
  touch("bathroom/rgb_00045.jpg");
  touch("bathroom/sync_depth_00045.png");
  const fs::path file = touch("list.txt",
                              "# a comment\n/bathroom/rgb_00046.jpg None 518.8579\r\n\n"
                              "bathroom/rgb_00045.jpg bathroom/sync_depth_00045.png 518.8579\n"
                              "bathroom/rgb_00047.jpg bathroom/sync_depth_00047.png 518.8579\n");
  const Listing images = list({ask({"rgb"}, "list.txt")});
  EXPECT_THAT(ids(images), ElementsAre("bathroom/00046", "bathroom/00045", "bathroom/00047"));
  EXPECT_EQ(images.frames[1].sources.at("rgb").file, folder / "bathroom" / "rgb_00045.jpg");
  EXPECT_TRUE(images.frames[0].ok());
  EXPECT_EQ(images.frames[2].failure, FailureReason::kMissingFile);

  const Listing pairs = list({ask({"rgb"}, "list.txt"), ask({"gt"}, "list.txt")});
  EXPECT_EQ(pairs.frames[0].failure, FailureReason::kNoPartner);
  EXPECT_TRUE(pairs.frames[1].ok());
  EXPECT_EQ(file_of(pairs.frames[1], "gt"), "sync_depth_00045.png");
  touch("bathroom/rgb_00047.jpg");  // whose partner is not there
  EXPECT_EQ(list({ask({"rgb"}, "list.txt"), ask({"gt"}, "list.txt")}).frames[2].failure,
            FailureReason::kMissingFile);
}

TEST_F(FolderTest, KeepListed) {
  for (const char* name : {"a/rgb_1.png", "a/rgb_2.png", "b/rgb_1.png", "b/d-1.5-3.rgb.png"}) touch(name);
  const auto kept = [&](const std::string& text) {
    Listing listing = list({ask({"rgb"})});
    keep_listed(listing, touch("keep.list", text));
    return listing;
  };
  EXPECT_THAT(ids(kept("b/rgb_1.png\na/rgb_2.png x 5\n")), ElementsAre("a/2", "b/1"));
  EXPECT_THAT(ids(kept("b/d-1.5-3\n/data/nyu/a/rgb_1.jpg\n")), ElementsAre("a/1", "b/d-1.5-3"));
  EXPECT_THAT(ids(kept("2\n")), ElementsAre("a/2"));
  const Listing listing = kept("1\nc/rgb_2.png\n");  // 1 is in two scenes, c is none
  EXPECT_TRUE(listing.frames.empty());
  EXPECT_EQ(listing.failures.size(), 2u);
}

// What was written under a safe name is listed under the name it was made from.
TEST_F(FolderTest, ARunFolderGivesBackTheNamesOfItsFrames) {
  const std::string a_long_name(600, 'x');
  const std::vector<std::pair<std::string, std::string>> names{
      {"", "plain"},       {"a/b", "c"},       {"../up", "f"},     {"s", "line\nbreak"},
      {"s", "\xff.bytes"}, {"s", "50%"},       {"s", "50%25"},     {"s", "a/b"},
      {"/abs", ".hidden"}, {"s", a_long_name}, {a_long_name, "f"}, {a_long_name + "/t", a_long_name}};
  std::set<std::pair<std::string, std::string>> listed;
  for (const auto& [scene, frame] : names)
    touch(run_folder::plane_path("", scene, frame, "rgb", io::kPngFormat).string());
  for (const Frame& frame : list({ask({"rgb"})}).frames) listed.insert({frame.scene, frame.name});
  EXPECT_EQ(listed, (std::set<std::pair<std::string, std::string>>{names.begin(), names.end()}));
}

TEST_F(FolderTest, OfTwoFramesOfOneNameOneIsLeftOutAndNamed) {
  for (const char* name : {"a%41", "aA"}) touch("planes/" + std::string(name) + ".rgb.png");
  const Listing listing = list({ask({"rgb"})});
  EXPECT_THAT(ids(listing), ElementsAre("aA"));
  ASSERT_EQ(listing.failures.size(), 1u);
  EXPECT_THAT(listing.failures[0].text, HasSubstr("aA.rgb.png"));
}

// Folders so deep that their path is longer than the system takes: not even root can list the last of them.
TEST_F(FolderTest, AFolderThatCannotBeListedIsAFailureAndTheOthersGoOn) {
  touch("good/rgb_1.png");
  int at = ::open(folder.path().c_str(), O_DIRECTORY | O_RDONLY);
  const std::string level(250, 'd');
  for (int depth = 0; depth < 18; ++depth) {
    ASSERT_EQ(::mkdirat(at, level.c_str(), 0755), 0);
    const int below = ::openat(at, level.c_str(), O_DIRECTORY | O_RDONLY);
    ::close(at);
    at = below;
  }
  ::close(at);
  const Listing listing = list({ask({"rgb"})});
  EXPECT_THAT(ids(listing), ElementsAre("good/1"));
  ASSERT_EQ(listing.failures.size(), 1u);
  EXPECT_THAT(listing.failures[0].text, HasSubstr("cannot be listed"));
  EXPECT_THROW(list({ask({"rgb"}, "good/rgb_1.png/below")}), std::runtime_error);
}

TEST_F(FolderTest, NothingThereStopsWithASentence) {
  EXPECT_THROW(list({ask({"rgb"}, "absent")}), std::runtime_error);
  touch("a.txt.bak");
  EXPECT_THROW(list({ask({"rgb"})}), std::runtime_error);
  EXPECT_THROW(list({}), std::invalid_argument);
  EXPECT_THROW(list({ask({})}), std::invalid_argument);
}

TEST(FolderReal, OfficialListNamesItsFrames) {
  DEPTHMILL_REAL(path, "real/nyu_lists/nyudepthv2_test_files_with_gt.txt");
  const std::vector<PlaneRequest> requests{{.planes = {"rgb"}, .where = path}};
  const Listing listing = list_planes(requests);
  EXPECT_EQ(listing.frames.size(), 654u);
  EXPECT_EQ(listing.frames[0].id(), "bathroom/00045");
}

TEST(FolderReal, RegisteredPairsFindEachOther) {
  DEPTHMILL_REAL(path, "real/nyu_projected_pairs");
  const std::vector<PlaneRequest> requests{{.planes = {"rgb"}, .where = path},
                                           {.planes = {"raw_depth"}, .where = path}};
  const Listing listing = list_planes(requests);
  EXPECT_EQ(listing.frames.size(), 4u);
  for (const Frame& frame : listing.frames) EXPECT_TRUE(frame.ok()) << frame.failure_text;
}

}  // namespace
}  // namespace depthmill::data
