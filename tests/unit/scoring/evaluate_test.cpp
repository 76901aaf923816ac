#include "stages/scoring/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/explain.h"
#include "stages/scoring/likely_scale.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/resize_map.h"
#include "stages/scoring/score.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

cv::Mat ramp(int rows, int cols, double factor = 1) {
  cv::Mat map(rows, cols, CV_64FC1);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) map.at<double>(r, c) = factor * (1 + 0.01 * r + 0.003 * c);
  return map;
}

cv::Mat single(const cv::Mat& map) {
  cv::Mat out;
  map.convertTo(out, CV_32F);
  return out;
}

Frame frame_of(const cv::Mat& gt, const cv::Mat& pred) {
  Frame frame;
  frame.scene = "room_0001";
  frame.name = "f";
  frame.planes[plane::kGt] = gt;
  frame.planes[plane::kPred] = single(pred);
  return frame;
}

Frame run(Frame frame, EvaluateOptions options) {
  options.protocol_folder = test::protocol_folder();
  const auto stage = make_evaluate_stage(options);
  stage->prepare();
  stage->run(std::span<Frame>(&frame, 1));
  return frame;
}

double value(const MetricRow& row, const std::string& key) {
  for (const auto& [name, v] : row.values)
    if (name == key) return v;
  ADD_FAILURE() << row.protocol << " has no " << key;
  return 0;
}

TEST(EvaluateStage, ScoresEveryProtocolAskedFor) {
  const Frame frame =
      run(frame_of(ramp(480, 640), ramp(480, 640, 1.1)), {.protocols = {"eigen", "eigen-nocrop"}});
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  ASSERT_EQ(frame.metrics.size(), 2u);
  EXPECT_NEAR(value(frame.metrics[0], "abs_rel"), 0.1, 1e-6);
  EXPECT_EQ(frame.metrics[0].valid_pixels, 426u * 560u);
  EXPECT_EQ(frame.metrics[1].valid_pixels, 480u * 640u);
}

TEST(EvaluateStage, AProtocolThatDoesNotFitLeavesTheOthersStanding) {
  const Frame frame = run(frame_of(ramp(427, 561), ramp(427, 561)), {.protocols = {"eigen", "eigen-nocrop"}});
  ASSERT_TRUE(frame.ok());
  EXPECT_TRUE(frame.metrics[0].values.empty());
  EXPECT_NE(frame.metrics[0].note.find("480x640"), std::string::npos);
  EXPECT_EQ(value(frame.metrics[1], "d1"), 1);

  const Frame alone = run(frame_of(ramp(427, 561), ramp(427, 561)), {.protocols = {"eigen"}});
  EXPECT_EQ(alone.failure, FailureReason::kWrongSize);
}

TEST(EvaluateStage, TheFirstOfSeveralReasonsIsTheFrames) {
  const Frame frame = run(frame_of(cv::Mat::zeros(427, 561, CV_64FC1), ramp(427, 561)),
                          {.protocols = {"eigen", "eigen-nocrop"}});
  EXPECT_EQ(frame.failure, FailureReason::kWrongSize) << frame.failure_text;
  EXPECT_NE(frame.failure_text.find("eigen: "), std::string::npos) << frame.failure_text;
  const Frame other = run(frame_of(cv::Mat::zeros(427, 561, CV_64FC1), ramp(427, 561)),
                          {.protocols = {"eigen-nocrop", "eigen"}});
  EXPECT_EQ(other.failure, FailureReason::kNoValidPixel) << other.failure_text;
}

TEST(EvaluateStage, PredictionsThatAreNotFiniteFailUnlessAllowed) {
  cv::Mat pred = ramp(480, 640);
  pred.at<double>(100, 100) = std::nan("");
  pred.at<double>(100, 101) = std::numeric_limits<double>::infinity();
  const Frame strict = run(frame_of(ramp(480, 640), pred), {.protocols = {"eigen"}});
  EXPECT_EQ(strict.failure, FailureReason::kNonFinite);
  EXPECT_NE(strict.failure_text.find("1 NaN and 1 infinite"), std::string::npos) << strict.failure_text;

  const Frame allowed = run(frame_of(ramp(480, 640), pred), {.protocols = {"eigen"}, .allow_missing = true});
  ASSERT_TRUE(allowed.ok());
  EXPECT_NE(allowed.metrics[0].note.find("1 NaN and 1 infinite"), std::string::npos);
  EXPECT_GT(value(allowed.metrics[0], "abs_rel"), 0);
}

