#include "stages/resample/resize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "stages/resample/taps.h"

namespace depthmill::networks {
namespace {

constexpr int kLast = static_cast<int>(ResizeFilter::kExactBilinearAntialias);

class EveryFilter : public ::testing::TestWithParam<int> {
 protected:
  ResizeFilter filter() const { return static_cast<ResizeFilter>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(All, EveryFilter, ::testing::Range(0, kLast + 1));

TEST_P(EveryFilter, KeepsAConstant) {
  const cv::Mat flat(17, 23, CV_32FC3, cv::Scalar(0.25, 3, -2)), bytes(17, 23, CV_8UC1, cv::Scalar(255));
  for (cv::Size size : {cv::Size(5, 3), {60, 40}, {23, 4}, {1, 1}, {7, 17}}) {
    EXPECT_LT(cv::norm(resample(flat, size, filter()), cv::Mat(size, CV_32FC3, cv::Scalar(0.25, 3, -2)),
                       cv::NORM_INF),
              1e-6);
    EXPECT_EQ(
        cv::norm(resample(bytes, size, filter()), cv::Mat(size, CV_8UC1, cv::Scalar(255)), cv::NORM_INF), 0);
  }
}

TEST_P(EveryFilter, CommutesWithTransposing) {
  // Floats only: PIL rounds bytes between its passes. Halving and doubling keep nearest away from ties of
  // rounding.
  cv::Mat m(16, 24, CV_32FC1);
  cv::RNG(3).fill(m, cv::RNG::UNIFORM, 0, 1);
  for (cv::Size size : {cv::Size(12, 8), {48, 32}, {12, 32}}) {
    const cv::Mat a = resample(m, size, filter()), b = resample(m.t(), {size.height, size.width}, filter());
    EXPECT_LT(cv::norm(a, b.t(), cv::NORM_INF), 1e-6);
  }
}

TEST_P(EveryFilter, TheSameSizeIsACopy) {
  const cv::Mat m(4, 5, CV_32FC1, cv::Scalar(std::numeric_limits<float>::quiet_NaN()));
  const cv::Mat copy = resample(m, m.size(), filter());
  EXPECT_NE(copy.data, m.data);
  EXPECT_TRUE(std::isnan(copy.at<float>(3, 4)));
}

TEST_P(EveryFilter, OnePixelFillsEverything) {
  const cv::Mat one(1, 1, CV_32FC2, cv::Scalar(3, 4));
  EXPECT_LT(
      cv::norm(resample(one, {5, 6}, filter()), cv::Mat(6, 5, CV_32FC2, cv::Scalar(3, 4)), cv::NORM_INF),
      1e-6);
}

TEST_P(EveryFilter, RefusesWhatItCannotDo) {
  EXPECT_THROW(resample(cv::Mat(), {2, 2}, filter()), std::invalid_argument);
  EXPECT_THROW(resample(cv::Mat(2, 2, CV_32FC1), {0, 2}, filter()), std::invalid_argument);
  EXPECT_THROW(resample(cv::Mat(2, 2, CV_16SC1), {3, 2}, filter()), std::invalid_argument);
}

// Every output's weights sum to 1 over inputs that are there, whatever the sizes.
TEST_P(EveryFilter, WeightsAreAMean) {
  if (filter() < ResizeFilter::kPilNearest) {
    EXPECT_THROW(make_taps(4, 2, filter()), std::invalid_argument) << "OpenCV keeps its weights to itself";
    return;
  }
  for (const int in : {1, 2, 7, 480, 641})
    for (const int out : {1, 3, 7, 224, 1242}) {
      const Taps taps = make_taps(in, out, filter());
      ASSERT_EQ(taps.outputs(), out);
      for (int i = 0; i < out; ++i) {
        ASSERT_GE(taps.count[i], 1);
        ASSERT_LE(taps.count[i], taps.width);
        double sum = 0;
        for (int k = i * taps.width; k < i * taps.width + taps.count[i]; ++k) {
          ASSERT_GE(taps.index[k], 0);
          ASSERT_LT(taps.index[k], in);
          sum += taps.weight[k];
        }
        ASSERT_NEAR(sum, 1, 1e-12) << in << " -> " << out << " at " << i;
      }
    }
}

// Doubles keep their digits; the exact filters leave a NaN where no weight is.
TEST(Resize, ExactFiltersTouchOnlyWhatHasWeight) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const cv::Mat map = (cv::Mat_<double>(1, 5) << 1, nan, 3 + 1e-12, 4, 5);
  const cv::Mat same_places = resample(map, {9, 1}, ResizeFilter::kExactBilinearCorners);
  EXPECT_EQ(same_places.at<double>(0, 0), 1);
  for (const int x : {1, 2, 3}) EXPECT_TRUE(std::isnan(same_places.at<double>(0, x))) << x;
  EXPECT_EQ(same_places.at<double>(0, 4), 3 + 1e-12);
  // Of three times as many, every third lies on an input, where the triangle reaches its neighbours with weight 0.
  EXPECT_EQ(resample(map, {15, 1}, ResizeFilter::kExactBilinearAntialias).at<double>(0, 1), 1);
  EXPECT_TRUE(std::isnan(resample(map, {15, 1}, ResizeFilter::kTorchBilinearAntialias).at<double>(0, 1)));
}

TEST(Resize, BilinearKernelsKeepARampInside) {
  cv::Mat ramp(8, 64, CV_32FC1);
  for (int x = 0; x < 64; ++x) ramp.col(x).setTo(x);
  const cv::Mat half_pixel = resample(ramp, {128, 8}, ResizeFilter::kTorchBilinear);
  for (int x = 1; x < 127; ++x) EXPECT_NEAR(half_pixel.at<float>(2, x), (x + 0.5) / 2 - 0.5, 1e-5);
  const cv::Mat corners = resample(ramp, {127, 8}, ResizeFilter::kTorchBilinearCorners);
  for (int x = 0; x < 127; ++x) EXPECT_NEAR(corners.at<float>(2, x), x / 2.0, 1e-5);
}

TEST(Resize, AntialiasingAveragesAndItsAbsenceDoesNot) {
  cv::Mat stripes(4, 64, CV_32FC1);
  for (int x = 0; x < 64; ++x) stripes.col(x).setTo(x % 2);
  EXPECT_NEAR(resample(stripes, {8, 4}, ResizeFilter::kPilBilinear).at<float>(1, 4), 0.5, 1e-6);
  EXPECT_NEAR(resample(stripes, {8, 4}, ResizeFilter::kTorchBicubicAntialias).at<float>(1, 4), 0.5, 1e-6);
  EXPECT_EQ(resample(stripes, {32, 4}, ResizeFilter::kTorchNearest).at<float>(1, 4), 0);
  // A kernel that is as wide as the step weighs every column alike, wherever it stands.
  for (const int bright : {0, 3, 7}) {
    cv::Mat posts(4, 64, CV_32FC1);
    for (int x = 0; x < 64; ++x) posts.col(x).setTo(x % 8 == bright);
    EXPECT_NEAR(resample(posts, {8, 4}, ResizeFilter::kPilBilinear).at<float>(1, 4), 0.125, 1e-6);
  }
}

// A quarter of a pixel from a lone bright one the value is the kernel's: Keys' with -0.5 in PIL, with -0.75 in torch.
TEST(Resize, CubicKernelsHaveTheirParameters) {
  cv::Mat lone(1, 16, CV_32FC1, cv::Scalar(0));
  lone.at<float>(0, 5) = 1;
  EXPECT_NEAR(resample(lone, {32, 1}, ResizeFilter::kPilBicubic).at<float>(0, 10), 0.8671875, 1e-6);
  EXPECT_NEAR(resample(lone, {32, 1}, ResizeFilter::kTorchBicubic).at<float>(0, 10), 0.87890625, 1e-6);
}

}  // namespace
}  // namespace depthmill::networks
