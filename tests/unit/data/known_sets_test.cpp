// The layouts of published data sets: paths as their loaders read them give the right pairs, units and holes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "stages/data/list_planes.h"
#include "stages/io/array.h"
#include "stages/io/atomic_file.h"
#include "stages/io/h5_file.h"
#include "stages/io/npy.h"
#include "tests/support/paths.h"
#include "tests/support/tar_bytes.h"
#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Set {
  const char* layout;
  std::vector<const char*> files;
  const char *id, *rgb, *depth;  // of its one frame
  double depth_scale;
  const char* variable = "";
};

class KnownSetsTest : public ::testing::Test {
 protected:
  void lay(const std::vector<const char*>& files) {
    fs::remove_all(folder_.path());
    for (const char* file : files) {
      fs::create_directories((folder_ / file).parent_path());
      std::ofstream(folder_ / file) << "x";
    }
  }
  std::string below(const PlaneSource& source) {
    return fs::relative(source.file, folder_.path()).generic_string();
  }
  PlaneRequest ask(std::vector<std::string> planes) {
    return {.planes = std::move(planes), .where = folder_.path()};
  }
  test::ScratchFolder folder_;
};

TEST_F(KnownSetsTest, PairsAndUnits) {
  for (const Set& set : {
           Set{"bts",
               {"kitchen/rgb_00045.jpg", "kitchen/sync_depth_00045.png"},
               "kitchen/00045",
               "kitchen/rgb_00045.jpg",
               "kitchen/sync_depth_00045.png",
               1000},
           Set{"kitti",
               {"d/d_drive_0002_sync/image_02/data/0000000005.png",
                "d_drive_0002_sync/proj_depth/groundtruth/image_02/0000000005.png"},
               "d_drive_0002_sync/0000000005",
               "d/d_drive_0002_sync/image_02/data/0000000005.png",
               "d_drive_0002_sync/proj_depth/groundtruth/image_02/0000000005.png",
               256},
           Set{"7-scenes",
               {"chess/seq-01/frame-000007.color.png", "chess/seq-01/frame-000007.depth.png"},
               "chess/seq-01/frame-000007",
               "chess/seq-01/frame-000007.color.png",
               "chess/seq-01/frame-000007.depth.png",
               1000},
           Set{"taskonomy",
               {"rgb/set/house/point_0_view_2_domain_rgb.png",
                "depth_zbuffer/set/house/point_0_view_2_domain_depth_zbuffer.png"},
               "set/house/point_0_view_2",
               "rgb/set/house/point_0_view_2_domain_rgb.png",
               "depth_zbuffer/set/house/point_0_view_2_domain_depth_zbuffer.png",
               512},
           Set{"2d3ds",
               {"area_1/data/rgb/camera_a__b_1_frame_2_domain__rgb.png",
                "area_1/data/depth/camera_a__b_1_frame_2_domain__depth.png"},
               "area_1/camera_a__b_1_frame_2",
               "area_1/data/rgb/camera_a__b_1_frame_2_domain__rgb.png",
               "area_1/data/depth/camera_a__b_1_frame_2_domain__depth.png",
               512},
           Set{"hypersim",
               {"ai_001_001/images/scene_cam_00_final_preview/frame.0003.tonemap.jpg",
                "ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0003.depth_meters.hdf5"},
               "ai_001_001/cam_00/frame.0003",
               "ai_001_001/images/scene_cam_00_final_preview/frame.0003.tonemap.jpg",
               "ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0003.depth_meters.hdf5",
               1000,
               "dataset"},
           Set{"sintel",
               {"training/final/alley_1/frame_0001.png", "training/depth/alley_1/frame_0001.dpt"},
               "alley_1/frame_0001",
               "training/final/alley_1/frame_0001.png",
               "training/depth/alley_1/frame_0001.dpt",
               1000},
           Set{"replica",
               {"room0/results/frame000001.jpg", "room0/results/depth000001.png", "room0/traj.txt"},
               "room0/000001",
               "room0/results/frame000001.jpg",
               "room0/results/depth000001.png",
               6553.5},
           Set{"arkitscenes",
               {"Training/41/wide/41_305.244.png", "Training/41/highres_depth/41_305.244.png"},
               "Training/41/41_305.244",
               "Training/41/wide/41_305.244.png",
               "Training/41/highres_depth/41_305.244.png",
               1000},
           Set{"matterport",
               {"s/matterport_color_images/ab12_i0_3.jpg", "s/matterport_depth_images/ab12_d0_3.png"},
               "ab12_0_3",
               "s/matterport_color_images/ab12_i0_3.jpg",
               "s/matterport_depth_images/ab12_d0_3.png",
               4000},
           Set{"vkitti2",
               {"Scene20/fog/frames/rgb/Camera_0/rgb_00560.jpg",
                "Scene20/fog/frames/depth/Camera_0/depth_00560.png"},
               "Scene20/fog/frames/Camera_0/00560",
               "Scene20/fog/frames/rgb/Camera_0/rgb_00560.jpg",
               "Scene20/fog/frames/depth/Camera_0/depth_00560.png",
               100},
           Set{"sun-rgbd",
               {"kv2/set/0001/image/0000103.jpg", "kv2/set/0001/depth_bfx/x17.png"},
               "kv2/set/0001",
               "kv2/set/0001/image/0000103.jpg",
               "kv2/set/0001/depth_bfx/x17.png",
               1000},
           Set{"vda-nyu",
               {"s/rgb/00000.jpg", "s/depth/00000.png", "nyuv2_video_500.json"},
               "s/00000",
               "s/rgb/00000.jpg",
               "s/depth/00000.png",
               6000},
           Set{"densedepth",
               {"data/nyu2_train/room_0038_out/37.jpg", "data/nyu2_train/room_0038_out/37.png"},
               "room_0038/37",
               "data/nyu2_train/room_0038_out/37.jpg",
               "data/nyu2_train/room_0038_out/37.png",
               25.5},
           Set{"densedepth",
               {"data/nyu2_test/00001_colors.png", "data/nyu2_test/00001_depth.png"},
               "nyu2_test/00001",
               "data/nyu2_test/00001_colors.png",
               "data/nyu2_test/00001_depth.png",
               1000},
           Set{"eth3d",
               {"courtyard/images/dslr_images/DSC_0286.JPG",
                "courtyard/ground_truth_depth/dslr_images/DSC_0286.JPG"},
               "courtyard/DSC_0286",
               "courtyard/images/dslr_images/DSC_0286.JPG",
               "courtyard/ground_truth_depth/dslr_images/DSC_0286.JPG",
               1000},
           Set{"nicr",
               {"test/rgb/0044.png", "test/depth/0044.png", "test.txt"},
               "test/0044",
               "test/rgb/0044.png",
               "test/depth/0044.png",
               1000},
           Set{"scannet",
               {"scene0011_00/color/1860.jpg", "scene0011_00/depth/1860.png", "scene0011_00/pose/1860.txt"},
               "scene0011_00/1860",
               "scene0011_00/color/1860.jpg",
               "scene0011_00/depth/1860.png",
               1000},
       }) {
    lay(set.files);
    const Listing listing = list_planes(std::vector{ask({"gt", "raw_depth", "depth"}), ask({"rgb"})});
    ASSERT_EQ(listing.frames.size(), 1u) << set.layout;
    const Frame& frame = listing.frames[0];
    EXPECT_TRUE(frame.ok()) << set.layout << frame.failure_text;
    EXPECT_EQ(frame.id(), set.id) << set.layout;
    ASSERT_EQ(frame.sources.size(), 2u) << set.layout;
    EXPECT_THAT(listing.account, ElementsAre(HasSubstr("layout " + std::string(set.layout) + ": ")));
    for (const auto& [plane, source] : frame.sources) {
      EXPECT_EQ(below(source), plane == "rgb" ? set.rgb : set.depth) << set.layout;
      if (plane == "rgb") continue;
      EXPECT_EQ(source.depth_scale, set.depth_scale) << set.layout;
      EXPECT_EQ(source.name, set.variable) << set.layout;
      EXPECT_EQ(source.coding.rotated_bits, std::string(set.layout) == "sun-rgbd");
    }
  }
}