TEST(EvaluateStage, TakesTheGroundTruthThatTheProtocolMeans) {
  Frame frame = frame_of(ramp(480, 640), ramp(480, 640));
  frame.planes.erase(plane::kGt);
  frame.planes[plane::kRawDepth] = ramp(480, 640);
  frame.planes[plane::kDepth] = ramp(480, 640, 2);
  const Frame scored = run(frame, {.protocols = {"eigen", "laina"}});
  ASSERT_TRUE(scored.ok());
  EXPECT_NEAR(value(scored.metrics[0], "abs_rel"), 0, 1e-3);
  EXPECT_NEAR(value(scored.metrics[1], "abs_rel"), 0.5, 1e-6);
}

TEST(EvaluateStage, NothingValidIsAFailureWithAReason) {
  const Frame frame =
      run(frame_of(cv::Mat::zeros(480, 640, CV_64FC1), ramp(480, 640)), {.protocols = {"eigen"}});
  EXPECT_EQ(frame.failure, FailureReason::kNoValidPixel);
}

TEST(EvaluateStage, MirroredPredictionsAreAveragedAndTheirAbsenceIsSaid) {
  Frame frame = frame_of(ramp(480, 640), ramp(480, 640, 1.2));
  const Frame without = run(frame, {.protocols = {"zoedepth"}});
  EXPECT_NE(without.metrics[0].note.find("without flip averaging"), std::string::npos);
  cv::Mat mirror;
  cv::flip(single(ramp(480, 640, 0.8)), mirror, 1);
  frame.planes[plane::kPredMirror] = mirror;
  const Frame with = run(frame, {.protocols = {"zoedepth", "newcrfs"}});
  EXPECT_NEAR(value(with.metrics[0], "abs_rel"), 0, 1e-3);
  EXPECT_EQ(with.metrics[0].note, "");
  // Blended borders lean to one of the two outputs, the middle is their mean.
  EXPECT_GT(value(with.metrics[1], "abs_rel"), 1e-3);
  EXPECT_LT(value(with.metrics[1], "abs_rel"), 0.05);
}

TEST(EvaluateStage, GroundTruthInWholeMillimetresLosesNone) {
  metrics::Protocol protocol;
  protocol.metrics = {"mae"};
  protocol.range.max = 20;
  protocol.gt_rounding = metrics::GtRounding::kTruncateMm;
  cv::Mat gt(100, 100, CV_64FC1), stored;
  for (int i = 0; i < 10000; ++i) gt.at<double>(i / 100, i % 100) = (i + 2) / 1000.0;
  gt.convertTo(stored, CV_32F);  // as a float file holds it
  for (const cv::Mat& truth : {gt, stored})
    EXPECT_LT(value(FrameScorer({.pred = gt, .gt = truth}).score(protocol), "mae"), 1e-6);
  cv::Mat more = gt + 0.0007;
  EXPECT_NEAR(value(FrameScorer({.pred = gt, .gt = more}).score(protocol), "mae"), 0, 1e-6);
}

TEST(EvaluateStage, KittiPredictionsGoBackToTheirPlace) {
  const cv::Mat gt = ramp(375, 1242);
  const cv::Mat pred = gt(cv::Rect(13, 23, 1216, 352)).clone();
  const Frame frame = run(frame_of(gt, pred), {.protocols = {"kitti-garg"}});
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  EXPECT_NEAR(value(frame.metrics[0], "abs_rel"), 0, 1e-6);
}

