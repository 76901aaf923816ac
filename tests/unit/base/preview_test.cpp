#include "stages/base/preview.h"

#include <gtest/gtest.h>

namespace depthmill {
namespace {

TEST(Preview, RunsFromDarkToBrightAndCutsTheEnds) {
  cv::Mat pred(10, 100, CV_32FC1);
  for (int i = 0; i < 1000; ++i) pred.at<float>(i / 100, i % 100) = static_cast<float>(i);
  pred.at<float>(9, 99) = 1e6f;  // one wild value must not darken the rest
  const cv::Mat picture = preview_of(pred);
  ASSERT_EQ(picture.type(), CV_8UC3);
  const auto sum = [&](int y, int x) {
    const cv::Vec3b c = picture.at<cv::Vec3b>(y, x);
    return c[0] + c[1] + c[2];
  };
  EXPECT_LT(sum(0, 0), sum(5, 0));
  EXPECT_LT(sum(5, 0), sum(9, 90));
  EXPECT_EQ(picture.at<cv::Vec3b>(9, 99), picture.at<cv::Vec3b>(9, 98));
  cv::Mat doubles;
  pred.convertTo(doubles, CV_64F);
  EXPECT_EQ(cv::norm(preview_of(doubles), picture, cv::NORM_INF), 0);
  const cv::Mat flat = preview_of(cv::Mat(4, 4, CV_32FC1, cv::Scalar(3)));
  EXPECT_EQ(flat.at<cv::Vec3b>(0, 0), flat.at<cv::Vec3b>(3, 3));
}

}  // namespace
}  // namespace depthmill