TEST_F(KnownSetsTest, WhatTheUserSaysOfTheUnitCounts) {
  lay({"a/frame-000000.color.png", "a/frame-000000.depth.png"});
  PlaneRequest request = ask({"raw_depth"});
  EXPECT_EQ(list_planes({&request, 1}).frames[0].sources.at("raw_depth").coding.no_reading,
            std::vector<double>{65535});
  request.depth_scale = 500;
  request.no_reading = std::vector<double>{7};
  const PlaneSource source = list_planes({&request, 1}).frames[0].sources.at("raw_depth");
  EXPECT_EQ(source.depth_scale, 500);
  EXPECT_EQ(source.coding.no_reading, std::vector<double>{7});
}

TEST_F(KnownSetsTest, MasksAreNoFrames) {
  lay({"s/x_indoors_000.png", "s/x_indoors_000_depth.npy", "s/x_indoors_000_depth_mask.npy"});
  Listing listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_EQ(listing.frames[0].id(), "s/x_indoors_000");
  ASSERT_EQ(listing.frames[0].sources.at("gt").coding.masks.size(), 1u);
  EXPECT_EQ(listing.frames[0].sources.at("gt").coding.masks[0].filename(), "x_indoors_000_depth_mask.npy");

  lay({"rgb/a.png", "depth/a.png", "mask_invalid/a.png", "mask_transp/a.png", "imagelist.txt"});
  listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_EQ(listing.frames[0].sources.at("gt").coding.masks.size(), 2u);
  EXPECT_DOUBLE_EQ(listing.frames[0].sources.at("gt").depth_scale, 65535.0 / 50);
}

