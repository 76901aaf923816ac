#include "stages/io/picture_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "stages/io/atomic_file.h"
#include "stages/io/gif.h"
#include "stages/io/stand_in.h"
#include "tests/support/paths.h"
#include "tests/support/test_data.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

std::vector<std::uint8_t> encoded(const char* ending, const cv::Mat& m) {
  std::vector<std::uint8_t> bytes;
  EXPECT_TRUE(cv::imencode(ending, m, bytes));
  return bytes;
}

cv::Mat ramp(int type) {
  cv::Mat m(5, 7, type);
  for (int i = 0; i < m.rows; ++i)
    for (int j = 0; j < m.cols; ++j)
      if (type == CV_32FC1)
        m.at<float>(i, j) = 0.5F + 0.25F * static_cast<float>(i * 7 + j);
      else if (type == CV_16UC1)
        m.at<std::uint16_t>(i, j) = static_cast<std::uint16_t>(1000 * i + j);
      else
        m.at<cv::Vec3b>(i, j) = {static_cast<std::uint8_t>(10 * i), static_cast<std::uint8_t>(20 * j), 77};
  return m;
}

TEST(PictureFile, TiffKeepsItsNumbers) {
  for (const int type : {CV_32FC1, CV_16UC1}) {
    const cv::Mat m = ramp(type);
    EXPECT_EQ(parse_picture(encoded(".tif", m), "x.tif").bytes, to_array(m).bytes);
  }
}

TEST(PictureFile, ColourIsRgb) {
  for (const char* ending : {".tif", ".bmp"}) {
    const Array a = parse_picture(encoded(ending, ramp(CV_8UC3)), "x");
    ASSERT_EQ(a.shape, (std::vector<std::size_t>{5, 7, 3})) << ending;
    EXPECT_EQ(a.bytes[0], 77) << ending;  // red, the last of OpenCV's three
    EXPECT_EQ(a.bytes[3 * 7 + 2], 10) << ending;
  }
  const Array webp = parse_picture(encoded(".webp", cv::Mat(8, 8, CV_8UC3, cv::Scalar(20, 100, 220))), "x");
  EXPECT_NEAR(webp.bytes[0], 220, 6);
}

TEST(PictureFile, WhatIsCutShortOrPromisesTooMuchIsRefused) {
  for (const char* ending : {".tif", ".bmp", ".webp"}) {
    auto bytes = encoded(ending, ramp(CV_8UC3));
    bytes.resize(12);
    EXPECT_THROW(parse_picture(bytes, "x"), FrameError) << ending;
  }
  auto bmp = encoded(".bmp", ramp(CV_8UC3));
  bmp[19] = 0x40;  // a width of 16391
  try {
    parse_picture(bmp, "x.bmp");
    FAIL();
  } catch (const FrameError& e) {
    EXPECT_EQ(e.reason(), FailureReason::kTruncated);
  }
  const std::uint8_t text[] = {'n', 'o', 'n', 'e'};
  EXPECT_THROW(parse_picture(text, "x"), FrameError);
}

TEST(PictureFile, TiffFacts) {
  const auto depth = tiff_facts(encoded(".tif", ramp(CV_32FC1))),
             colour = tiff_facts(encoded(".tif", ramp(CV_8UC3)));
  ASSERT_TRUE(depth && colour);
  EXPECT_EQ(depth->rows, 5u);
  EXPECT_EQ(depth->cols, 7u);
  EXPECT_EQ(depth->bits, 32u);
  EXPECT_EQ(depth->channels, 1u);
  EXPECT_EQ(colour->bits, 8u);
  EXPECT_EQ(colour->channels, 3u);
}

// Colours by formula: red 16 * (n % 16), green 32 * (n / 16), blue 9, at the n-th pixel; made with Pillow.
TEST(Gif, EveryPixelOfAPictureOfAnother) {
  const Array a =
      parse_gif(read_bytes(std::filesystem::path(test::kTestData) / "pictures" / "ramp.gif"), "ramp.gif");
  ASSERT_EQ(a.shape, (std::vector<std::size_t>{8, 16, 3}));
  for (std::size_t n = 0; n < 128; ++n) {
    EXPECT_EQ(a.bytes[3 * n], 16 * (n % 16)) << n;
    EXPECT_EQ(a.bytes[3 * n + 1], 32 * (n / 16)) << n;
    EXPECT_EQ(a.bytes[3 * n + 2], 9) << n;
  }
  const Array turned = parse_gif(
      read_bytes(std::filesystem::path(test::kTestData) / "pictures" / "interlaced.gif"), "interlaced.gif");
  EXPECT_EQ(turned.bytes, a.bytes);
}

// Long enough for codes of 12 bits and a full table.
TEST(Gif, ALargePictureUsesEveryLengthOfCode) {
  const Array a =
      parse_gif(read_bytes(std::filesystem::path(test::kTestData) / "pictures" / "noise.gif"), "noise.gif");
  ASSERT_EQ(a.shape, (std::vector<std::size_t>{96, 128, 3}));
  std::uint32_t state = 1;
  for (std::size_t n = 0; n < 96 * 128; ++n) {
    state = state * 1664525U + 1013904223U;
    ASSERT_EQ(a.bytes[3 * n], state >> 24) << n;
  }
}

TEST(Gif, DamageIsToldByItsKind) {
  auto bytes = read_bytes(std::filesystem::path(test::kTestData) / "pictures" / "ramp.gif");
  const auto reason = [](const std::vector<std::uint8_t>& b) {
    try {
      parse_gif(b, "x.gif");
    } catch (const FrameError& e) {
      return e.reason();
    }
    return FailureReason::kNone;
  };
  EXPECT_EQ(reason({bytes.begin(), bytes.end() - 40}), FailureReason::kTruncated);
  EXPECT_EQ(reason({bytes.begin(), bytes.begin() + 9}), FailureReason::kTruncated);
  bytes[0] = 'J';
  EXPECT_EQ(reason(bytes), FailureReason::kUnreadable);
}

TEST(StandIn, WhatALinkAndAFailedDownloadLeave) {
  const test::ScratchFolder folder;
  const auto said = [&](const std::string& text) {
    write_whole_file(folder / "x.png", std::vector<std::uint8_t>(text.begin(), text.end()));
    PlaneSource source;
    source.file = folder / "x.png";
    try {
      read_plane(source, PlaneKind::kRgb);
    } catch (const FrameError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(said("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n"),
              HasSubstr("pointer of Git LFS"));
  EXPECT_THAT(said("\n<!DOCTYPE html>\n<html>"), HasSubstr("web page"));
  EXPECT_THAT(said("something else that is no picture"), HasSubstr("neither a PNG nor a JPEG"));
}

}  // namespace
}  // namespace depthmill::io
