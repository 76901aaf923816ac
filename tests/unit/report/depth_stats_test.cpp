#include "stages/report/depth_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "stages/io/csv.h"

namespace depthmill::report {
namespace {

using ::testing::HasSubstr;

// 100 readings, 0.01 .. 1.00 m, and as many pixels without.
cv::Mat ramp() {
  cv::Mat depth(20, 10, CV_64FC1, cv::Scalar(0));
  for (int i = 0; i < 100; ++i) depth.at<double>(i / 10, i % 10) = (i + 1) / 100.0;
  depth.at<double>(15, 0) = std::numeric_limits<double>::quiet_NaN();
  depth.at<double>(15, 1) = std::numeric_limits<double>::infinity();
  depth.at<double>(15, 2) = -1;
  return depth;
}

TEST(DepthStats, OneFrameIsCountedByItsReadings) {
  const DepthFacts facts = facts_of(ramp());
  EXPECT_EQ(facts.pixels, 200u);
  EXPECT_EQ(facts.readings, 100u);
  EXPECT_DOUBLE_EQ(facts.hole_share(), 0.5);
  EXPECT_DOUBLE_EQ(facts.least, 0.01);
  EXPECT_DOUBLE_EQ(facts.greatest, 1.00);
  EXPECT_NEAR(facts.mean(), 0.505, 1e-12);
  EXPECT_NEAR(facts.histogram.quantile(0.5), 0.505, 0.005 + 1e-12);
  EXPECT_NEAR(facts.histogram.quantile(0.25), 0.255, 0.005 + 1e-12);
  EXPECT_EQ(facts.sizes, (std::set<std::pair<int, int>>{{20, 10}}));
}

TEST(DepthStats, ADepthBelongsToTheStepThatBeginsThere) {
  DepthHistogram histogram;
  for (int i = 1; i <= 9999; ++i) histogram.add(i / 100.0);
  for (std::size_t i = 1; i <= 9999; ++i) EXPECT_EQ(histogram.between(i, i + 1), 1u) << i;
  histogram.add(100);
  histogram.add(1e9);
  EXPECT_EQ(histogram.beyond(), 2u);
  EXPECT_EQ(histogram.between(0, DepthHistogram::kSteps), 9999u);
  for (int i = 0; i < 9999 * 4; ++i) histogram.add(2000);
  EXPECT_TRUE(std::isinf(histogram.quantile(0.5))) << "its steps end before";
  EXPECT_LE(histogram.quantile(0.1), DepthHistogram::kEnd);
}

TEST(DepthStats, FramesAddUpInAnyOrder) {
  const DepthFacts a = facts_of(ramp()), b = facts_of(cv::Mat(4, 5, CV_32FC1, cv::Scalar(7.5)));
  DepthFacts one, other;
  one.add(a), one.add(b);
  other.add(b), other.add(a);
  for (const DepthFacts* sum : {&one, &other}) {
    EXPECT_EQ(sum->frames, 2u);
    EXPECT_EQ(sum->readings, 120u);
    EXPECT_DOUBLE_EQ(sum->least, 0.01);
    EXPECT_DOUBLE_EQ(sum->greatest, 7.5);
    EXPECT_EQ(sum->histogram.between(750, 751), 20u);
    EXPECT_EQ(sum->sizes.size(), 2u);
  }
}

TEST(DepthStats, NothingIsUndefinedAndNotZero) {
  const DepthFacts none;
  EXPECT_TRUE(std::isnan(none.hole_share()) && std::isnan(none.mean()) &&
              std::isnan(none.histogram.quantile(0.5)));
  const DepthFacts holes = facts_of(cv::Mat(2, 2, CV_64FC1, cv::Scalar(0)));
  EXPECT_EQ(holes.hole_share(), 1);
  EXPECT_TRUE(std::isnan(holes.mean()));
}

TEST(DepthStats, TablesHaveARowASceneAndOneForAll) {
  DepthStats stats;
  stats.title = "a<b", stats.plane = "raw_depth";
  stats.scenes["k,1"] = facts_of(ramp());
  stats.scenes["k,1"].units.insert("1000 a metre");
  stats.scenes["office"] = facts_of(cv::Mat(4, 5, CV_64FC1, cv::Scalar(7.5)));
  const auto table = io::parse_csv(stats_csv(stats), "stats.csv");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0][0], "k,1");
  EXPECT_EQ(table.rows[2][0], "(all)");
  EXPECT_EQ(table.number(2, table.column("frames")), 2);
  EXPECT_EQ(table.number(0, table.column("hole_share")), 0.5);
  EXPECT_EQ(table.rows[0][table.column("unit")], "1000 a metre");
  const auto histogram = io::parse_csv(histogram_csv(stats), "histogram.csv");
  double total = 0;
  for (std::size_t i = 0; i < histogram.rows.size(); ++i)
    if (histogram.rows[i][0] == "(all)") total += histogram.number(i, histogram.column("readings"));
  EXPECT_EQ(total, 120);
  EXPECT_THAT(stats_markdown(stats), HasSubstr("| office |"));
  const std::string page = stats_page(stats);
  EXPECT_THAT(page, HasSubstr("a&lt;b"));
  EXPECT_THAT(page, HasSubstr("<svg class=\"plot\""));
}

TEST(DepthStats, BarsAreRoundAndFortyAtMost) {
  for (const double greatest : {0.5, 2.0, 9.99, 10.0, 40.0, 80.0, 100.0})
    EXPECT_LE(greatest / (DepthHistogram::kStep * static_cast<double>(steps_a_bar(greatest))), 40.0 + 1e-9)
        << greatest;
  EXPECT_EQ(steps_a_bar(10), 25u);
}

}  // namespace
}  // namespace depthmill::report
