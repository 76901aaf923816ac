#include "stages/io/exif.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/exif_bytes.h"

namespace depthmill::io {
namespace {

TEST(Exif, TheTagIsFoundInEitherByteOrder) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool low_first : {true, false})
      EXPECT_EQ(exif_orientation(test::exif_bytes(orientation, low_first)), orientation);
}

TEST(Exif, WhatCannotBeUnderstoodSaysNothing) {
  const std::vector<std::uint8_t> whole = test::exif_bytes(6, true);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const int found = exif_orientation({whole.data(), length});
    EXPECT_TRUE(found == 1 || found == 6) << length;
  }
  for (const int strange : {0, 9, 65535}) EXPECT_EQ(exif_orientation(test::exif_bytes(strange, false)), 1);
  EXPECT_EQ(exif_orientation(std::filesystem::path("/nowhere.jpg")), 1);
}

// A picture of one bright corner: where its row 0 and column 0 come to lie, as the standard has them.
TEST(Exif, RowsAndColumnsGoWhereTheTagSays) {
  cv::Mat stored = (cv::Mat_<uchar>(2, 3) << 1, 2, 3, 4, 5, 6);
  const cv::Mat wanted[] = {
      (cv::Mat_<uchar>(2, 3) << 1, 2, 3, 4, 5, 6), (cv::Mat_<uchar>(2, 3) << 3, 2, 1, 6, 5, 4),
      (cv::Mat_<uchar>(2, 3) << 6, 5, 4, 3, 2, 1), (cv::Mat_<uchar>(2, 3) << 4, 5, 6, 1, 2, 3),
      (cv::Mat_<uchar>(3, 2) << 1, 4, 2, 5, 3, 6), (cv::Mat_<uchar>(3, 2) << 4, 1, 5, 2, 6, 3),
      (cv::Mat_<uchar>(3, 2) << 6, 3, 5, 2, 4, 1), (cv::Mat_<uchar>(3, 2) << 3, 6, 2, 5, 1, 4)};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const cv::Mat turned = turned_upright(stored, orientation);
    ASSERT_EQ(turned.size(), wanted[orientation - 1].size()) << orientation;
    EXPECT_EQ(cv::norm(turned, wanted[orientation - 1], cv::NORM_INF), 0) << orientation;
  }
}

}  // namespace
}  // namespace depthmill::io
