// Evaluation through the built program: missing, extra and broken predictions are counted and named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class EvaluateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      write("gt", i, 2.0 + i);
      write("pred", i, 2.2 + i);
    }
  }
  void write(const std::string& folder, int number, double metres) {
    io::write_plane(scratch_.path() / folder / ("000" + std::to_string(number) + ".npy"),
                    cv::Mat(480, 640, CV_64FC1, cv::Scalar(metres)), io::PlaneKind::kDepth);
  }
  ProgramResult evaluate(const std::string& more = "") {
    const std::string s = scratch_.path().string();
    return run_depthmill("evaluate --pred " + s + "/pred --gt " + s + "/gt --out " + s + "/scores " + more);
  }
  io::CsvTable table(const std::string& name) { return io::read_csv_file(scratch_.path() / "scores" / name); }

  ScratchFolder scratch_;
};

TEST_F(EvaluateTest, NothingScoredIsAnErrorWithItsReasonAndNoTable) {
  fs::remove_all(scratch_.path() / "pred");
  for (int i = 0; i < 3; ++i) write("pred", 7 + i, 2);
  const auto result = evaluate("--protocol eigen-nocrop");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.output, HasSubstr("3 of 3: list, no_partner, for example 0000: no pred in"));
  EXPECT_THAT(result.output, HasSubstr("protocol 'eigen-nocrop' scored no image"));
  EXPECT_EQ(result.output.find("nan"), std::string::npos) << result.output;
  EXPECT_TRUE(table("metrics/summary.csv").rows.empty());
}

TEST_F(EvaluateTest, ValuesAreThoseOfTheFormula) {
  ASSERT_EQ(evaluate().code, 0);
  const io::CsvTable frames = table("metrics/frames.csv");
  ASSERT_EQ(frames.rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(frames.number(i, frames.column("abs_rel")), 0.2 / (2.0 + static_cast<double>(i)), 1e-12);
    EXPECT_NEAR(frames.number(i, frames.column("rmse")), 0.2, 1e-12);
    EXPECT_EQ(frames.number(i, frames.column("n")), 426 * 560);
  }
}

// The report's own intervals of depth are against the truth that was scored, though the folder of the predictions has
// measured depth as well, and although the truth is called filled depth.
TEST_F(EvaluateTest, TheReportKnowsTheTruthThatWasScored) {
  const std::string s = scratch_.path().string();
  for (int i = 0; i < 3; ++i) {
    const std::string name = "room/000" + std::to_string(i);
    for (const auto& [file, metres] : {std::pair{"run/planes/" + name + ".depth.npy", 2.2 + i},
                                       {"run/planes/" + name + ".raw_depth.npy", 2.21 + i},
                                       {"truth/" + name + ".depth.npy", 2.0 + i}})
      io::write_plane(scratch_.path() / file, cv::Mat(480, 640, CV_64FC1, cv::Scalar(metres)),
                      io::PlaneKind::kDepth);
  }
  const std::string call = "evaluate --pred " + s + "/run --pred-plane depth --gt " + s +
                           "/truth --protocol eigen-nocrop --out " + s;
  ASSERT_EQ(run_depthmill(call + "/own").code, 0);
  ASSERT_EQ(run_depthmill(call + "/asked --depth-ranges 2,3,4,5").code, 0);
  for (const char* run : {"own", "asked"})
    ASSERT_EQ(run_depthmill("report --by depth --pictures 0 --quiet --metrics " + s + "/" + run +
                            "=x --out " + s + "/report_" + run)
                  .code,
              0);
  const std::string groups = file_text(scratch_.path() / "report_asked" / "groups.csv");
  EXPECT_THAT(groups, HasSubstr("eigen-nocrop,depth,2 to 3 m,x,"));
  EXPECT_EQ(file_text(scratch_.path() / "report_own" / "groups.csv"), groups);
  // Where that truth is gone, nothing takes its place.
  fs::rename(scratch_.path() / "truth", scratch_.path() / "elsewhere");
  ASSERT_EQ(
      run_depthmill("report --by depth --pictures 0 --quiet --metrics " + s + "/own=x --out " + s + "/gone")
          .code,
      0);
  EXPECT_THAT(file_text(scratch_.path() / "gone" / "groups.csv"), Not(HasSubstr("depth")));
}

