// Predictions off scale, made metres: fitted on some frames, held against others, taken by evaluate and infer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/core.hpp>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CalibrateTest : public ::testing::Test {
 protected:
  static cv::Mat truth(int frame) {
    cv::Mat map(48, 64, CV_64FC1);
    for (int i = 0; i < 48 * 64; ++i)
      map.at<double>(i / 64, i % 64) = 1 + 0.2 * frame + 0.1 * (i / 64) + 0.02 * (i % 64);
    return map;
  }
  // Predictions are (g - shift) / scale.
  void write(double scale, double shift) {
    for (int i = 0; i < 6; ++i) {
      const std::string name = std::to_string(i) + ".npy";
      io::write_plane(scratch_ / ("gt/" + name), truth(i), io::PlaneKind::kDepth);
      io::write_plane(scratch_ / ("pred/" + name), cv::Mat((truth(i) - shift) / scale),
                      io::PlaneKind::kDepth);
    }
  }
  ProgramResult run(const std::string& line) {
    return run_shell("cd " + scratch_.path().string() + " && " + kProgram + " " + line);
  }
  double score(const std::string& out, const std::string& metric) {
    const io::CsvTable table = io::read_csv_file(scratch_ / out / "metrics/summary.csv");
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      if (table.rows[i][table.column("metric")] == metric) return table.number(i, table.column("value"));
    ADD_FAILURE() << metric;
    return 0;
  }
  ScratchFolder scratch_;
};

TEST_F(CalibrateTest, IsFittedOnSomeFramesAndTakenByEvaluate) {
  write(3, 0.3);
  const auto fitted = run("calibrate --pred pred --gt gt --frames 4 --out c.ini");
  ASSERT_EQ(fitted.code, 0) << fitted.output;
  EXPECT_THAT(fitted.output, HasSubstr("calibrate: scale-shift, metres = "));
  const std::string evaluate = "evaluate --quiet --pred pred --gt gt --protocol eigen-nocrop --out ";
  ASSERT_EQ(run(evaluate + "plain").code, 0);
  ASSERT_EQ(run(evaluate + "made --calibration c.ini").code, 0);
  EXPECT_GT(score("plain", "abs_rel"), 0.5);
  EXPECT_LT(score("made", "abs_rel"), 1e-6);
  // Another calibration is another reading of the same files: the old numbers do not stay.
  std::ofstream(scratch_ / "c.ini") << "[calibration]\nscale = 1\n";
  const auto again = run(evaluate + "made --calibration c.ini");
  ASSERT_EQ(again.code, 0) << again.output;
  EXPECT_EQ(score("made", "abs_rel"), score("plain", "abs_rel"));
}

TEST_F(CalibrateTest, InferMakesMetresOfRelativeDepth) {
  io::write_plane(scratch_ / "p/1.png", cv::Mat(48, 64, CV_8UC3, cv::Scalar(9, 9, 9)), io::PlaneKind::kRgb);
  std::ofstream(scratch_ / "net.ini")
      << "[model]\nbackend = constant\nvalue = 0.5\n[output]\nkind = relative_depth\n";
  std::ofstream(scratch_ / "c.ini") << "[calibration]\nscale = 4\npower = 2\nshift = 0.25\n";
  const auto made = run("infer --images p --model net.ini --calibration c.ini --out o");
  ASSERT_EQ(made.code, 0) << made.output;
  PlaneSource pred;
  pred.file = scratch_ / "o/planes/1.pred.png";  // metres go into millimetres
  EXPECT_NEAR(cv::mean(io::read_plane(pred, io::PlaneKind::kDepth, "pred"))[0], 4 * 0.25 + 0.25, 1e-3);
  const auto other = run("infer --images p --model net.ini --out o");
  EXPECT_EQ(other.code, 1) << "a folder made with a calibration is not gone on with without one: "
                           << other.output;
}

TEST_F(CalibrateTest, WhatDoesNotHoldOutIsNotWritten) {
  write(1, 0);
  const auto refused = run("calibrate --pred pred --gt gt --out c.ini");
  EXPECT_EQ(refused.code, 2) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("no calibration improves d1"));
  EXPECT_FALSE(fs::exists(scratch_ / "c.ini"));
  std::ofstream(scratch_ / "bad.ini") << "[calibration]\nshift = 2\n";
  const auto bad = run("evaluate --pred pred --gt gt --calibration bad.ini --out x");
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.output, HasSubstr("has no scale in [calibration]"));
  EXPECT_EQ(run("evaluate --pred pred --gt gt --calibration none.ini --out x").code, 1);
}

}  // namespace
}  // namespace depthmill::test
