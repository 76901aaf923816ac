#include "stages/data/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "stages/data/list_planes.h"
#include "stages/data/plane_names.h"
#include "stages/io/array.h"
#include "stages/io/atomic_file.h"
#include "stages/io/npy.h"
#include "stages/io/plane_file.h"
#include "tests/support/packed.h"
#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class LayoutTest : public ::testing::Test {
 protected:
  void touch(const std::string& below) {
    fs::create_directories((folder / below).parent_path());
    std::ofstream(folder / below) << "x";
  }
  std::string_view name_of(std::vector<std::string> planes, const std::string& below) {
    return layout_of({.planes = std::move(planes), .where = folder / below}).name;
  }
  Frame made_up_frame() {
    Frame frame;
    frame.scene = "kitchen_0001";
    frame.name = "d-1.5-2";
    cv::Mat rgb(6, 8, CV_8UC3, cv::Scalar(200, 100, 50)), depth(6, 8, CV_64FC1);
    for (int i = 0; i < 48; ++i) depth.at<double>(i / 8, i % 8) = 0.7 + 0.1 * i;
    frame.planes = {{plane::kRgb, rgb}, {plane::kDepth, depth}, {plane::kBase, cv::Mat(depth + 0.25)}};
    return frame;
  }
  test::ScratchFolder folder;
};

TEST_F(LayoutTest, NamesAreUniqueAndEachRowCanDoSomething) {
  std::set<std::string_view> names;
  for (const Layout* row : layouts()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(&find_layout(row->name), row);
    EXPECT_FALSE(row->help.empty()) << row->name;
    EXPECT_TRUE(row->lists() || !row->detect) << row->name << " is recognised and then not listed";
  }
  EXPECT_THROW(find_layout("kitty"), std::invalid_argument);
}

TEST_F(LayoutTest, WhatLiesThereIsRecognised) {
  touch("run/planes/s/f.rgb.png");
  touch("tree/s/rgb_1.png");
  touch("frames.txt");
  touch("one.png");
  EXPECT_EQ(name_of({"rgb"}, "run"), "planes");
  EXPECT_EQ(name_of({"rgb"}, "tree"), "folder");
  EXPECT_EQ(name_of({"rgb"}, "frames.txt"), "list");
  EXPECT_EQ(name_of({"rgb"}, "one.png"), "file");
  EXPECT_THROW(name_of({"rgb"}, "absent"), std::runtime_error);
}

TEST_F(LayoutTest, AListOfTimesAndPairsIsTum) {
  std::ofstream(folder / "pairs.lst") << "1.0 rgb/1.0.png 1.1 depth/1.1.png\n";
  std::ofstream(folder / "icl.txt") << "1 depth/1.png 1 rgb/1.png\n";
  std::ofstream(folder / "rgb.txt") << "1.0 rgb/1.0.png\n";
  std::ofstream(folder / "scores.txt") << "1.0 pred/1.png 1.0 gt/1.png\n";
  for (const char* list : {"pairs.lst", "icl.txt"}) EXPECT_EQ(name_of({"raw_depth"}, list), "tum") << list;
  for (const char* list : {"rgb.txt", "scores.txt"}) EXPECT_EQ(name_of({"rgb"}, list), "list") << list;
}

TEST_F(LayoutTest, WhatARunHasRecordedIsNoData) {
  for (const char* file : {"0.png", "config.ini", "journal", "manifest.csv", "timing.csv", "notes.md"})
    touch(file);
  PlaneRequest request{.planes = {"rgb"}, .where = folder.path()};
  const Listing listing = list_planes({&request, 1});
  ASSERT_EQ(listing.left_out.size(), 0u);
  EXPECT_THAT(listing.account.front(), HasSubstr("2 files: 1 frame taken; 1 left out: 1 .md"));
}

TEST_F(LayoutTest, ANamedLayoutIsTakenAndOneWithoutListSaysSo) {
  for (const char* file : {"a/d-1.0-1.pgm", "a/r-1.0-1.ppm", "a/rgb_1.png"}) touch(file);
  PlaneRequest request{.planes = {plane::kDepthRel}, .where = folder.path(), .layout = "nyu-raw"};
  EXPECT_EQ(list_planes({&request, 1}).frames[0].name, "d-1.0-1");
  for (const char* name : {"nyu-labeled"}) {
    request.layout = name;
    EXPECT_THROW(list_planes({&request, 1}), std::invalid_argument) << name;
  }
}

