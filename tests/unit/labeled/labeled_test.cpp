#include "stages/labeled/labeled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "stages/io/csv.h"
#include "tests/support/test_data.h"

namespace depthmill::labeled {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

data::LabeledImage made_image(int i) {
  const std::string scene = "kitchen_000" + std::to_string(i / 2 + 1);
  data::LabeledImage image;
  image.entry = {scene, "kitchen", scene + "/r-1" + std::to_string(i) + ".5-7.ppm",
                 scene + "/d-1" + std::to_string(i) + ".25-8.pgm"};
  image.rgb = cv::Mat(6, 9, CV_8UC3, cv::Scalar(i, 20, 30));
  image.depth = cv::Mat(6, 9, CV_64FC1, cv::Scalar(1 + i));
  image.raw_depth = image.depth.clone();
  image.raw_depth.at<double>(2, 3) = 0;
  image.labels = cv::Mat(6, 9, CV_16UC1, cv::Scalar(300 + i));
  image.instances = cv::Mat(6, 9, CV_8UC1, cv::Scalar(i));
  return image;
}

class LabeledStageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 5; ++i) images.push_back(made_image(i));
    options.mat = folder / "labeled.mat";
    write();
    data::write_splits(folder / "splits.mat", {{4, 0}, {2, 1}});
  }
  void write() { data::write_labeled(options.mat, images, {"wall"}); }
  Frame frame_of(const Image& image, const std::vector<Image>& all) {
    Frame frame;
    frame.scene = image.scene, frame.name = image.frame;
    const auto stage = make_labeled_stage(options, all);
    stage->prepare();
    stage->run({&frame, 1});
    return frame;
  }
  test::ScratchFolder folder;
  std::vector<data::LabeledImage> images;
  LabeledOptions options;
};

TEST_F(LabeledStageTest, EveryImageHasBothDepths) {
  options.labels = true;
  const auto all = list_images(options, Naming::kRawFiles, 0);
  ASSERT_EQ(all.size(), 5u);
  for (const Image& image : all) {
    const Frame frame = frame_of(image, all);
    ASSERT_TRUE(frame.ok()) << frame.failure_text;
    const data::LabeledImage& from = images[image.index];
    for (const auto& [name, plane] : {std::pair{plane::kRgb, &from.rgb},
                                      {plane::kDepth, &from.depth},
                                      {plane::kRawDepth, &from.raw_depth},
                                      {plane::kLabels, &from.labels},
                                      {plane::kInstances, &from.instances}})
      EXPECT_EQ(cv::norm(frame.plane(name), *plane, cv::NORM_INF), 0) << name;
  }
}

TEST_F(LabeledStageTest, ImagesAreNamedAndSplitAsAsked) {
  EXPECT_EQ(list_images(options, Naming::kRawFiles, 0)[2].part, Part::kAll);
  options.splits = folder / "splits.mat";
  auto all = list_images(options, Naming::kRawFiles, 0);
  EXPECT_EQ(all[0].part, Part::kTrain);
  EXPECT_EQ(all[2].part, Part::kTest);
  EXPECT_EQ(all[3].part, Part::kRest);
  EXPECT_EQ(all[2].scene, "kitchen_0002");
  EXPECT_EQ(all[2].frame, "d-12.25-8");
  all = list_images(options, Naming::kNumbers, 1);
  EXPECT_EQ(all[2].frame, "00003");
  all = list_images(options, Naming::kSceneTypes, 0);
  EXPECT_EQ(all[2].scene, "kitchen");
  EXPECT_EQ(all[2].frame, "00002");
}

TEST_F(LabeledStageTest, FramesOfOneNameAreToldApart) {
  images[1].entry.depth_filename = images[0].entry.depth_filename;
  write();
  const auto all = list_images(options, Naming::kRawFiles, 0);
  EXPECT_EQ(all[0].frame, "d-10.25-8-00001");
  EXPECT_EQ(all[1].frame, "d-10.25-8-00002");
  EXPECT_EQ(frame_of(all[1], all).plane(plane::kDepth).at<double>(0, 0), 2);
}

TEST_F(LabeledStageTest, TheIndexLeadsBack) {
  options.splits = folder / "splits.mat";
  const auto index = io::parse_csv(index_csv(list_images(options, Naming::kRawFiles, 0)), "labeled.csv");
  ASSERT_EQ(index.rows.size(), 5u);
  EXPECT_THAT(index.rows[2], ElementsAre("3", "test", "kitchen_0002", "kitchen", "d-12.25-8",
                                         "kitchen_0002/r-12.5-7.ppm", "kitchen_0002/d-12.25-8.pgm"));
}

TEST_F(LabeledStageTest, WhatIsWrongIsOneSentence) {
  data::write_splits(folder / "splits.mat", {{0, 1}, {1, 2}});
  options.splits = folder / "splits.mat";
  try {
    list_images(options, Naming::kRawFiles, 0);
    FAIL() << "image 2 is on both sides";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("image 2 is for training and for testing"));
  }
  EXPECT_THAT(LabeledOptions().problem(), HasSubstr("--mat is missing"));
  LabeledOptions packed;
  packed.mat = "x", packed.layout = "bts";
  EXPECT_THAT(packed.problem(), HasSubstr("--splits is missing"));
  packed.splits = "y", packed.labels = true;
  EXPECT_THAT(packed.problem(), HasSubstr("--labels"));
}

}  // namespace
}  // namespace depthmill::labeled
