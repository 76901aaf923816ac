#include "stages/data/nyu_labeled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "stages/data/utf16.h"
#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/h5_file.h"
#include "tests/support/mat_file.h"
#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

constexpr int kRows = 6, kCols = 9;

// Values that tell image, row and column apart, so that no transposition goes unseen.
LabeledImage made_image(int i) {
  LabeledImage image;
  image.entry = {"kitchen_000" + std::to_string(i / 2 + 1), "kitchen",
                 "kitchen_000" + std::to_string(i / 2 + 1) + "/r-1" + std::to_string(i) + ".5-7.ppm",
                 "kitchen_000" + std::to_string(i / 2 + 1) + "/d-1" + std::to_string(i) + ".25-8.pgm"};
  image.rgb.create(kRows, kCols, CV_8UC3);
  image.depth.create(kRows, kCols, CV_64FC1);
  image.raw_depth.create(kRows, kCols, CV_64FC1);
  image.labels.create(kRows, kCols, CV_16UC1);
  image.instances.create(kRows, kCols, CV_8UC1);
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kCols; ++c) {
      image.rgb.at<cv::Vec3b>(r, c) = {static_cast<uchar>(i), static_cast<uchar>(r),
                                       static_cast<uchar>(100 + c)};
      image.depth.at<double>(r, c) = 1 + i + r * 0.25 + c * 0.03125;  // exact as single
      image.raw_depth.at<double>(r, c) = (r + c) % 3 == 0 ? 0 : image.depth.at<double>(r, c);
      image.labels.at<std::uint16_t>(r, c) = static_cast<std::uint16_t>(300 + r * 10 + c);
      image.instances.at<uchar>(r, c) = static_cast<uchar>(c);
    }
  for (int a = 0; a < 4; ++a) image.accel[a] = i * 10 + a;
  return image;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

class LabeledTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 5; ++i) images.push_back(made_image(i));
    mat = folder / "labeled.mat";
    splits = folder / "splits.mat";
    write_labeled(mat, images, {"wall", "fl\xC3\xB6\xC3\xB6r", "", "\xF0\x9F\xAA\x91"});
    write_splits(splits, {{4, 0}, {2, 1}});
  }
  test::ScratchFolder folder;
  fs::path mat, splits;
  std::vector<LabeledImage> images;
};

TEST_F(LabeledTest, EveryPlaneComesBackUpright) {
  const LabeledFile file(mat);
  ASSERT_EQ(file.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(equal(file.rgb(i), images[i].rgb)) << i;
    EXPECT_TRUE(equal(file.depth(i), images[i].depth)) << i;
    EXPECT_TRUE(equal(file.raw_depth(i), images[i].raw_depth)) << i;
    EXPECT_TRUE(equal(file.labels(i), images[i].labels)) << i;
    EXPECT_TRUE(equal(file.instances(i), images[i].instances)) << i;
    for (int a = 0; a < 4; ++a) EXPECT_EQ(file.accel(i).at<double>(a), images[i].accel[a]);
    EXPECT_EQ(file.entry(i).rgb_filename, images[i].entry.rgb_filename);
    EXPECT_EQ(file.entry(i).depth_filename, images[i].entry.depth_filename);
    EXPECT_EQ(file.entry(i).scene, images[i].entry.scene);
    EXPECT_EQ(file.entry(i).scene_type, "kitchen");
  }
  EXPECT_THAT(file.class_names(), ElementsAre("wall", "fl\xC3\xB6\xC3\xB6r", "", "\xF0\x9F\xAA\x91"));
  EXPECT_THROW(file.rgb(5), std::out_of_range);
  EXPECT_THROW(file.depth(5), std::out_of_range);
}