TEST(EvaluateStage, ExplainsTheWayBetweenTwoProtocols) {
  EvaluateOptions options{.protocols = {}, .protocol_folder = test::protocol_folder()};
  options.explain = {"eigen", "eigen-nocrop"};
  const Frame frame = run(frame_of(ramp(480, 640), ramp(480, 640, 1.1)), options);
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  std::vector<FrameScore> rows;
  for (const auto& row : frame.metrics) rows.push_back({frame.scene, frame.name, row});
  const auto table = explain_table(find_protocol("eigen", test::protocol_folder()),
                                   find_protocol("eigen-nocrop", test::protocol_folder()), rows);
  EXPECT_NE(table.find("| eigen | "), std::string::npos) << table;
  EXPECT_NE(table.find("| + crop | "), std::string::npos) << table;
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
}

TEST(EvaluateStage, DepthRangesAddRows) {
  EvaluateOptions options{.protocols = {"eigen"}};
  options.depth_ranges = {0, 3, 6, 10};
  const Frame frame = run(frame_of(ramp(480, 640), ramp(480, 640, 1.1)), options);
  ASSERT_EQ(frame.metrics.size(), 4u);
  EXPECT_EQ(frame.metrics[1].protocol, "eigen");
  EXPECT_EQ(frame.metrics[1].range, (DepthRange{0, 3}));
  EXPECT_EQ(row_name(frame.metrics[1]), "eigen@0:3");
  EXPECT_EQ(frame.metrics[1].valid_pixels + frame.metrics[2].valid_pixels + frame.metrics[3].valid_pixels,
            frame.metrics[0].valid_pixels);
  options.depth_ranges = {3, 1};
  EXPECT_NE(options.problem(), "");
}

// The one published prediction there is; NumPy gives 0.6180007, 0.1404982 and 0.7772640 on it.
TEST(EvaluateStage, ScoresFastDepthsOwnSample) {
  DEPTHMILL_REAL(pred, "real/fastdepth_sample/pred.npy");
  DEPTHMILL_REAL(depth, "real/fastdepth_sample/depth.npy");
  const auto read = [](const std::filesystem::path& file) {
    PlaneSource source;
    source.file = file;
    return io::read_plane(source, io::PlaneKind::kDepth);
  };
  const Frame frame = run(frame_of(read(depth), read(pred)), {.protocols = {"eigen-nocrop", "fastdepth"}});
  ASSERT_TRUE(frame.ok()) << frame.failure_text;
  EXPECT_NEAR(value(frame.metrics[0], "rmse"), 0.6180006917, 1e-7);
  EXPECT_NEAR(value(frame.metrics[0], "abs_rel"), 0.1404981735, 1e-7);
  EXPECT_NEAR(value(frame.metrics[0], "d1"), 0.7772640306, 1e-9);
  EXPECT_NEAR(value(frame.metrics[1], "rmse_mm"), 618.0006917, 1e-4);
}

TEST(DepthUnits, NamesTheLikelyScale) {
  const cv::Mat metres = ramp(48, 64);
  EXPECT_EQ(likely_depth_scale(metres, "x", "--gt-scale"), "");
  EXPECT_EQ(likely_scale_mismatch(metres, metres), "");
  EXPECT_EQ(likely_scale_mismatch(metres * 1.5, metres), "");
  EXPECT_NE(likely_scale_mismatch(metres, metres * 5).find("1/5000"), std::string::npos);
  cv::Mat twice;
  cv::vconcat(metres, metres, twice);
  EXPECT_NE(likely_scale_mismatch(twice, metres * 5).find("1/5000"), std::string::npos) << "sizes may differ";
  EXPECT_NE(likely_scale_mismatch(metres * 6, metres).find("1/6000"), std::string::npos);
  EXPECT_NE(likely_scale_mismatch(metres * 0.256, metres).find("1/256"), std::string::npos);
  EXPECT_NE(likely_scale_mismatch(metres * 0.1, metres).find("centimetres"), std::string::npos);
  EXPECT_NE(likely_depth_scale(ramp(48, 64, 15), "x", "--gt-scale").find("5000"), std::string::npos);
  cv::Mat bytes(48, 64, CV_64FC1);
  for (int i = 0; i < 48 * 64; ++i) bytes.at<double>(i / 64, i % 64) = (i % 256) / 1000.0;
  EXPECT_NE(likely_depth_scale(bytes, "x", "--gt-scale").find("8-bit"), std::string::npos);
  EXPECT_NE(likely_depth_scale(bytes * 1000, "x", "--gt-scale").find("8-bit"), std::string::npos);
}