TEST_F(KnownSetsTest, APartOfALayoutIsReadAsThatPart) {
  lay({"val_selection_cropped/groundtruth_depth/d_sync_groundtruth_depth_0000000005_image_02.png"});
  PlaneRequest request = ask({"gt"});
  request.where = folder_ / "val_selection_cropped/groundtruth_depth";
  const Listing listing = list_planes({&request, 1});
  EXPECT_EQ(listing.frames[0].id(), "d_sync_0000000005_image_02");
  EXPECT_EQ(listing.frames[0].sources.at("gt").depth_scale, 256);
}

TEST_F(KnownSetsTest, TwoLayoutsThatFitAreBothNamed) {
  lay({"a/frame-000000.color.png", "a/frame-000000.depth.png", "b/rgb_1.jpg", "b/sync_depth_1.png"});
  PlaneRequest request = ask({"raw_depth"});
  try {
    list_planes({&request, 1});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("laid out as bts and as 7-scenes; say which by --layout"));
  }
  request.layout = "7-scenes";
  const Listing listing = list_planes({&request, 1});
  EXPECT_EQ(listing.frames.size(), 1u);
  EXPECT_THAT(listing.account,
              ElementsAre(AllOf(HasSubstr("4 files: 1 frame taken, its depth is not registered"),
                                HasSubstr("3 left out: 2 of other names than the layout has: b/rgb_1.jpg, "
                                          "b/sync_depth_1.png, 1 of plane rgb: a/frame-000000.color.png"))));
}

// BTS' and monodepth2's lists for the split of Eigen, on the tree as KITTI has it.
TEST_F(KnownSetsTest, ListsOfKitti) {
  lay({"2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png",
       "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000070.png",
       "2011_09_26/2011_09_26_drive_0002_sync/image_03/data/0000000069.png",
       "2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000069.png"});
  const auto kept = [&](const char* lines) {
    const PlaneRequest request = ask({"rgb"});
    Listing listing = list_planes({&request, 1});
    std::ofstream(folder_ / "list.txt") << lines;
    keep_listed(listing, folder_ / "list.txt");
    std::string ids;
    for (const Frame& frame : listing.frames) ids += frame.id() + " ";
    for (const Remark& remark : listing.failures) ids += remark.text;
    return ids;
  };
  EXPECT_EQ(kept("2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png "
                 "2011_09_26_drive_0002_sync/proj_depth/groundtruth/image_02/0000000069.png 721.5377\n"
                 "2011_09_26/2011_09_26_drive_0005_sync/image_02/data/0000000001.png None 721.5377\n"),
            "2011_09_26_drive_0002_sync/0000000069 ");
  EXPECT_EQ(
      kept(
          "2011_09_26/2011_09_26_drive_0002_sync 69 l\n2011_09_26/2011_09_26_drive_0002_sync 0000000069 r\n"),
      "2011_09_26_drive_0002_sync/0000000069 2011_09_26_drive_0002_sync/image_03/0000000069 ");
  EXPECT_THAT(kept("2011_09_26/2011_09_26_drive_0002_sync 71 l\n"), HasSubstr("line 1 lists"));
}

