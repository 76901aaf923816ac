#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "stages/base/frame_list.h"
#include "stages/io/plane_file.h"
#include "stages/pack/layout.h"
#include "stages/pack/pack.h"
#include "tests/support/test_data.h"

namespace depthmill::pack {
namespace {

using ::testing::HasSubstr;

PackOptions options_for(const char* layout) {
  PackOptions options;
  options.layout = &find_layout(layout);
  return options;
}

// A frame that the stage is told of, as the first of its list.
Frame packed(const PackOptions& options, cv::Mat rgb, cv::Mat depth) {
  FrameList list;
  Frame frame;
  frame.scene = "kitchen", frame.name = "d-1.5-2";
  list.push_back(frame);
  const auto stage = make_pack_stage(options);
  stage->expect_frames(list);
  stage->prepare();
  frame.planes[plane::kRgb] = std::move(rgb);
  frame.planes[options.depth_plane()] = std::move(depth);
  stage->run({&frame, 1});
  if (frame.ok() && !stage->groups_frames()) {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : frame.files) paths.push_back(path);
    EXPECT_EQ(paths, stage->files_of(frame)) << "what is written is what was said";
  }
  return frame;
}

cv::Mat some_rgb(int rows = 480, int cols = 640) {
  return cv::Mat(rows, cols, CV_8UC3, cv::Scalar(200, 100, 50));
}
cv::Mat some_depth(double metres, int rows = 480, int cols = 640) {
  return cv::Mat(rows, cols, CV_64FC1, cv::Scalar(metres));
}

cv::Mat read_depth(const Frame& frame, const std::string& ending, double scale = 1000) {
  const test::ScratchFolder folder;
  for (const auto& [path, bytes] : frame.files)
    if (path.ends_with(ending)) {
      std::ofstream(folder / ("x" + ending), std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      return io::read_plane(PlaneSource{.file = folder / ("x" + ending), .name = "", .depth_scale = scale},
                            PlaneKind::kDepth);
    }
  return {};
}

TEST(PackLayouts, RowsAreFoundByNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const PackLayout* row : layouts()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(&find_layout(row->name), row);
    EXPECT_FALSE(row->help.empty()) << row->name;
    EXPECT_EQ(row->group == nullptr, row->open_group == nullptr) << row->name;
  }
  EXPECT_THROW(find_layout("btss"), std::invalid_argument);
}

TEST(PackLayouts, DepthIsRoundedAndAReadingStaysOne) {
  cv::Mat depth = some_depth(2.0004);
  depth.at<double>(0, 0) = 0;
  depth.at<double>(0, 1) = 0.0001;
  depth.at<double>(0, 2) = 2.0006;
  depth.at<double>(0, 3) = -1;
  const Frame frame = packed(options_for("bts"), some_rgb(), depth);
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  const cv::Mat back = read_depth(frame, ".png");
  EXPECT_EQ(back.at<double>(0, 0), 0);
  EXPECT_EQ(back.at<double>(0, 1), 0.001) << "not a hole";
  EXPECT_EQ(back.at<double>(0, 2), 2.001);
  EXPECT_EQ(back.at<double>(0, 3), 0) << "what is below 0 is no reading";
  EXPECT_EQ(back.at<double>(9, 9), 2.000);
}

TEST(PackLayouts, WhatALayoutCannotHoldIsRefused) {
  struct Case {
    const char* layout;
    cv::Mat rgb, depth;
    FailureReason reason;
    const char* said;
  };
  cv::Mat hole = some_depth(2), endless = some_depth(2);
  hole.at<double>(5, 5) = 0;
  endless.at<double>(5, 5) = std::numeric_limits<double>::infinity();
  for (const Case& c :
       {Case{"bts", some_rgb(240, 320), some_depth(2, 240, 320), FailureReason::kWrongSize, "480 x 640"},
        Case{"bts", some_rgb(), some_depth(2, 240, 320), FailureReason::kWrongSize, "240 x 320"},
        Case{"bts", some_rgb(), some_depth(66), FailureReason::kOutOfRange, "66 m"},
        Case{"vda-nyu", some_rgb(), some_depth(11), FailureReason::kOutOfRange, "11 m"},
        Case{"ultralytics", some_rgb(), endless, FailureReason::kNonFinite, "not finite"},
        Case{"densedepth", some_rgb(), hole, FailureReason::kNoValidPixel, "fill it first"},
        Case{"sd-convtrans", some_rgb(), some_depth(2), FailureReason::kMissingFile, "decompose"}}) {
    const Frame frame = packed(options_for(c.layout), c.rgb, c.depth);
    EXPECT_EQ(frame.failure, c.reason) << c.layout << ": " << frame.failure_text;
    EXPECT_THAT(frame.failure_text, HasSubstr(c.said));
    EXPECT_THAT(frame.failure_text, HasSubstr("kitchen/d-1.5-2"));
    EXPECT_TRUE(frame.files.empty());
  }
}

TEST(PackLayouts, DensedepthClampsToTenMetresInTraining) {
  cv::Mat depth = some_depth(5);
  depth.at<double>(0, 0) = 12;
  depth.at<double>(0, 1) = 0.001;
  const cv::Mat back = read_depth(packed(options_for("densedepth"), some_rgb(), depth), ".png", 25.5);
  EXPECT_DOUBLE_EQ(back.at<double>(0, 0), 10);
  EXPECT_DOUBLE_EQ(back.at<double>(0, 1), 1 / 25.5) << "1 is the least";
  EXPECT_NEAR(back.at<double>(9, 9), 5, 0.02);
}

TEST(PackLayouts, AnotherSizeTakesTheNearestReading) {
  PackOptions options = options_for("ultralytics");
  options.resize = {240, 320};
  cv::Mat depth = some_depth(1);
  depth.colRange(320, 640) = 4;
  const Frame frame = packed(options, some_rgb(), depth);
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  const cv::Mat back = read_depth(frame, ".png");
  EXPECT_EQ(back.size(), cv::Size(320, 240));
  EXPECT_EQ(cv::countNonZero((back != 1) & (back != 4)), 0) << "no depth that is nowhere in the scene";
  EXPECT_EQ(cv::countNonZero(back == 4), 240 * 160);
}

Place place(const std::string& scene, std::size_t number, std::size_t in_part = 0, Part part = Part::kTrain) {
  return {scene, "f", scene + "/r-" + std::to_string(number), part, number, in_part};
}

TEST(PackLayouts, P2netListsPicturesWithAllTheirNeighbours) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < 83; ++i)
    if (i != 52) places.push_back(place("k", i));
  places.push_back(place("b", 41));
  const auto files = find_layout("p2net").index(places, options_for("p2net"));
  ASSERT_EQ(files.size(), 1u);
  // 40, 41 and 42 have both ends; 42 lacks 52.
  std::istringstream lines(files[0].second);
  std::string line;
  std::vector<std::string> all;
  while (std::getline(lines, line)) all.push_back(line);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(
      all[0],
      "k/r-40.ppm k/r-0.ppm k/r-10.ppm k/r-20.ppm k/r-30.ppm k/r-50.ppm k/r-60.ppm k/r-70.ppm k/r-80.ppm");
  EXPECT_TRUE(all[1].starts_with("k/r-41.ppm k/r-1.ppm "));
  EXPECT_TRUE(find_layout("p2net").index(std::vector<Place>{place("k", 1)}, options_for("p2net")).empty());
}

