#include "stages/io/image_file.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/io/jpeg.h"
#include "stages/io/png.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ImageFile, PngKeepsRgbOrderAndSixteenBits) {
  cv::Mat rgb(1, 2, CV_8UC3);
  rgb.at<cv::Vec3b>(0, 0) = {255, 0, 0};
  rgb.at<cv::Vec3b>(0, 1) = {1, 2, 3};
  const auto bytes = encode_png(rgb);
  EXPECT_EQ(parse_image(bytes, "f").bytes, to_array(rgb).bytes);
  // The file itself is red first: OpenCV's own reader must see BGR.
  EXPECT_EQ(cv::imdecode(bytes, cv::IMREAD_COLOR).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 255));
  const auto wide = random_mat(9, 4, CV_16UC1, 3, 0, 65536);
  const auto a = parse_image(encode_png(wide), "f");
  EXPECT_EQ(a.describe(), "uint16 9x4");
  EXPECT_EQ(a.bytes, to_array(wide).bytes);
}

TEST(ImageFile, JpegComesOutAsRgb) {
  const cv::Mat bgr(16, 16, CV_8UC3, cv::Scalar(0, 0, 255));
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, 100});
  const auto v = values<std::uint8_t>(parse_image(bytes, "f"));
  EXPECT_GT(v[0], 250);
  EXPECT_LT(v[2], 5);
}

TEST(ImageFile, JpegsAreReadAsOpenCvReadsThem) {
  const cv::Mat noise = random_mat(45, 70, CV_8UC3, 5, 0, 256);
  cv::Mat smooth, grey;
  cv::GaussianBlur(noise, smooth, {9, 9}, 3);
  cv::cvtColor(smooth, grey, cv::COLOR_BGR2GRAY);
  for (const cv::Mat& picture : {noise, smooth, grey})
    for (const int quality : {30, 95})
      for (const int progressive : {0, 1}) {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".jpg", picture, bytes,
                     {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_JPEG_PROGRESSIVE, progressive});
        cv::Mat theirs;
        cv::cvtColor(cv::imdecode(bytes, cv::IMREAD_COLOR), theirs, cv::COLOR_BGR2RGB);
        const Array ours = parse_image(bytes, "f");
        EXPECT_EQ(ours.describe(), "uint8 45x70x3");
        EXPECT_EQ(ours.bytes, to_array(theirs).bytes) << quality << " " << progressive;
      }
}

TEST(ImageFile, JpegsAreWrittenAsOpenCvWritesThem) {
  const cv::Mat noise = random_mat(45, 70, CV_8UC3, 7, 0, 256);
  cv::Mat smooth;
  cv::GaussianBlur(noise, smooth, {9, 9}, 3);
  for (const cv::Mat& rgb : {noise, smooth, cv::Mat(smooth(cv::Rect(3, 2, 33, 17)))})
    for (const int quality : {1, 86, 100}) {
      cv::Mat bgr;
      cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
      std::vector<std::uint8_t> theirs;
      cv::imencode(".jpg", bgr, theirs, {cv::IMWRITE_JPEG_QUALITY, quality});
      EXPECT_EQ(encode_jpeg(rgb, quality), theirs) << quality;
    }
}

TEST(ImageFile, AJpegThatCannotBeIsNotWritten) {
  EXPECT_THROW(encode_jpeg(cv::Mat(1, 70000, CV_8UC3, cv::Scalar()), 90), std::runtime_error);
  EXPECT_THROW(encode_jpeg(cv::Mat(), 90), std::invalid_argument);
  EXPECT_THROW(encode_jpeg(cv::Mat(2, 2, CV_8UC1, cv::Scalar()), 90), std::invalid_argument);
}