TEST_F(EvaluateTest, AMissingPredictionIsAnErrorThatNamesIt) {
  fs::remove(scratch_.path() / "pred" / "0001.npy");
  const auto result = evaluate();
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("1 of 3 frames failed"));
  const io::CsvTable manifest = table("manifest.csv");
  std::string failed;
  for (const auto& row : manifest.rows)
    if (row[manifest.column("status")] == "failed") failed += row[manifest.column("frame")];
  EXPECT_EQ(failed, "0001");
  EXPECT_EQ(table("metrics/frames.csv").rows.size(), 2u);
}

TEST_F(EvaluateTest, AllowMissingLeavesItOutAndSaysSo) {
  fs::remove(scratch_.path() / "pred" / "0001.npy");
  const auto result = evaluate("--allow-missing");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("1 frame left out"));
  const io::CsvTable manifest = table("manifest.csv");
  std::size_t skipped = 0;
  for (const auto& row : manifest.rows) skipped += row[manifest.column("status")] == "skipped";
  EXPECT_EQ(skipped, 1u);
  const std::string s = scratch_.path().string();
  const auto report = run_depthmill("report --metrics " + s + "/scores --out " + s + "/report");
  EXPECT_EQ(report.code, 0) << report.output;
  EXPECT_THAT(report.output, HasSubstr("| 2 | 0 | 1 |"));  // images, failed, skipped
}

TEST_F(EvaluateTest, AnExtraPredictionIsNamed) {
  write("pred", 7, 1.0);
  const auto result = evaluate();
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("0007"));
}

TEST_F(EvaluateTest, NonFinitePredictionsFailTheirFrame) {
  write("pred", 2, std::nan(""));
  const auto result = evaluate();
  EXPECT_EQ(result.code, 2) << result.output;
  const io::CsvTable manifest = table("manifest.csv");
  std::string reason;
  for (const auto& row : manifest.rows)
    if (row[manifest.column("status")] == "failed") reason = row[manifest.column("reason")];
  EXPECT_EQ(reason, "non_finite");
}

TEST_F(EvaluateTest, AWrongScaleIsNoticed) {
  const std::string s = scratch_.path().string();
  for (int i = 0; i < 3; ++i) write("gt", i, (2.0 + i) / 5.0);  // 1/5000 m read as millimetres, say
  const auto result = evaluate();
  EXPECT_THAT(result.output, HasSubstr("--gt-scale"));
}

// Floating-point files are metres unless it is said; what cannot be metres is asked about, whatever it is read for.
TEST_F(EvaluateTest, FloatingPointMillimetresAreNoticedAndReadAsTold) {
  const fs::path pairs = scratch_.path() / "pairs";
  cv::Mat depth(48, 64, CV_64FC1);
  for (int i = 0; i < 48 * 64; ++i) depth.at<double>(i / 64, i % 64) = i % 7 == 0 ? 0 : 1500.25 + i % 64;
  io::write_plane(pairs / "depth/0.npy", depth, io::PlaneKind::kDepth);
  io::write_plane(pairs / "rgb/0.png", cv::Mat(48, 64, CV_8UC3, cv::Scalar(90, 120, 60)),
                  io::PlaneKind::kRgb);
  const auto commands = [&](const std::string& scale, const std::string& out) {
    const std::string to = " --out " + (scratch_.path() / out).string();
    const std::string in = " --in " + pairs.string() + (scale.empty() ? "" : " --in-scale " + scale);
    return std::vector{run_depthmill("fill --depth-format npy" + in + to),
                       run_depthmill("stats" + in + to + "/stats"),
                       run_depthmill("baseline mean --gt " + pairs.string() + to + "/mean.pt" +
                                     (scale.empty() ? "" : " --gt-scale " + scale))};
  };
  for (const auto& said_nothing : commands("", "metres")) {
    EXPECT_EQ(said_nothing.code, 0) << said_nothing.output;
    EXPECT_THAT(said_nothing.output, HasSubstr("these look like millimetres")) << said_nothing.output;
    EXPECT_THAT(said_nothing.output, HasSubstr("-scale 1000 reads them"));
  }
  for (const auto& said : commands("1000", "millimetres")) {
    EXPECT_EQ(said.code, 0) << said.output;
    EXPECT_THAT(said.output, Not(HasSubstr("look like")));
  }
  const io::CsvTable stats = io::read_csv_file(scratch_.path() / "millimetres/stats/stats.csv");
  EXPECT_NEAR(stats.number(0, stats.column("depth_median")), 1.532, 0.01);
  PlaneSource filled;
  filled.file = scratch_.path() / "millimetres/planes/0.depth.npy";
  EXPECT_NEAR(cv::mean(io::read_plane(filled, io::PlaneKind::kDepth))[0], 1.532, 0.01);
}