TEST(PackLayouts, WebdatasetListsTheShardsThatAreThere) {
  PackOptions options = options_for("webdataset");
  options.shard_size = 2;
  std::vector<Place> places;
  for (const std::size_t i : {0, 1, 2, 6, 7}) places.push_back(place("k", i, i));
  places.push_back(place("b", 0, 0, Part::kTest));
  const auto files = options.layout->index(places, options);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].second, "train-{000000..000001}.tar 3\ntrain-000003.tar 2\ntest-000000.tar 1\n");
  EXPECT_EQ(options.layout->group(places[3], options), "train-000003.tar");
}

TEST(PackLayouts, SdConvtransRefusesAStemThatItsCodeWouldNotFind) {
  FrameList list;
  Frame frame;
  frame.scene = "my_jpgs", frame.name = "1";
  list.push_back(frame);
  const auto stage = make_pack_stage(options_for("sd-convtrans"));
  stage->expect_frames(list);
  frame.planes = {{plane::kRgb, some_rgb()}, {plane::kDepth, some_depth(2)}, {plane::kBase, some_depth(2)}};
  stage->run({&frame, 1});
  EXPECT_EQ(frame.failure, FailureReason::kOutOfRange);
  EXPECT_THAT(frame.failure_text, HasSubstr("rename the scene or the frame"));
}

TEST(PackOptions, WhatIsWrongIsNamed) {
  EXPECT_THAT(PackOptions().problem(), HasSubstr("pack.layout is missing"));
  PackOptions options = options_for("sd-convtrans");
  EXPECT_EQ(options.problem(), "");
  options.pictures = Pictures::kPng;
  EXPECT_THAT(options.problem(), HasSubstr("pack.picture-format must be jpg"));
  options = options_for("bts");
  options.jpeg_quality = 101;
  EXPECT_THAT(options.problem(), HasSubstr("pack.jpeg-quality"));
  EXPECT_EQ(options_for("bts").depth_plane(), plane::kRawDepth);
  EXPECT_EQ(options_for("densedepth").depth_plane(), plane::kDepth);
}

}  // namespace
}  // namespace depthmill::pack