TEST(DepthUnits, NamesTheOptionThatReadsIt) {
  const cv::Mat metres = ramp(48, 64);
  EXPECT_THAT(likely_scale_mismatch(metres * 0.256, metres), HasSubstr("--pred-scale 256"));
  EXPECT_THAT(likely_scale_mismatch(metres, metres * 1000, {}, {.gt_whole = false}),
              HasSubstr("--gt-scale 1000"));
  cv::Mat sun(48, 64, CV_64FC1);
  for (int i = 0; i < 48 * 64; ++i) sun.at<double>(i / 64, i % 64) = (1500 + i) * 8 / 1000.0;
  EXPECT_THAT(likely_depth_scale(sun, "x", "--gt-scale"), HasSubstr("--layout sun-rgbd"));
  sun.at<double>(3, 3) += 0.001;
  EXPECT_THAT(likely_depth_scale(sun, "x", "--gt-scale"), Not(HasSubstr("sun-rgbd")));
}

TEST(DepthUnits, KindOfFileDecidesWhatAFactorCanBe) {
  const cv::Mat metres = ramp(48, 64);
  constexpr SampleKinds kFloats{.pred_whole = false, .gt_whole = false};
  EXPECT_THAT(likely_scale_mismatch(metres * 1000, metres, {}, kFloats),
              HasSubstr("millimetres read as metres"));
  EXPECT_THAT(likely_scale_mismatch(metres * 1000, metres), Not(HasSubstr("read as metres")));
  EXPECT_THAT(likely_scale_mismatch(metres * 5, metres), HasSubstr("1/5000"));
  EXPECT_THAT(likely_scale_mismatch(metres * 5, metres, {}, kFloats), Not(HasSubstr("read as millimetres")));
}

TEST(DepthUnits, ALargeFactorIsAskedAboutWhateverElse) {
  cv::Mat metres = ramp(48, 64), noise(48, 64, CV_64FC1);
  cv::RNG rng(7);
  rng.fill(noise, cv::RNG::UNIFORM, 700, 3000);  // follows the truth in nothing, and no scale explains it
  EXPECT_THAT(likely_scale_mismatch(noise, metres, {}, {.pred_whole = false}),
              HasSubstr("are both in metres?"));
  rng.fill(noise, cv::RNG::UNIFORM, 1, 4);
  EXPECT_EQ(likely_scale_mismatch(noise, metres, {}, {.pred_whole = false}), "");
}

TEST(DepthUnits, HalfOfAMapBeyondEverySensorIsAnotherUnit) {
  const cv::Mat metres = ramp(48, 64);
  EXPECT_EQ(likely_too_far(metres, "x", "--in-scale"), "");
  EXPECT_EQ(likely_too_far(metres * 10, "x", "--in-scale"), "") << "a street";
  EXPECT_THAT(likely_too_far(metres * 1000.3, "x", "--in-scale"), HasSubstr("--in-scale 1000 reads them"));
  EXPECT_THAT(likely_depth_scale(metres * 1000.3, "x", "--gt-scale"),
              HasSubstr("--gt-scale 1000 reads them"));
}