TEST_F(EvaluateTest, AScaleThatLeavesNothingToScoreIsNamedInTheFailure) {
  for (int i = 0; i < 3; ++i) write("gt", i, 5 * (4.5 + i));  // 1/5000 m read as millimetres: beyond 10 m
  const auto result = evaluate();
  EXPECT_EQ(result.code, 2) << result.output;
  const io::CsvTable manifest = table("manifest.csv");
  for (const auto& row : manifest.rows)
    EXPECT_THAT(row[manifest.column("detail")], HasSubstr("--gt-scale")) << "frame " << row[1];
}

TEST_F(EvaluateTest, SinglePlanesAreScoredOnTheSpot) {
  const std::string s = scratch_.path().string();
  const auto result = run_depthmill("evaluate --pred " + s + "/pred/0000.npy --gt " + s + "/gt/0000.npy");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("abs_rel        0.1"));
}

// A step of 2 m down the middle, predicted two columns aside: the maps given beside the depth are found by
// name.
TEST_F(EvaluateTest, MapsBesideTheDepthReachTheirMetrics) {
  const std::string s = scratch_.path().string();
  const auto step = [](int at) {
    cv::Mat map(480, 640, CV_64FC1, cv::Scalar(2));
    map.colRange(at, 640).setTo(4);
    return map;
  };
  cv::Mat edges = cv::Mat::zeros(480, 640, CV_64FC1), planes(480, 640, CV_64FC1, cv::Scalar(1));
  edges.col(320).setTo(1);
  planes.colRange(320, 640).setTo(2);
  for (const auto& [name, map] : {std::pair{"g", step(320)}, {"p", step(322)}, {"e", edges}, {"l", planes}})
    io::write_plane(scratch_.path() / name / "0000.npy", map, io::PlaneKind::kDepth);
  const auto result = run_depthmill("evaluate --pred " + s + "/p --gt " + s + "/g --edges " + s +
                                    "/e --plane-labels " + s + "/l --protocol ibims --out " + s + "/ibims");
  ASSERT_EQ(result.code, 0) << result.output;
  const io::CsvTable frames = io::read_csv_file(scratch_.path() / "ibims/metrics/frames.csv");
  EXPECT_NEAR(frames.number(0, frames.column("dbe_acc")), 2, 1);
  EXPECT_GT(frames.number(0, frames.column("plane_flatness")), 0);
  EXPECT_EQ(frames.rows[0][frames.column("note")], "");
}

TEST_F(EvaluateTest, NormalsNeedNoDepth) {
  const std::string s = scratch_.path().string();
  for (const char* folder : {"n", "m"}) {
    fs::create_directories(scratch_.path() / folder);
    std::ofstream(scratch_.path() / folder / "0000.pfm", std::ios::binary) << "PF\n1 2\n-1.0\n"
                                                                           << std::string(24, '\1');
  }
  const auto result = run_depthmill("evaluate --pred-normals " + s + "/n --gt-normals " + s +
                                    "/m --protocol normals --out " + s + "/normals");
  ASSERT_EQ(result.code, 0) << result.output;
  const io::CsvTable frames = io::read_csv_file(scratch_.path() / "normals/metrics/frames.csv");
  EXPECT_NEAR(frames.number(0, frames.column("normal_mean")), 0, 1e-5);
  EXPECT_EQ(frames.number(0, frames.column("n")), 2);
  const auto alone = run_depthmill("evaluate --pred-normals " + s + "/n --out " + s + "/x");
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.output, HasSubstr("--gt-normals"));
}

}  // namespace
}  // namespace depthmill::test