TEST_F(KnownSetsTest, RawAndFilledDepthOfNicrApart) {
  lay({"train/rgb/0001.png", "train/depth/0001.png", "train/depth_raw/0001.png", "train.txt"});
  const Listing listing = list_planes(std::vector{ask({"raw_depth"}), ask({"depth"})});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_EQ(below(listing.frames[0].sources.at("raw_depth")), "train/depth_raw/0001.png");
  EXPECT_EQ(below(listing.frames[0].sources.at("depth")), "train/depth/0001.png");
}

TEST_F(KnownSetsTest, TheUnitOfUltralyticsStandsInItsDescription) {
  lay({"images/train/a_1.jpg", "depth/train/a_1.png"});
  const auto describe = [&](const char* text) { std::ofstream(folder_ / "set.yaml") << text; };
  const auto listed = [&] { return list_planes(std::vector{ask({"gt"}), ask({"rgb"})}); };
  describe("path: x\nnames:\n  0: depth\n");
  EXPECT_THAT(listed().account, ElementsAre(HasSubstr("layout ultralytics")));
  EXPECT_EQ(listed().frames[0].id(), "train/a_1");
  EXPECT_EQ(listed().frames[0].sources.at("gt").depth_scale, 1000);
  describe("names: {0: depth}\ndepth_scale: 256  # a metre\n");
  EXPECT_EQ(listed().frames[0].sources.at("gt").depth_scale, 256);
  describe("names: {0: depth}\ndepth_scale: many\n");
  EXPECT_THROW(listed(), std::runtime_error);
  describe("names: {0: cat}\n");
  EXPECT_THAT(listed().account, ElementsAre(HasSubstr("layout folder"))) << "boxes of cats";
}

class ArchivesTest : public KnownSetsTest {
 protected:
  static std::vector<std::uint8_t> npy(double metres) {
    return io::npy_bytes(io::to_array(cv::Mat(2, 3, CV_64FC1, cv::Scalar(metres))));
  }
  static std::vector<std::uint8_t> text(const std::string& words) { return {words.begin(), words.end()}; }
  void put(const char* name, const test::TarFiles& files) {
    io::write_whole_file(folder_ / name, test::tar_of(files));
  }
  double depth(const Frame& frame) {
    return io::read_plane(frame.sources.at("gt"), io::PlaneKind::kDepth, "gt").at<double>(1, 2);
  }
};

TEST_F(ArchivesTest, SamplesOfShards) {
  put("train-000000.tar",
      {{"kitchen/00045.depth.npy", npy(1.5)},
       {"kitchen/00045.jpg", {1}},
       {"kitchen/00045.json", text(R"({"scene": "kitchen", "frame": "00045", "depth_scale": 1})")},
       {"README", {1}}});
  put("train-000001.tar", {{"./bath/a_b.jpg", {1}},
                           {"./bath/a_b.depth.npy", npy(2.5)},
                           {"./bath/a_b.mask.png", {1}},
                           {"./bath/a_b.json", text(R"({"frame":"a.b","scene":"bath \"room\""})")}});
  const Listing listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].id(), "bath \"room\"/a.b");
  EXPECT_EQ(depth(listing.frames[0]), 2.5);
  EXPECT_EQ(listing.frames[0].sources.at("rgb").text(),
            (folder_ / "train-000001.tar").string() + ":./bath/a_b.jpg");
  EXPECT_EQ(listing.frames[1].id(), "kitchen/00045");
  EXPECT_EQ(depth(listing.frames[1]), 1.5);
  EXPECT_THAT(listing.account, ElementsAre(AllOf(HasSubstr("layout webdataset: 8 files: 2 frames taken"),
                                                 HasSubstr("of other fields"))));
  PlaneRequest one = ask({"rgb"});
  one.where = folder_ / "train-000000.tar";
  EXPECT_EQ(list_planes({&one, 1}).frames.size(), 1u);
}