TEST_F(LayoutTest, PatternsSayWhereTheFilesLie) {
  for (const char* file : {"kitchen/cam/1_left.png", "kitchen/cam/1_depth.npy", "kitchen/cam/2_left.png",
                           "bath/cam/1_left.png", "bath/cam/1_depth.npy", "bath/cam/notes.txt"})
    touch(file);
  const auto ask = [&](const char* plane, const char* patterns) {
    return PlaneRequest{.planes = {plane}, .where = folder.path(), .layout = patterns};
  };
  const char* both = "{scene}/cam/{frame}_left.png,{scene}/cam/{number}_depth.npy";
  const Listing listing = list_planes(std::vector{ask("raw_depth", both), ask("rgb", both)});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].id(), "bath/1");
  EXPECT_EQ(listing.frames[1].id(), "kitchen/1");
  EXPECT_EQ(listing.frames[1].sources.at("rgb").file.filename(), "1_left.png");
  EXPECT_EQ(listing.frames[1].sources.at("raw_depth").file.filename(), "1_depth.npy");
  ASSERT_EQ(listing.account.size(), 1u);
  EXPECT_THAT(listing.account[0], HasSubstr("layout pattern: 6 files: 2 frames taken"));
  const auto one = ask("rgb", "{scene}/cam/{frame}_left.png");
  EXPECT_EQ(list_planes({&one, 1}).frames.size(), 3u) << "a pattern without a word is what is asked for";
  const auto bad = ask("rgb", "{sene}/{frame}.png");
  try {
    list_planes({&bad, 1});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("{sene} is none of {scene}"));
  }
}

TEST_F(LayoutTest, PatternsTellTheirFilesApartOrSaySo) {
  for (const char* file :
       {"a/1_rgb.png", "b/1_rgb.png", "a/1_depth.png", "a/1_filled_depth.png", "b/1_depth.png"})
    touch(file);
  const auto ask = [&](const char* plane, const char* patterns) {
    return PlaneRequest{.planes = {plane}, .where = folder.path(), .layout = patterns};
  };
  const auto without_scene = ask("rgb", "{any/}{frame}_rgb.png");
  try {
    list_planes({&without_scene, 1});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("are both rgb of frame 1"));
  }
  for (const char* either : {"{scene}/{frame}_depth.png,{scene}/{frame}_filled_depth.png",
                             "{scene}/{frame}_filled_depth.png,{scene}/{frame}_depth.png"}) {
    const auto depth = ask("raw_depth", either);
    const Listing listing = list_planes({&depth, 1});
    EXPECT_EQ(listing.frames.size(), 2u) << "whatever the order of the patterns";
    EXPECT_THAT(listing.account[0], HasSubstr("1 of a frame that has another file")) << either;
  }
  const char* same = "{scene}/{frame}.png";
  const Listing one_for_two = list_planes(std::vector{ask("raw_depth", same), ask("rgb", same)});
  for (const Frame& frame : one_for_two.frames) {
    EXPECT_FALSE(frame.ok());
    EXPECT_THAT(frame.failure_text, HasSubstr("one file cannot be both"));
  }
}

TEST_F(LayoutTest, AWordOfAPicturesNameBelongsToTheFrameWhereItsDepthHasItToo) {
  for (const char* file : {"img_1.png", "img_1_depth.png", "img_2.png", "img_2_depth.png"}) touch(file);
  std::vector<PlaneRequest> requests(2);
  for (PlaneRequest& request : requests) request.where = folder.path();
  requests[0].planes = {"raw_depth"}, requests[1].planes = {"rgb"};
  const Listing listing = list_planes(requests);
  ASSERT_EQ(listing.frames.size(), 2u);
  for (const Frame& frame : listing.frames) EXPECT_TRUE(frame.ok()) << frame.failure_text;
  EXPECT_EQ(listing.frames[0].id(), "img_1");
  EXPECT_EQ(listing.frames[0].sources.at("rgb").file.filename(), "img_1.png");
  EXPECT_EQ(listing.frames[0].sources.at("raw_depth").file.filename(), "img_1_depth.png");
}

TEST_F(LayoutTest, AFrameThatAListHasTwiceIsOneAndNoFailure) {
  for (const char* file : {"s/1.png", "s/2.png"}) touch(file);
  std::ofstream(folder / "list.txt") << "s/1.png\ns/2.png\ns/1.png\n";
  const PlaneRequest request{.planes = {"rgb"}, .where = folder / "list.txt"};
  const Listing listing = list_planes({&request, 1});
  EXPECT_EQ(listing.frames.size(), 2u);
  EXPECT_TRUE(listing.failures.empty());
}

TEST_F(LayoutTest, AFolderOfRunFoldersIsNone) {
  for (const char* file :
       {"a/planes/s/f.rgb.png", "a/manifest.csv", "b/planes/s/f.rgb.png", "b/manifest.csv"})
    touch(file);
  const PlaneRequest request{.planes = {"rgb"}, .where = folder.path()};
  try {
    list_planes({&request, 1});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("holds run folders (a, b), name one of them"));
  }
  EXPECT_EQ(name_of({"rgb"}, "a"), "planes");
}

TEST_F(LayoutTest, ListsInAFolderBesideTheData) {
  touch("data/s/1.jpg");
  touch("data/s/1.png");
  touch("splits/eigen/test.txt");
  std::ofstream(folder / "splits/eigen/test.txt") << "data/s/1.jpg data/s/1.png 518.8579\n";
  const PlaneRequest depth{.planes = {"raw_depth"}, .where = folder / "splits/eigen/test.txt"};
  const Listing listing = list_planes({&depth, 1});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_TRUE(listing.frames[0].ok()) << listing.frames[0].failure_text;
  EXPECT_EQ(listing.frames[0].sources.at("raw_depth").file.lexically_normal(), folder / "data/s/1.png");
}