TEST(DepthUnits, NoticesAPredictionThatIsTurned) {
  const cv::Mat metres = ramp(48, 64);
  EXPECT_EQ(likely_turned(metres, metres), "");
  cv::Mat turned;
  cv::rotate(metres, turned, cv::ROTATE_180);
  EXPECT_THAT(likely_turned(turned, metres), HasSubstr("upside down"));
  cv::rotate(metres, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
  EXPECT_THAT(likely_turned(turned, metres), HasSubstr("turned clockwise (correlation 1)"));
  EXPECT_EQ(likely_turned(cv::Mat(48, 64, CV_64FC1, cv::Scalar(2)), metres), "") << "varies nowhere";
  const cv::Mat disparity = 1 / metres;
  EXPECT_EQ(likely_turned(disparity, metres), "") << "turned it would fit, but it is disparity";
}

TEST(DepthUnits, DoubtsWhatWasToldAsWhatItIs) {
  const cv::Mat metres = ramp(48, 64);
  // Millimetres that were read at 256 a metre.
  const std::string both = likely_scale_mismatch(metres * (1000 / 256.), metres, {.pred = 256, .gt = 0});
  EXPECT_THAT(both, HasSubstr("read at 256 and 1000 samples a metre"));
  EXPECT_THAT(both, HasSubstr("--pred-scale 1000 or --gt-scale 256 would make them alike"));
  const std::string one = likely_scale_mismatch(metres * 0.1, metres, {.pred = 2560, .gt = 0});
  EXPECT_THAT(one, HasSubstr("--pred-scale 256 would make them alike"));
  EXPECT_EQ(likely_scale_mismatch(metres * 1.5, metres, {.pred = 256, .gt = 1000}), "");
}

TEST(DepthUnits, NamesProtocolsForPredictionsWithoutUnit) {
  const cv::Mat metres = ramp(48, 64);
  EXPECT_THAT(likely_scale_mismatch(metres * 0.07, metres), HasSubstr("marigold (scale and shift)"));
  EXPECT_EQ(likely_scale_mismatch(metres * 0.6, metres), "") << "a model may be that wrong";
  cv::Mat disparity = 1 / metres;
  EXPECT_THAT(likely_scale_mismatch(disparity, metres), HasSubstr("marigold-disparity and midas"));
  for (const char* named : {"marigold", "metric3d-median", "marigold-disparity", "midas"})
    EXPECT_NO_THROW(find_protocol(named, test::protocol_folder())) << named;
}

TEST(DepthUnits, AsksWhereOnlyThePredictionHasHoles) {
  const cv::Mat whole = ramp(48, 64);
  cv::Mat holed = whole.clone();
  holed(cv::Range(2, 4), cv::Range(5, 10)) = 0;
  EXPECT_EQ(likely_exchanged(whole, holed), "");
  EXPECT_EQ(likely_exchanged(whole, whole), "");
  EXPECT_EQ(likely_exchanged(holed, holed), "");
  EXPECT_THAT(likely_exchanged(holed, whole), HasSubstr("the prediction has 10"));
}

TEST(ResizeMap, ConventionsDiffer) {
  const cv::Mat map = (cv::Mat_<double>(1, 4) << 0, 1, 2, 3);
  const auto row = [&](int cols, metrics::Interpolation how) {
    const cv::Mat out = resize_map(map, 1, cols, how);
    const auto values = view<double>(out);
    return std::vector<double>(values.begin(), values.end());
  };
  using enum metrics::Interpolation;
  EXPECT_EQ(row(2, kNearestFloor), (std::vector<double>{0, 2}));
  EXPECT_EQ(row(2, kNearestCentre), (std::vector<double>{1, 3}));
  EXPECT_EQ(row(2, kBilinear), (std::vector<double>{0.5, 2.5}));
  EXPECT_EQ(row(2, kBilinearAlignCorners), (std::vector<double>{0, 3}));
  EXPECT_EQ(row(8, kBilinear).front(), 0);
  EXPECT_EQ(row(8, kBilinear)[1], 0.25);
  EXPECT_EQ(row(8, kBilinear), row(8, kBilinearAntialias));
  EXPECT_EQ(row(7, kBilinearAlignCorners)[1], 0.5);
  EXPECT_NEAR(row(2, kBilinearAntialias)[0], (0.75 * 0 + 0.75 * 1 + 0.25 * 2) / 1.75, 1e-12);
  EXPECT_THROW(row(2, kNone), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill
