#include "stages/decompose/decompose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace depthmill {
namespace {

Frame frame_with_depth(cv::Size size) {
  std::mt19937 rng(3);
  std::uniform_real_distribution<double> noise(-0.05, 0.05);
  cv::Mat depth(size, CV_64FC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      depth.at<double>(y, x) = (x < size.width / 2 ? 2.0 : 5.0) + noise(rng);
  Frame frame;
  frame.name = "frame";
  frame.planes[plane::kDepth] = depth;
  return frame;
}

void decompose(Frame& frame, const DecomposeOptions& options = {}) {
  auto stage = make_decompose_stage(options);
  stage->prepare();
  stage->run({&frame, 1});
}

double difference(const Frame& f) {
  return cv::norm(f.plane(plane::kBase) + f.plane(plane::kDetail), f.plane(plane::kDepth), cv::NORM_INF);
}

TEST(DecomposeStage, BaseAndDetailSumToDepth) {
  for (const char* domain : {"linear", "log"})
    for (const char* guide : {"log_depth", "depth", "rgb"}) {
      Frame frame = frame_with_depth({31, 17});
      frame.planes[plane::kRgb] = cv::Mat(17, 31, CV_8UC3, cv::Scalar(10, 200, 30));
      DecomposeOptions options;
      options.domain = kDecomposeDomains.parse(domain);
      options.guide = kDecomposeGuides.parse(guide);
      decompose(frame, options);
      ASSERT_TRUE(frame.ok()) << frame.failure_text;
      EXPECT_LT(difference(frame), 1e-12) << domain << " " << guide;
    }
}

TEST(DecomposeStage, SmoothsNoiseAndKeepsTheEdge) {
  Frame frame = frame_with_depth({32, 16});
  decompose(frame);
  const cv::Mat& depth = frame.plane(plane::kDepth);
  const cv::Mat& base = frame.plane(plane::kBase);
  // Mean step between neighbours on the near side, away from the edge.
  auto roughness = [](const cv::Mat& m) {
    return cv::mean(cv::abs(cv::Mat(m.colRange(1, 13) - m.colRange(0, 12))))[0];
  };
  EXPECT_LT(roughness(base), 0.4 * roughness(depth));
  EXPECT_GT(base.at<double>(8, 16) - base.at<double>(8, 15), 2.0) << "the step of 3 m is still a step";
}

// The logarithm turns another unit into a shift, which a smooth base follows: of twice the depth twice the base.
TEST(DecomposeStage, TheBaseOfTheLogarithmIsInMetres) {
  DecomposeOptions options;
  options.domain = DecomposeDomain::kLog;
  options.guide = DecomposeGuide::kRgb;
  Frame frame = frame_with_depth({24, 12}), twice = frame_with_depth({24, 12});
  twice.planes[plane::kDepth] *= 2;
  for (Frame* f : {&frame, &twice}) {
    f->planes[plane::kRgb] = cv::Mat(12, 24, CV_8UC3, cv::Scalar(10, 200, 30));
    decompose(*f, options);
    ASSERT_TRUE(f->ok()) << f->failure_text;
    double least, greatest;
    cv::minMaxLoc(f->plane(plane::kDepth), &least, &greatest);
    EXPECT_TRUE(cv::checkRange(f->plane(plane::kBase), true, nullptr, least, greatest + 1e-9));
  }
  EXPECT_LT(cv::norm(twice.plane(plane::kBase), 2 * frame.plane(plane::kBase), cv::NORM_INF), 1e-9);
}

// ITU-R BT.601: the eye sees green more than red and red more than blue, and so much of a step is kept.
TEST(DecomposeStage, TheImageGuidesByItsLuminance) {
  DecomposeOptions options;
  options.guide = DecomposeGuide::kRgb;
  const auto kept = [&](const cv::Scalar& far) {
    Frame frame = frame_with_depth({32, 16});
    cv::Mat rgb(16, 32, CV_8UC3, cv::Scalar(100, 100, 100));
    rgb.colRange(16, 32).setTo(far);
    frame.planes[plane::kRgb] = rgb;
    decompose(frame, options);
    const cv::Mat& base = frame.plane(plane::kBase);
    return base.at<double>(8, 16) - base.at<double>(8, 15);
  };
  const double none = kept({100, 100, 100}), red = kept({200, 100, 100}), green = kept({100, 200, 100}),
               blue = kept({100, 100, 200});
  EXPECT_GT(green, 1.2 * red);
  EXPECT_GT(red, 1.2 * blue);
  EXPECT_GT(blue, 1.2 * none);
}

TEST(DecomposeStage, FramesOfSeveralSizesAndRepeatsAgree) {
  auto stage = make_decompose_stage({});
  stage->prepare();
  std::vector<Frame> frames{frame_with_depth({31, 17}), frame_with_depth({16, 9}),
                            frame_with_depth({31, 17})};
  stage->run(frames);
  for (const Frame& f : frames) ASSERT_TRUE(f.ok()) << f.failure_text;
  EXPECT_EQ(cv::norm(frames[0].plane(plane::kBase), frames[2].plane(plane::kBase), cv::NORM_INF), 0);
}

TEST(DecomposeStage, FailsOnHolesAndNonFiniteDepth) {
  Frame hole = frame_with_depth({8, 8});
  hole.planes[plane::kDepth].at<double>(3, 3) = 0;
  decompose(hole);
  EXPECT_EQ(hole.failure, FailureReason::kNoValidPixel);
  Frame nan = frame_with_depth({8, 8});
  nan.planes[plane::kDepth].at<double>(3, 3) = NAN;
  decompose(nan);
  EXPECT_EQ(nan.failure, FailureReason::kNonFinite);
}

TEST(DecomposeStage, OptionsNameTheField) {
  DecomposeOptions options;
  EXPECT_EQ(options.problem(), "");
  options.epsilon = 0;
  EXPECT_THAT(options.problem(), testing::HasSubstr("epsilon"));
  EXPECT_THROW(make_decompose_stage(options)->prepare(), std::runtime_error);
}

}  // namespace
}  // namespace depthmill