TEST_F(ArchivesTest, AnArchiveThatIsDamagedIsAFailureOfItsOwn) {
  put("a.tar", {{"s/1.jpg", {1}}});
  put("b.tar", {{"s/2.jpg", std::vector<std::uint8_t>(2000, 1)}});
  fs::resize_file(folder_ / "b.tar", 1000);
  PlaneRequest request = ask({"rgb"});
  const Listing listing = list_planes({&request, 1});
  EXPECT_EQ(listing.frames.size(), 1u);
  ASSERT_EQ(listing.failures.size(), 1u);
  EXPECT_THAT(listing.failures[0].text, HasSubstr("b.tar: is cut short inside a member"));
}

TEST_F(ArchivesTest, FilesOfFastdepthInShards) {
  io::write_h5(folder_ / "f.h5", "depth", io::to_array(cv::Mat(2, 3, CV_64FC1, cv::Scalar(4))));
  const std::string h5 = test::file_text(folder_ / "f.h5");
  fs::remove(folder_ / "f.h5");
  put("train-000000.tar", {{"train/basement_0001a/00001.h5", text(h5)}});
  put("val-000000.tar", {{"val/official/00045.h5", text(h5)}});
  const Listing listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 2u);
  EXPECT_EQ(listing.frames[0].id(), "basement_0001a/00001");
  EXPECT_EQ(listing.frames[1].id(), "official/00045");
  EXPECT_EQ(depth(listing.frames[0]), 4);
  EXPECT_THAT(listing.account, ElementsAre(HasSubstr("layout fastdepth-tar: 2 files: 2 frames taken")));
}

// As published: a struct of everything; scipy wrote it, 2 x 3 pixels of which each mask takes one.
TEST_F(KnownSetsTest, IbimsAsPublished) {
  fs::create_directories(folder_.path());
  fs::copy_file(fs::path(test::kTestData) / "mat" / "ibims.mat", folder_ / "office_01.mat");
  const Listing listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 1u);
  EXPECT_THAT(listing.account, ElementsAre(HasSubstr("layout ibims-mat")));
  EXPECT_EQ(listing.frames[0].id(), "office_01");
  const cv::Mat depth = io::read_plane(listing.frames[0].sources.at("gt"), io::PlaneKind::kDepth, "gt");
  const cv::Mat right = (cv::Mat_<double>(2, 3) << 0, 2, 3, 4, 5, 0);
  EXPECT_EQ(cv::norm(depth, right, cv::NORM_INF), 0);
  const cv::Mat rgb = io::read_plane(listing.frames[0].sources.at("rgb"), io::PlaneKind::kRgb, "rgb");
  EXPECT_EQ(rgb.at<cv::Vec3b>(1, 2), cv::Vec3b(15, 16, 17));
}

TEST_F(KnownSetsTest, StacksOfDensedepth) {
  fs::create_directories(folder_.path());
  const auto put = [&](const char* name, std::vector<std::size_t> shape) {
    io::Array a{std::move(shape), io::Element::kU8, {}};
    a.bytes.assign(a.count(), 9);
    io::write_whole_file(folder_ / name, io::npy_bytes(a));
  };
  put("eigen_test_rgb.npy", {12, 6, 5, 3});
  put("eigen_test_depth.npy", {12, 6, 5});
  put("eigen_test_crop.npy", {4});
  const Listing listing = list_planes(std::vector{ask({"gt"}), ask({"rgb"})});
  ASSERT_EQ(listing.frames.size(), 12u);
  EXPECT_EQ(listing.frames[11].id(), "map_00011");
  EXPECT_EQ(below(listing.frames[11].sources.at("gt")), "eigen_test_depth.npy");
  EXPECT_EQ(listing.frames[11].sources.at("gt").name, "11");
  EXPECT_EQ(listing.frames[11].sources.at("rgb").name, "11");
}

}  // namespace
}  // namespace depthmill::data