TEST_F(LabeledTest, TheFileHasTheOfficialStructure) {
  std::ifstream in(mat, std::ios::binary);
  std::vector<char> head(520);
  in.read(head.data(), 520);
  EXPECT_EQ(std::string(head.data(), 10), "MATLAB 7.3");
  EXPECT_EQ(std::string(head.data() + 126, 2), "IM");
  EXPECT_EQ(std::string(head.data() + 512, 4), "\x89HDF");  // after the user block

  const test::H5File h5(mat);
  EXPECT_THAT(h5.dataset("images").shape, ElementsAre(5, 3, kCols, kRows));
  EXPECT_THAT(h5.dataset("depths").shape, ElementsAre(5, kCols, kRows));
  EXPECT_THAT(h5.dataset("accelData").shape, ElementsAre(4, 5));
  EXPECT_TRUE(h5.has("#refs#") && h5.has("#subsystem#"));
  // images(row 2, column 7, green, image 4), written the reversed way
  EXPECT_EQ(h5.dataset("images").values[((3 * 3 + 1) * kCols + 6) * kRows + 1], 1);
  EXPECT_EQ(h5.dataset("#refs#/c0").values, (std::vector<double>{'w', 'a', 'l', 'l'}));
}

TEST_F(LabeledTest, EqualImagesGiveEqualBytes) {
  const fs::path again = folder / "again.mat";
  write_labeled(again, images, {"wall", "fl\xC3\xB6\xC3\xB6r", "", "\xF0\x9F\xAA\x91"});
  const auto bytes = [](const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_TRUE(bytes(mat) == bytes(again));
}

TEST_F(LabeledTest, SplitsCountFromOneInTheFileAndFromZeroHere) {
  const test::MatFile file(splits);
  EXPECT_EQ(file["trainNdxs"].row_major(), (std::vector<double>{5, 1}));
  EXPECT_EQ(file["testNdxs"].rows(), 2u);
  const Splits read = read_splits(splits, 5);
  EXPECT_THAT(read.train, ElementsAre(4, 0));
  EXPECT_THAT(read.test, ElementsAre(2, 1));
  EXPECT_THROW(read_splits(splits, 4), std::runtime_error);  // 5 is beyond
  EXPECT_THROW(read_splits(mat, 5), std::runtime_error);     // no such variables
}

TEST_F(LabeledTest, OtherFilesAreRefusedWithASentence) {
  EXPECT_THROW(LabeledFile(folder / "absent.mat"), std::runtime_error);
  EXPECT_THROW(LabeledFile{splits}, std::runtime_error);
  // Cut short: the superblock knows the length.
  fs::resize_file(mat, fs::file_size(mat) / 2);
  EXPECT_THROW(LabeledFile{mat}, std::runtime_error);
}

TEST_F(LabeledTest, ImagesThatDoNotAgreeAreNotWritten) {
  images[3].labels = cv::Mat(kRows, kCols + 1, CV_16UC1, cv::Scalar(0));
  EXPECT_THROW(write_labeled(folder / "no.mat", images, {}), std::invalid_argument);
  EXPECT_THROW(write_labeled(folder / "no.mat", {}, {}), std::invalid_argument);
  EXPECT_FALSE(fs::exists(folder / "no.mat"));
}

TEST(Utf16, RoundTripAndBrokenHalves) {
  for (const char* text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "a\xF0\x9F\xAA\x91z"})
    EXPECT_EQ(utf8_from_utf16(utf16_from_utf8(text)), text);
  EXPECT_EQ(utf16_from_utf8("\xF0\x9F\xAA\x91").size(), 2u);
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(utf8_from_utf16(std::u16string{0xD800}), replacement);
  EXPECT_EQ(utf8_from_utf16(std::u16string{0xDC00, 'a'}), replacement + "a");
  EXPECT_EQ(utf8_from_utf16(utf16_from_utf8("\xFF\x80")), replacement + replacement);
  EXPECT_EQ(utf8_from_utf16(utf16_from_utf8("\xC0\xAF")), replacement + replacement);  // overlong
}

TEST(LabeledReal, OfficialSplits) {
  DEPTHMILL_REAL(path, "real/nyu_lists/splits.mat");
  const Splits splits = read_splits(path, 1449);
  EXPECT_EQ(splits.train.size(), 795u);
  EXPECT_EQ(splits.test.size(), 654u);
  EXPECT_EQ(splits.test[0], 0u);
  std::vector<bool> seen(1449);
  for (const auto* part : {&splits.train, &splits.test})
    for (std::size_t i : *part) {
      EXPECT_FALSE(seen[i]);
      seen[i] = true;
    }
}

}  // namespace
}  // namespace depthmill::data
