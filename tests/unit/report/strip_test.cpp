#include "stages/report/strip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace depthmill::report {
namespace {

TEST(ColourMaps, ScaleEndsAndMiddleAreTheMapsOwn) {
  const cv::Mat values = (cv::Mat_<double>(1, 5) << 1, 3, 2, 9, -4);
  const cv::Mat valid(1, 5, CV_8UC1, cv::Scalar(255));
  const cv::Mat out = colourise(values, valid, {1, 3}, depth_colours());
  const cv::Mat& map = depth_colours();
  EXPECT_EQ(out.at<cv::Vec3b>(0, 0), map.at<cv::Vec3b>(0, 0));
  EXPECT_EQ(out.at<cv::Vec3b>(0, 1), map.at<cv::Vec3b>(255, 0));
  EXPECT_EQ(out.at<cv::Vec3b>(0, 2), map.at<cv::Vec3b>(128, 0));
  EXPECT_EQ(out.at<cv::Vec3b>(0, 3), map.at<cv::Vec3b>(255, 0));  // beyond the end
  EXPECT_EQ(out.at<cv::Vec3b>(0, 4), map.at<cv::Vec3b>(0, 0));
}

TEST(ColourMaps, HolesAreGrayAndNoColourOfEitherMapIs) {
  const cv::Mat values(20, 20, CV_64FC1, cv::Scalar(0));
  const cv::Mat out = colourise(values, cv::Mat(20, 20, CV_8UC1, cv::Scalar(0)), {0, 1}, depth_colours());
  for (const cv::Mat* map : {&depth_colours(), &error_colours()})
    for (int i = 0; i < 256; ++i)
      for (int at = 0; at < 20; ++at)
        EXPECT_GT(cv::norm(map->at<cv::Vec3b>(i, 0), out.at<cv::Vec3b>(at, 3), cv::NORM_INF), 20);
}

TEST(ColourMaps, RoundedRangeHoldsTheValuesAndTicksLieInside) {
  for (double from : {-7.3, 0.0, 0.71, 12.0})
    for (double span : {0.004, 0.37, 1.0, 9.99, 4321.0}) {
      const ValueRange range = rounded_range(from, from + span);
      EXPECT_LE(range.from, from + 1e-9);
      EXPECT_GE(range.to, from + span - 1e-9 * span);
      EXPECT_LE(range.to - range.from, 1.5 * span);
      const std::vector<double> at = ticks(range);
      EXPECT_GE(at.size(), 2u);
      EXPECT_LE(at.size(), 7u);
      for (double t : at) {
        EXPECT_GE(t, range.from - 1e-9 * span);
        EXPECT_LE(t, range.to + 1e-9 * span);
        EXPECT_NEAR(std::stod(tick_text(t, at)), t, 1e-6 * span);
      }
    }
}

TEST(SignedError, IsUndefinedWhereEitherSideIs) {
  FramePlanes planes;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  planes.depth = (cv::Mat_<double>(1, 4) << 2, 0, 2, 2);
  planes.pred = (cv::Mat_<double>(1, 4) << 1.5, 1.5, nan, 2.25);
  const cv::Mat error = signed_error(planes);
  EXPECT_EQ(error.at<double>(0, 0), -0.5);
  EXPECT_TRUE(std::isnan(error.at<double>(0, 1)));
  EXPECT_TRUE(std::isnan(error.at<double>(0, 2)));
  EXPECT_EQ(error.at<double>(0, 3), 0.25);
}

TEST(MakeView, AbsentPlanesHaveNoPanelAndDepthsShareAScale) {
  FramePlanes planes;
  planes.raw_depth = cv::Mat(6, 8, CV_64FC1, cv::Scalar(2));
  planes.raw_depth.at<double>(0, 0) = 0;
  planes.raw_depth.at<double>(0, 1) = 4;
  FrameView view = make_view(planes, 80, 0.5);
  ASSERT_EQ(view.panels.size(), 1u);
  ASSERT_EQ(view.scales.size(), 1u);
  EXPECT_NE(view.panels[0].alt.find("2.1 % without"), std::string::npos) << view.panels[0].alt;

  planes.pred = cv::Mat(3, 4, CV_64FC1, cv::Scalar(9));
  view = make_view(planes, 80, 0.5);
  EXPECT_EQ(view.panels.size(), 2u) << "no error between maps of two sizes";
  planes.compared_truth = cv::Mat(3, 4, CV_64FC1, cv::Scalar(2));
  view = make_view(planes, 80, 0.5);
  ASSERT_EQ(view.panels.size(), 3u);  // raw depth, prediction, error
  EXPECT_EQ(view.panels[0].scale, view.panels[1].scale);
  EXPECT_EQ(view.panels[1].image.cols, 80);
  EXPECT_TRUE(view.scales[0].above);
  EXPECT_FALSE(view.scales[0].below);
  EXPECT_TRUE(view.scales[1].above);
  const cv::Mat strip = draw_strip(view);
  EXPECT_GT(strip.cols, 240);
  EXPECT_TRUE(draw_strip({}).cols > 0);
}

}  // namespace
}  // namespace depthmill::report
