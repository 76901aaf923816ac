#include "stages/extract/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "stages/data/list_planes.h"
#include "stages/io/plane_file.h"
#include "stages/nyu/depth_units.h"
#include "tests/support/mat_file.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

Frame flat_frame(std::uint16_t code) {
  Frame frame;
  frame.name = "f";
  frame.planes[plane::kRawRgb] = cv::Mat(480, 640, CV_8UC3, cv::Scalar(10, 20, 30));
  frame.planes[plane::kDepthRel] = cv::Mat(480, 640, CV_16UC1, cv::Scalar(code));
  frame.planes[plane::kDepthRel].at<std::uint16_t>(0, 0) = nyu::kNoReading;
  return frame;
}

Frame run(Frame frame, Crop crop = Crop::kNone) {
  auto stage = make_extract_stage({.crop = crop});
  stage->prepare();
  stage->run({&frame, 1});
  return frame;
}

TEST(Extract, FlatWall) {
  const Frame frame = run(flat_frame(900));
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  EXPECT_EQ(frame.planes.size(), 2u);
  const cv::Mat& depth = frame.plane(plane::kRawDepth);
  EXPECT_NEAR(depth.at<double>(240, 320), nyu::depth_rel2depth_abs(900), 1e-9);
  EXPECT_EQ(frame.plane(plane::kRgb).at<cv::Vec3b>(240, 320), cv::Vec3b(10, 20, 30));
}

TEST(Extract, ToolboxCrop) {
  const Frame whole = run(flat_frame(900)), frame = run(flat_frame(900), Crop::kToolbox);
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  const cv::Rect window(40, 44, 561, 427);
  for (const char* name : {plane::kRgb, plane::kRawDepth}) {
    ASSERT_EQ(frame.plane(name).size(), cv::Size(561, 427));
    EXPECT_EQ(cv::norm(frame.plane(name), whole.plane(name)(window), cv::NORM_INF), 0);
  }
}

TEST(Extract, TheNextStageIsToldTheSizeThatIsHandedOn) {
  for (const Crop crop : {Crop::kNone, Crop::kToolbox})
    EXPECT_EQ(make_extract_stage({.crop = crop})->expect({640, 480}),
              run(flat_frame(900), crop).plane(plane::kRawDepth).size());
}

TEST(Extract, FramesWithoutAnyReadingFail) {
  for (std::uint16_t code : {std::uint16_t{0}, nyu::kNoReading}) {
    Frame frame = flat_frame(code);
    frame.planes[plane::kDepthRel].setTo(code);
    frame = run(frame);
    EXPECT_EQ(frame.failure, FailureReason::kNoValidPixel) << code;
    EXPECT_EQ(frame.failed_stage, "extract");
  }
}

TEST(Extract, OtherSizesFail) {
  Frame frame = flat_frame(900);
  frame.planes[plane::kDepthRel] = cv::Mat(240, 320, CV_16UC1, cv::Scalar(900));
  frame = run(frame);
  EXPECT_EQ(frame.failure, FailureReason::kWrongSize);
  EXPECT_THAT(frame.failure_text, ::testing::HasSubstr("240 x 320"));

  frame = flat_frame(900);
  frame.planes[plane::kRawRgb] = cv::Mat(479, 640, CV_8UC3, cv::Scalar::all(1));
  EXPECT_EQ(run(frame).failure, FailureReason::kWrongSize);
}

TEST(Extract, CodesOfTheOtherByteOrderFail) {
  EXPECT_EQ(run(flat_frame(0x8403)).failure, FailureReason::kOutOfRange);
}

TEST(Extract, MissingPlaneFails) {
  Frame frame = flat_frame(900);
  frame.planes.erase(plane::kRawRgb);
  EXPECT_EQ(run(frame).failure, FailureReason::kMissingFile);
}

TEST(Extract, CropNames) {
  EXPECT_EQ(kCrops.parse("toolbox"), Crop::kToolbox);
  EXPECT_EQ(kCrops.word(Crop::kNone), "none");
}

TEST(Extract, ThreadsAndOrderDoNotShowInTheResult) {
  const auto make = [] {
    std::vector<Frame> frames;
    for (int i = 0; i < 6; ++i) {
      frames.push_back(flat_frame(static_cast<std::uint16_t>(700 + 40 * i)));
      cv::RNG random(static_cast<std::uint64_t>(i) + 1);
      random.fill(frames.back().planes[plane::kRawRgb], cv::RNG::UNIFORM, 0, 256);
    }
    return frames;
  };
  auto stage = make_extract_stage({});
  stage->prepare();
  auto one_by_one = make(), at_once = make();
  stage->run(one_by_one);
  std::vector<std::thread> threads;
  for (std::size_t i = at_once.size(); i-- > 0;)
    threads.emplace_back([&, i] { stage->run({&at_once[i], 1}); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < at_once.size(); ++i)
    for (const char* name : {plane::kRgb, plane::kRawDepth})
      EXPECT_EQ(cv::norm(one_by_one[i].plane(name), at_once[i].plane(name), cv::NORM_INF), 0) << i << name;
}

// From the files of a scene folder to the planes, as a run does it.
TEST(Extract, GoldenFrameFromItsFiles) {
  DEPTHMILL_GOLDEN(folder, "toolbox/in/frames/kitchen_0001");
  DEPTHMILL_GOLDEN(mat, "toolbox/project_kitchen_0001.mat");
  const data::PlaneRequest request{
      .planes = {plane::kRawRgb, plane::kDepthRel}, .where = folder, .layout = "nyu-raw"};
  const FrameList frames = data::list_planes({&request, 1}).frames;
  ASSERT_EQ(frames.size(), 1u);
  Frame listed = frames[0];
  for (const auto& [name, source] : listed.sources)
    listed.planes[name] = io::read_plane(source, io::plane_kind(name), name);
  const Frame frame = run(listed);
  ASSERT_TRUE(frame.ok()) << frame.failure_text;

  const test::MatFile file(mat);
  const auto depth = file["depthOut"].row_major();
  const cv::Mat expected(480, 640, CV_64FC1, const_cast<double*>(depth.data()));
  EXPECT_LE(cv::norm(frame.plane(plane::kRawDepth), expected, cv::NORM_INF), 1e-9);
  EXPECT_EQ(cv::countNonZero(frame.plane(plane::kRawDepth)), cv::countNonZero(expected));
  auto rgb = file["rgbUndistorted"].row_major_u8();
  EXPECT_EQ(cv::norm(frame.plane(plane::kRgb), cv::Mat(480, 640, CV_8UC3, rgb.data()), cv::NORM_INF), 0);
  const auto accel = file["accel"].row_major();
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(frame.plane(plane::kAccel).at<double>(i), accel[static_cast<std::size_t>(i)]);
}

}  // namespace
}  // namespace depthmill