// libjpeg makes up what it cannot decode, and says so on stderr alone.
TEST(ImageFile, AJpegWithPixelsMadeUpIsDamagedAndNothingIsPrinted) {
  const cv::Mat picture = random_mat(64, 64, CV_8UC3, 6, 0, 256);
  std::vector<std::uint8_t> whole, cut;
  cv::imencode(".jpg", picture, whole);
  cut.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
  cut.insert(cut.end(), {0xFF, 0xD9});  // its end marker stands, half of the picture does not
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(failure_of([&] { parse_image(cut, "a.jpg"); }).text,
              HasSubstr("a.jpg: is a damaged JPEG: Corrupt JPEG"));
  // Bytes that no pixel needs are no damage.
  auto more = whole;
  more.insert(more.end() - 2, {1, 2, 3});
  EXPECT_EQ(parse_image(more, "b.jpg").bytes, parse_image(whole, "a.jpg").bytes);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(ImageFile, ADamagedPngIsASentenceAndNothingIsPrinted) {
  const auto whole = encode_png(random_mat(20, 30, CV_16UC1, 8, 0, 65536));
  ::testing::internal::CaptureStderr();
  for (std::size_t at = 16; at + 16 < whole.size(); at += 7) {
    auto flipped = whole;
    flipped[at] ^= 0x10;
    EXPECT_THAT(failure_of([&] { parse_image(flipped, "a.png"); }).text, ::testing::StartsWith("a.png: "))
        << at;
  }
  auto data = whole;
  data[data.size() / 2] ^= 1;
  EXPECT_EQ(failure_of([&] { parse_image(data, "a.png"); }).text,
            "a.png: is damaged: the checksum of its IDAT does not hold");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(ImageFile, EveryPrefixIsRefused) {
  const auto picture = random_mat(20, 30, CV_8UC3, 7, 0, 256);
  expect_every_prefix_refused(encode_png(picture), [](auto bytes) { parse_image(bytes, "f"); });
  std::vector<std::uint8_t> jpeg;
  cv::imencode(".jpg", picture, jpeg);
  expect_every_prefix_refused(jpeg, [](auto bytes) { parse_image(bytes, "f"); });
  auto cut = encode_png(picture);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(failure_of([&] { parse_image(cut, "a.png"); }).text,
            "a.png: is cut short: the PNG ends before its last chunk");
  jpeg.resize(jpeg.size() / 2);
  EXPECT_EQ(failure_of([&] { parse_image(jpeg, "a.jpg"); }).reason, FailureReason::kTruncated);
}

TEST(ImageFile, AHeaderThatPromisesTheMoonIsRefusedBeforeDecoding) {
  const MaxPixels many(kMaxElements);
  auto png = encode_png(cv::Mat(2, 2, CV_16UC1, cv::Scalar(1)));
  png[16] = png[20] = 0;
  png[18] = png[22] = 0x3f;  // 16130 x 16130
  EXPECT_EQ(failure_of([&] { parse_image(png, "f"); }).text,
            "f: is far too short for the size its header claims");
  png[16] = 0x7f;
  EXPECT_EQ(failure_of([&] { parse_image(png, "f"); }).reason, FailureReason::kUnreadable);
}

TEST(ImageFile, DepthIsRoundedToNearest) {
  const cv::Mat depth = (cv::Mat_<double>(1, 5) << 0, 1.0004, 1.0005, 65.535, 0.0004999);
  const cv::Mat m = to_16_bit(depth, 1000, "f");
  EXPECT_THAT(std::vector<std::uint16_t>(m.begin<std::uint16_t>(), m.end<std::uint16_t>()),
              ElementsAre(0, 1000, 1001, 65535, 0));
  const cv::Mat single = (cv::Mat_<float>(1, 1) << 2.5f);
  EXPECT_EQ(to_16_bit(single, 256, "f").at<std::uint16_t>(0), 640);
}

TEST(ImageFile, WhatDoesNotFitIsAnErrorThatNamesThePixel) {
  const auto error = [](double value) {
    cv::Mat depth(2, 3, CV_64FC1, cv::Scalar(1));
    depth.at<double>(1, 2) = value;
    return failure_of([&] { to_16_bit(depth, 1000, "d.png"); });
  };
  EXPECT_EQ(error(65.5349).text, "no error");
  EXPECT_THAT(error(65.536).text,
              HasSubstr("d.png: 65.536 m at row 1, column 2 does not fit 16 bits at 1000 per metre"));
  EXPECT_EQ(error(65.536).reason, FailureReason::kOutOfRange);
  EXPECT_EQ(error(-0.001).reason, FailureReason::kOutOfRange);
  EXPECT_EQ(error(std::nan("")).reason, FailureReason::kNonFinite);
  EXPECT_EQ(error(std::numeric_limits<double>::infinity()).reason, FailureReason::kNonFinite);
}

}  // namespace
}  // namespace depthmill::io
