#include "stages/io/peek.h"

#include <gtest/gtest.h>

#include <fstream>

#include "stages/io/atomic_file.h"
#include "stages/io/npy.h"
#include "stages/io/png.h"
#include "stages/io/pnm.h"
#include "tests/support/test_data.h"

namespace depthmill::io {
namespace {

class PeekTest : public ::testing::Test {
 protected:
  bool depth(const std::vector<std::uint8_t>& bytes) {
    write_whole_file(folder_ / "file", bytes);
    return looks_like_depth(folder_ / "file");
  }
  test::ScratchFolder folder_;
};

TEST_F(PeekTest, OneWideChannelIsDepth) {
  EXPECT_TRUE(depth(encode_png(cv::Mat(4, 5, CV_16UC1, cv::Scalar(7)))));
  EXPECT_FALSE(depth(encode_png(cv::Mat(4, 5, CV_8UC1, cv::Scalar(7)))));
  EXPECT_FALSE(depth(encode_png(cv::Mat(4, 5, CV_8UC3, cv::Scalar(7)))));
  EXPECT_TRUE(depth(pnm_bytes(cv::Mat(4, 5, CV_16UC1, cv::Scalar(7)), ByteOrder::kHighFirst)));
  EXPECT_FALSE(depth(pnm_bytes(cv::Mat(4, 5, CV_8UC1, cv::Scalar(7)), ByteOrder::kHighFirst)));
  EXPECT_TRUE(depth(npy_bytes(to_array(cv::Mat(4, 5, CV_32FC1, cv::Scalar(7))))));
  EXPECT_FALSE(depth(npy_bytes(to_array(cv::Mat(4, 5, CV_32FC3, cv::Scalar(7))))));
  EXPECT_FALSE(depth(npy_bytes(to_array(cv::Mat(4, 5, CV_8UC1, cv::Scalar(7))))));
}

TEST_F(PeekTest, WhatIsCutShortOrAbsentIsNotCertain) {
  for (const std::string text : {"\x89PNG", "P5", "P5 #", "P5 4 ", "\x93NUMPY{'descr':'<f4','shape':(4", "x"})
    EXPECT_FALSE(depth({text.begin(), text.end()})) << text;
  EXPECT_FALSE(looks_like_depth(folder_ / "absent"));
}

}  // namespace
}  // namespace depthmill::io
