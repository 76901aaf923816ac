#include "stages/io/exr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "stages/io/peek.h"
#include "tests/support/exr_file.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using test::ExrTestChannel, test::ExrTestFile;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Numbers that half has too: eighths up to 60.
cv::Mat eighths(int rows, int cols, unsigned seed) {
  cv::Mat m(rows, cols, CV_32FC1);
  cv::RNG rng(seed);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < cols; ++j) m.at<float>(i, j) = static_cast<float>(rng.uniform(1, 480)) / 8;
  return m;
}

cv::Mat as_double(const cv::Mat& m) {
  cv::Mat out;
  m.convertTo(out, CV_64F);
  return out;
}

class Exr : public ::testing::Test {
 protected:
  cv::Mat depth(const std::string& name = "", double scale = 1000) const {
    PlaneSource source;
    source.file = file_;
    source.name = name;
    source.depth_scale = scale;
    return read_plane(source, PlaneKind::kDepth);
  }
  cv::Mat rgb(const std::string& name = "") const {
    PlaneSource source;
    source.file = file_;
    source.name = name;
    return read_plane(source, PlaneKind::kRgb);
  }
  Failure no_depth(const std::string& name = "") const {
    return failure_of([&] { depth(name); });
  }
  void write(const std::vector<ExrTestChannel>& channels) const { test::write_exr(file_, channels); }

  test::ScratchFolder scratch_;
  const std::filesystem::path file_ = scratch_ / "d.exr";
};

// Codings that lose nothing: none, RLE, ZIPS, ZIP, PIZ.
TEST_F(Exr, EveryLosslessCodingGivesTheNumbersBack) {
  const cv::Mat z = eighths(37, 45, 1);
  for (const int compression : {0, 1, 2, 3, 4})
    for (const int tile : {0, 16})
      for (const bool half : {false, true}) {
        test::write_exr(file_, {.parts = {{{"Z", z, half}}}, .compression = compression, .tile = tile});
        EXPECT_TRUE(same(depth(), as_double(z))) << compression << " " << tile << " " << half;
      }
}

// PXR24 keeps 24 bits of a float, B44 and B44A lose some of a half: what is left is what OpenEXR's other library reads.
TEST_F(Exr, CodingsThatLoseSomeGiveWhatThePeerReads) {
  const cv::Mat z = eighths(70, 45, 2);
  for (const int compression : {5, 6, 7})
    for (const bool half : {false, true}) {
      test::write_exr(file_, {.parts = {{{"Z", z, half}}}, .compression = compression});
      EXPECT_TRUE(same(depth(), as_double(test::read_exr(file_, "Z")))) << compression << " " << half;
    }
  for (const int compression : {8, 9}) {
    test::write_exr(file_, {.parts = {{{"Z", z}}}, .compression = compression});
    EXPECT_THAT(no_depth().text, HasSubstr("d.exr: is packed with DWA"));
  }
}

TEST_F(Exr, WholeSamplesAreDividedByTheScale) {
  cv::Mat mm(3, 4, CV_32SC1);
  for (int i = 0; i < 12; ++i) mm.at<int>(i / 4, i % 4) = 1000 * i + 70001;
  write({{"Z", mm}});
  EXPECT_EQ(depth("", 1000).at<double>(2, 3), 81.001);
  EXPECT_EQ(depth("", 5000).at<double>(0, 0), 70001. / 5000);
}

TEST_F(Exr, ChannelsThatAreDepth) {
  const cv::Mat z = eighths(5, 6, 3), other = eighths(5, 6, 4), more = eighths(5, 6, 5);
  const auto is_z = [&] { return same(depth(), as_double(z)); };
  write({{"R", other}, {"G", more}, {"B", other}, {"A", more}, {"Z", z}});
  EXPECT_TRUE(is_z());
  write({{"Y", z}});
  EXPECT_TRUE(is_z());
  write({{"R", z}});
  EXPECT_TRUE(is_z());
  write({{"R", z}, {"G", z}, {"B", z}});
  EXPECT_TRUE(is_z());
  write({{"depth.V", z}});
  EXPECT_TRUE(is_z());
  write({{"ViewLayer.Depth.Z", z},
         {"ViewLayer.Normal.X", other},
         {"ViewLayer.Normal.Y", other},
         {"ViewLayer.Normal.Z", more},
         {"ViewLayer.Combined.R", other}});
  EXPECT_TRUE(is_z());
  test::write_exr(file_, ExrTestFile{.parts = {{{"R", other}, {"G", more}, {"B", other}}, {{"Z", z}}}});
  EXPECT_TRUE(is_z());
}

TEST_F(Exr, WhatIsNotSurelyDepthIsRefusedWithItsChannels) {
  const cv::Mat a = eighths(5, 6, 3), b = eighths(5, 6, 4);
  write({{"R", a}, {"G", b}, {"B", a}});
  EXPECT_THAT(no_depth().text,
              AllOf(HasSubstr("d.exr: "), HasSubstr("picture in colour"), HasSubstr("B G R")));
  EXPECT_TRUE(same(depth("G"), as_double(b)));
  write({{"X", a}, {"Y", b}, {"Z", a}});
  EXPECT_THAT(no_depth().text, AllOf(HasSubstr("does not say which channel"), HasSubstr("X Y Z")));
  EXPECT_TRUE(same(depth("Z"), as_double(a)));
  write({{"near.Z", a}, {"far.Z", b}});
  EXPECT_THAT(no_depth().text, HasSubstr("far.Z near.Z"));
  EXPECT_TRUE(same(depth("far.Z"), as_double(b)));
  EXPECT_THAT(no_depth("Q").text,
              HasSubstr("has no one channel of this name; its channels are far.Z near.Z"));
  test::write_exr(file_, ExrTestFile{.parts = {{{"Z", a}}, {{"Z", b}}}});
  EXPECT_THAT(no_depth().text, HasSubstr("does not say which channel"));
  test::write_deep_exr(file_);
  EXPECT_THAT(no_depth().text, HasSubstr("deep picture"));
}

