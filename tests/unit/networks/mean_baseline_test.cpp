#include "stages/networks/mean_baseline.h"

#include <gmock/gmock.h>

#include <limits>

#include "stages/networks/predictor.h"
#include "stages/networks/torch_module/find_torch.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

TEST(MeanBaseline, MeanOfWhatIsKnownAtEachPixel) {
  MeanBaseline baseline;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  baseline.add((cv::Mat_<double>(1, 4) << 1, 0, 4, nan));
  baseline.add((cv::Mat_<double>(1, 4) << 3, 2, 0, 5));
  const cv::Mat mean = baseline.mean();
  EXPECT_EQ(baseline.count(), 2u);
  const cv::Mat expected = (cv::Mat_<float>(1, 4) << 2, 2, 4, 5);
  EXPECT_EQ(cv::norm(mean, expected, cv::NORM_INF), 0);
}

TEST(MeanBaseline, PixelsNeverKnownGrowFromTheirNeighbours) {
  cv::Mat depth = cv::Mat::zeros(9, 9, CV_64FC1);
  depth(cv::Rect(3, 3, 3, 3)) = 2.0;
  depth.at<double>(4, 5) = 5.0;
  MeanBaseline baseline;
  baseline.add(depth);
  const cv::Mat mean = baseline.mean();
  double low = 0, high = 0;
  cv::minMaxLoc(mean, &low, &high);
  EXPECT_GE(low, 2.0 - 1e-6);
  EXPECT_LE(high, 5.0 + 1e-6);
  EXPECT_NEAR(mean.at<float>(0, 0), 2.0f, 1e-6);
  EXPECT_NEAR(mean.at<float>(4, 6), (2 + 5 + 2) / 3.0f, 1e-6) << "its three known neighbours";
  EXPECT_EQ(mean.at<float>(4, 5), 5.0f) << "known pixels stay";
}

TEST(MeanBaseline, RefusesWhatItCannotUse) {
  MeanBaseline baseline;
  EXPECT_THROW(baseline.mean(), std::runtime_error);
  baseline.add(cv::Mat::zeros(2, 3, CV_32FC1));
  EXPECT_THROW(baseline.mean(), std::runtime_error) << "nothing known";
  EXPECT_THROW(baseline.add(cv::Mat::zeros(3, 2, CV_32FC1)), std::invalid_argument);
  EXPECT_THROW(baseline.add(cv::Mat::zeros(2, 3, CV_8UC1)), std::invalid_argument);
}

TEST(MeanBaseline, SavedModelPredictsTheMeanForEveryImage) {
  if (!find_torch()) GTEST_SKIP() << no_torch_sentence();
  test::ScratchFolder folder;
  cv::Mat depth(6, 8, CV_64FC1);
  cv::randu(depth, 1, 9);
  MeanBaseline baseline;
  baseline.add(depth);
  baseline.save(folder / "mean.pt");

  baseline.save(folder / "again.pt");
  EXPECT_EQ(test::file_text(folder / "mean.pt"), test::file_text(folder / "again.pt"))
      << "equal means, equal bytes";

  const ModelCard card = find_model_card((folder / "mean.pt").string());
  PredictorOptions options;
  options.device = "cpu";
  auto predictor = make_predictor(card, options);
  const std::vector<cv::Mat> same(3, cv::Mat::zeros(6, 8, CV_8UC3));
  for (const cv::Mat& map : predictor->predict(same))
    EXPECT_EQ(cv::norm(map, baseline.mean(), cv::NORM_INF), 0);
  const std::vector<cv::Mat> larger(2, cv::Mat::zeros(12, 16, CV_8UC3));
  EXPECT_EQ(predictor->predict(larger)[1].size(), cv::Size(16, 12)) << "resized to the image";
}

}  // namespace
}  // namespace depthmill::networks