TEST_F(LayoutTest, ListsNameMapsOfStacks) {
  touch("preds.npy");
  touch("gt/a.png");
  touch("gt/b.png");
  std::ofstream(folder / "pairs.txt") << "preds.npy:1 gt/a.png\npreds.npy:0 gt/b.png\n";
  const PlaneRequest gt{.planes = {"gt"}, .where = folder / "pairs.txt"},
      pred{.planes = {"pred"}, .where = folder / "pairs.txt"};
  const Listing listing = list_planes(std::vector{gt, pred});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].sources.at("pred").name, "1");
  EXPECT_EQ(listing.frames[0].sources.at("gt").file.filename(), "a.png");
  EXPECT_EQ(listing.frames[1].sources.at("pred").name, "0");
}

// Map 5 of a stack is not frame 5 of a folder: nobody says that both count alike.
TEST_F(LayoutTest, MapsOfAStackMeetMapsOfAStackAlone) {
  fs::create_directories(folder / "gt");
  const io::Array stack{{3, 6, 5}, io::Element::kU8, std::vector<std::uint8_t>(90, 4)};
  io::write_whole_file(folder / "pred.npy", io::npy_bytes(stack));
  io::write_whole_file(folder / "gt.npy", io::npy_bytes(stack));
  for (const char* file : {"gt/0.png", "gt/1.png", "gt/2.png"}) touch(file);
  const PlaneRequest pred{.planes = {"pred"}, .where = folder / "pred.npy"};
  const auto with = [&](const char* gt) {
    return list_planes(std::vector{PlaneRequest{.planes = {"gt"}, .where = folder / gt}, pred});
  };
  const Listing stacks = with("gt.npy"), names = with("gt");
  ASSERT_EQ(stacks.frames.size(), 3u);
  EXPECT_EQ(stacks.frames[2].sources.at("pred").name, "2");
  EXPECT_TRUE(stacks.frames[2].ok());
  ASSERT_EQ(names.frames.size(), 3u);
  EXPECT_EQ(names.frames[2].failure, FailureReason::kNoPartner);
}

// Depth and base come back in metres, whatever unit the files have; only the picture loses by JPEG.
TEST_F(LayoutTest, SdConvtransRoundTrip) {
  const Frame frame = made_up_frame();
  test::write_packed(folder.path(), "sd-convtrans", frame, pack::Part::kTrain);
  test::write_packed(folder.path(), "sd-convtrans", frame, pack::Part::kTest);
  const PlaneRequest request{.planes = {plane::kRgb, plane::kDepth, plane::kBase}, .where = folder.path()};
  EXPECT_EQ(layout_of(request).name, "sd-convtrans");
  const Listing listing = list_planes({&request, 1});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].id(), "test/kitchen_0001_d-1.5-2");
  EXPECT_EQ(listing.frames[1].id(), "train/kitchen_0001_d-1.5-2");
  EXPECT_FALSE(listing.frames[0].sources.contains(plane::kBase));
  for (const Frame& read : listing.frames)
    for (const auto& [name, source] : read.sources) {
      const double off =
          cv::norm(io::read_plane(source, plane_kind(name), name), frame.plane(name), cv::NORM_INF);
      EXPECT_LE(off, name == plane::kRgb ? 3 : 1e-14) << read.id() << " " << name;
    }
  // As it lies: tenths of metres in training, metres in testing.
  PlaneSource raw = listing.frames[1].sources.at(plane::kDepth);
  raw.metres_per_unit = 1;
  EXPECT_EQ(io::read_plane(raw, PlaneKind::kDepth).at<double>(1, 2),
            frame.plane(plane::kDepth).at<double>(1, 2) / 10);
}

TEST_F(LayoutTest, SdConvtransListsWhatIsThere) {
  for (const char* file : {"train/images_withtest/b.jpg", "train/images_withtest/a.JPG",
                           "train/images_withtest/x.txt", "train/wls/depths_withtest/a.mat"})
    touch(file);
  PlaneRequest request{.planes = {plane::kRgb, plane::kDepth}, .where = folder.path()};
  const Listing listing = list_planes({&request, 1});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].id(), "train/a");
  EXPECT_TRUE(listing.frames[0].ok());
  EXPECT_EQ(listing.frames[1].failure, FailureReason::kMissingFile);
  EXPECT_THAT(listing.frames[1].failure_text, HasSubstr("b.jpg has no depth"));
  request.planes = {plane::kRgb};  // pictures alone need no depth
  for (const Frame& frame : list_planes({&request, 1}).frames) EXPECT_TRUE(frame.ok()) << frame.failure_text;
  touch("test/images/c.jpg");
  request.scenes = {"train"};
  for (const Frame& frame : list_planes({&request, 1}).frames) EXPECT_EQ(frame.scene, "train");
  request.scenes = {};
  request.planes = {plane::kPred};  // which the layout does not give
  EXPECT_EQ(layout_of(request).name, "folder");
}

}  // namespace
}  // namespace depthmill::data
