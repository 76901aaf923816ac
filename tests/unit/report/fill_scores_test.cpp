#include "stages/report/fill_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace depthmill::report {
namespace {

using ::testing::HasSubstr;

TEST(FillErrors, ArePooledByDistanceAndDepth) {
  // One reading on the left; the others are hidden.
  cv::Mat truth(1, 6, CV_64FC1, cv::Scalar(2)), given = cv::Mat::zeros(1, 6, CV_64FC1),
                                                scored(1, 6, CV_8UC1, cv::Scalar(255));
  given.at<double>(0, 0) = 2, scored.at<std::uint8_t>(0, 0) = 0;
  truth.at<double>(0, 5) = 5;
  truth.at<double>(0, 4) = 0;  // nobody knows
  cv::Mat filled = (cv::Mat_<double>(1, 6) << 2, 2.2, 2, 1, 7, 0);
  const FillErrors errors = fill_errors(filled, truth, scored, given);
  EXPECT_EQ(errors.all.pixels, 4u);
  EXPECT_DOUBLE_EQ(errors.all.mae(), (0.2 + 0 + 1 + 5) / 4);
  EXPECT_DOUBLE_EQ(errors.all.rmse(), std::sqrt((0.04 + 0 + 1 + 25) / 4));
  EXPECT_DOUBLE_EQ(errors.all.abs_rel(), (0.1 + 0 + 0.5 + 1) / 4);
  EXPECT_DOUBLE_EQ(errors.all.d1(), 0.5) << "a fill of 0 is close to nothing";
  std::vector<std::uint64_t> by_distance, by_depth;
  for (const ErrorSums& sums : errors.by_distance) by_distance.push_back(sums.pixels);
  for (const ErrorSums& sums : errors.by_depth) by_depth.push_back(sums.pixels);
  EXPECT_EQ(by_distance, (std::vector<std::uint64_t>{1, 1, 1, 1, 0, 0, 0, 0})) << "1, 2, 3 and 5 pixels away";
  EXPECT_EQ(by_depth, (std::vector<std::uint64_t>{0, 0, 3, 0, 1, 0, 0})) << "2 m belongs to 2 to 3";
  EXPECT_TRUE(std::isnan(errors.by_depth[0].mae()));
}

TEST(FillErrors, WithoutAReadingEverythingIsFarAway) {
  const cv::Mat none = cv::Mat::zeros(1, 3, CV_64FC1), truth(1, 3, CV_64FC1, cv::Scalar(2)),
                scored(1, 3, CV_8UC1, cv::Scalar(1));
  EXPECT_EQ(fill_errors(truth, truth, scored, none).by_distance.back().pixels, 3u);
}

TEST(FillScores, TablesHoldTheMeanOverTheFramesThatHaveScores) {
  FillScores scores;
  scores.title = "a|b", scores.reference = "truth", scores.frames = 3;
  scores.order = {{"random:0.2", "levin"}};
  auto& frames = scores.by_frame[scores.order[0]];
  frames.push_back({"s", "1", {"completion-holdout", 10, {{"rmse", 0.25}}, ""}});
  frames.push_back({"s", "2", {"completion-holdout", 30, {{"rmse", 0.75}}, ""}});
  frames.push_back({"s", "3", {}});
  scores.pooled[scores.order[0]].all.add(2.5, 2);
  EXPECT_EQ(fill_summary_csv(scores), "hidden,method,frames,pixels,rmse\nrandom:0.2,levin,2,1,0.5\n");
  EXPECT_THAT(fill_frames_csv(scores), HasSubstr("s,2,random:0.2,levin,30,0.75\n"));
  EXPECT_THAT(fill_frames_csv(scores), HasSubstr("s,3,random:0.2,levin,0,\n"));
  EXPECT_THAT(fill_markdown(scores), HasSubstr("# How good is the fill of a\\|b?"));
  EXPECT_THAT(fill_markdown(scores), HasSubstr("| random:0.2 | levin | 2 | 1 | 0.5000 |"));
  const std::string page = fill_page(scores, {{"pictures/x&y.png", "one"}});
  EXPECT_THAT(
      page,
      HasSubstr("<img loading=\"lazy\" style=\"max-width:100%\" src=\"pictures/x&amp;y.png\" alt=\"one\">"));
}

}  // namespace
}  // namespace depthmill::report