// A window of samples within, and one around the picture.
TEST_F(Exr, ThePictureIsTheDisplayWindow) {
  const cv::Mat z = eighths(4, 5, 6);
  test::write_exr(file_, {.parts = {{{"Z", z}}}, .at = {2, 3}, .picture = {9, 8}});
  cv::Mat wide(8, 9, CV_64FC1, cv::Scalar(0));
  as_double(z).copyTo(wide(cv::Rect(2, 3, 5, 4)));
  EXPECT_TRUE(same(depth(), wide));
  test::write_exr(file_, {.parts = {{{"Z", z}}}, .at = {-1, -2}, .picture = {3, 2}});
  EXPECT_TRUE(same(depth(), as_double(z)(cv::Rect(1, 2, 3, 2)).clone()));
}

// Values of the curve of sRGB, by its formula: 0.5 -> 187.5 (188), 0.0025 -> 8.2.
TEST_F(Exr, ColoursAreOfLinearLight) {
  const cv::Mat r(2, 2, CV_32FC1, cv::Scalar(0.5)), g(2, 2, CV_32FC1, cv::Scalar(0.0025));
  cv::Mat b(2, 2, CV_32FC1, cv::Scalar(7));
  b.at<float>(1, 1) = -3;
  write({{"R", r}, {"G", g}, {"B", b}, {"Z", r}});
  EXPECT_EQ(rgb().at<cv::Vec3b>(0, 0), cv::Vec3b(188, 8, 255));
  EXPECT_EQ(rgb().at<cv::Vec3b>(1, 1), cv::Vec3b(188, 8, 0));
  write({{"Scene.Combined.R", r}, {"Scene.Combined.G", g}, {"Scene.Combined.B", b}, {"Scene.Depth.Z", r}});
  EXPECT_EQ(rgb().at<cv::Vec3b>(0, 0), cv::Vec3b(188, 8, 255));
  EXPECT_EQ(rgb("Scene.Combined").at<cv::Vec3b>(0, 0), cv::Vec3b(188, 8, 255));
  write({{"Y", r}});
  EXPECT_EQ(rgb().at<cv::Vec3b>(0, 0), cv::Vec3b(188, 188, 188));
  b.at<float>(0, 1) = std::numeric_limits<float>::quiet_NaN();
  write({{"R", r}, {"G", g}, {"B", b}});
  EXPECT_THAT(failure_of([&] { rgb(); }).text, HasSubstr("NaN"));
  write({{"Z", r}});
  EXPECT_THAT(failure_of([&] { rgb(); }).text, HasSubstr("has no colours R, G, B; its channels are Z"));
}

TEST_F(Exr, DepthIsToldFromPicturesByTheHeader) {
  const cv::Mat m(2, 2, CV_32FC1, cv::Scalar(1));
  write({{"Z", m}});
  EXPECT_TRUE(looks_like_depth(file_));
  write({{"R", m}, {"G", m}, {"B", m}, {"Z", m}});
  EXPECT_FALSE(looks_like_depth(file_));
  put_bytes(file_, bytes_of("\x76\x2f\x31\x01"));
  EXPECT_FALSE(looks_like_depth(file_));
}

// Every length but the whole one, whatever the coding: one sentence that names the file, and no numbers.
TEST_F(Exr, AFileThatIsCutShortGivesNoNumbers) {
  for (const int compression : {0, 3, 4}) {
    test::write_exr(file_, {.parts = {{{"Z", eighths(20, 9, 7)}}}, .compression = compression});
    const Bytes whole = file_bytes(file_);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const auto failure =
          failure_of([&] { parse_exr(std::span(whole).first(n), PlaneKind::kDepth, "", "d.exr"); });
      ASSERT_NE(failure.reason, FailureReason::kNone) << compression << ", " << n << " of " << whole.size();
      ASSERT_THAT(failure.text, HasSubstr("d.exr: "));
    }
  }
}

TEST_F(Exr, SizesAreHeldAgainstTheFileAndTheLimit) {
  write({{"Z", eighths(20, 30, 8)}});
  {
    const MaxPixels few(599);
    EXPECT_THAT(no_depth().text, HasSubstr("600 pixels, more than the 599 that are read (--max-pixels)"));
  }
  const MaxPixels enough(600);
  EXPECT_EQ(no_depth().text, "no error");

  Bytes bytes = file_bytes(file_);
  const std::string name = "dataWindow";
  const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end()) - bytes.begin() + 21;
  const auto promise = [&](std::int32_t right, std::int32_t bottom) {
    std::memcpy(&bytes[static_cast<std::size_t>(at) + 8], &right, 4);
    std::memcpy(&bytes[static_cast<std::size_t>(at) + 12], &bottom, 4);
    return failure_of([&] { parse_exr(bytes, PlaneKind::kDepth, "", "d.exr"); });
  };
  EXPECT_EQ(promise(29, 19).text, "no error");
  EXPECT_EQ(promise(2000000000, 2000000000).reason, FailureReason::kUnreadable);
  EXPECT_EQ(promise(-1, 19).reason, FailureReason::kUnreadable);
  const MaxPixels many(kMaxElements);
  EXPECT_EQ(promise(16000, 16000).reason, FailureReason::kTruncated);
}

}  // namespace
}  // namespace depthmill::io
