#include "stages/io/depth_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "stages/io/atomic_file.h"
#include "stages/io/npy.h"
#include "tests/support/test_data.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

template <class T>
std::vector<double> decoded(const std::vector<T>& samples, const PlaneSource& source,
                            const char* plane = plane::kGt) {
  const cv::Mat row(1, static_cast<int>(samples.size()), cv::DataType<T>::type,
                    const_cast<T*>(samples.data()));
  const cv::Mat metres = decode_depth(to_array(row), source, plane);
  return {metres.begin<double>(), metres.end<double>()};
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();

TEST(DepthCoding, TheEndOf16BitsIsNoReadingInPlanesWithHoles) {
  const std::vector<std::uint16_t> samples{0, 1500, 65535, 65534};
  EXPECT_THAT(decoded(samples, {}), ElementsAre(0, 1.5, 0, 65.534));
  EXPECT_THAT(decoded(samples, {}, plane::kPred), ElementsAre(0, 1.5, 65.535, 65.534));
  PlaneSource kitti;
  kitti.depth_scale = 256;
  EXPECT_THAT(decoded(samples, kitti), ElementsAre(0, 1500.0 / 256, 0, 65534.0 / 256));
}

TEST(DepthCoding, WhatTheUserCallsNoReading) {
  PlaneSource source;
  source.coding.no_reading = std::vector<double>{1500, 7};
  EXPECT_THAT(decoded(std::vector<std::uint16_t>{7, 1500, 65535}, source), ElementsAre(0, 0, 65.535));
  EXPECT_THAT(decoded(std::vector<double>{7, 1500, 2}, source), ElementsAre(0, 0, 2))
      << "samples, not millimetres";
}

TEST(DepthCoding, FloatsThatAreNoDepth) {
  const std::vector<double> samples{kNan, kInf, -kInf, -1, 0, 2.5, 65.535};
  EXPECT_THAT(decoded(samples, {}), ElementsAre(0, 0, 0, 0, 0, 2.5, 65.535));
  EXPECT_EQ(decoded(samples, {}, plane::kDetail)[3], -1) << "planes without holes stay as they are";
  EXPECT_TRUE(std::isnan(decoded(samples, {}, plane::kPred)[0]));
}

TEST(DepthCoding, PlainMillimetresHaveNoBitsToTurnBack) {
  PlaneSource source;
  source.coding.rotated_bits = true;
  EXPECT_THAT(decoded(std::vector<std::uint16_t>{1500 << 3, 0, 4000 << 3}, source), ElementsAre(1.5, 0, 4));
  EXPECT_THROW(decoded(std::vector<std::uint16_t>{1501, 1503, 1504, 0}, source), FrameError);
}

TEST(DepthCoding, ScaledFloats) {
  PlaneSource source;
  EXPECT_THAT(decoded(std::vector<float>{1500}, source), ElementsAre(1500));
  source.coding.scale_floats = true;
  EXPECT_THAT(decoded(std::vector<float>{1500}, source), ElementsAre(1.5));
  source.coding.no_reading = std::vector<double>{1500};
  EXPECT_THAT(decoded(std::vector<float>{1500, 3000}, source), ElementsAre(0, 3));
}

TEST(DepthCoding, RotatedBits) {
  PlaneSource source;
  source.coding.rotated_bits = true;
  // 1500 mm and 9000 mm rotated left by three; 65535 stays what it is and is a reading of 65.535 m
  EXPECT_THAT(
      decoded(std::vector<std::uint16_t>{1500 << 3, static_cast<std::uint16_t>(9000 << 3 | 9000 >> 13)},
              source),
      ElementsAre(1.5, 9.0));
  EXPECT_THROW(decoded(std::vector<float>{1}, source), FrameError);
}

TEST(DepthCoding, MasksTakeReadingsAway) {
  const test::ScratchFolder folder;
  const auto mask = [&](const char* name, const std::vector<std::uint8_t>& values) {
    const cv::Mat m(1, static_cast<int>(values.size()), CV_8UC1, const_cast<std::uint8_t*>(values.data()));
    write_whole_file(folder / name, npy_bytes(to_array(m)));
    return folder / name;
  };
  PlaneSource source;
  source.coding.masks = {mask("a.npy", {1, 0, 255}), mask("b.npy", {1, 1, 0})};
  EXPECT_THAT(decoded(std::vector<double>{1, 2, 3}, source), ElementsAre(1, 0, 0));
  EXPECT_THAT(decoded(std::vector<double>{1, 2, 3}, source, plane::kPred), ElementsAre(1, 2, 3));
  source.coding.masks = {mask("c.npy", {1, 1})};
  try {
    decoded(std::vector<double>{1, 2, 3}, source);
    FAIL();
  } catch (const FrameError& e) {
    EXPECT_EQ(e.reason(), FailureReason::kWrongSize);
  }
}

}  // namespace
}  // namespace depthmill::io
