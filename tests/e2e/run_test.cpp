// The built program from raw scenes to tables: results against the known truth, threads, kills, broken
// frames.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// What may differ between two runs of the same job: how long it took.
const std::vector<std::string> kTimes{"timing.csv"};

class RunTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    raw_ = fs::temp_directory_path() / ("depthmill.e2e.raw." + std::to_string(::getpid()));
    fs::remove_all(raw_);
    const auto made = run_depthmill("sample --quiet --scenes 2 --frames 3 --seed 11 --out " + raw_.string());
    ASSERT_EQ(made.code, 0) << made.output;
  }
  static void TearDownTestSuite() { fs::remove_all(raw_); }

  std::string extract_and_fill(const fs::path& out, const std::string& more = "") {
    return "run --raw " + raw_.string() + " --stages extract,fill --out " + out.string() + " " + more;
  }

  static inline fs::path raw_;
  ScratchFolder scratch_;
};

ProgramResult signalled_after_first_frame(const std::string& arguments, const fs::path& run, int signal) {
  return run_signalled(arguments, signal, [&] {
    return fs::exists(run / "journal") && file_text(run / "journal").find("\tframe\t") != std::string::npos;
  });
}

double summary_value(const fs::path& csv, const std::string& protocol, const std::string& metric) {
  const io::CsvTable table = io::read_csv_file(csv);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][table.column("protocol")] == protocol &&
        table.rows[i][table.column("metric")] == metric)
      return table.number(i, table.column("value"));
  return std::nan("");
}

TEST_F(RunTest, FilledDepthOfGeneratedScenesIsNearTheTruth) {
  const fs::path out = scratch_ / "run";
  const auto filled = run_depthmill(extract_and_fill(out, "--depth-format npy"));
  ASSERT_EQ(filled.code, 0) << filled.output;
  // The filled plane stands in for a prediction: its errors against the ray-caster's truth are those of the
  // whole chain of synchronisation, undistortion, registration and fill.
  const auto scored =
      run_depthmill("evaluate --pred " + out.string() + " --pred-plane depth --gt " +
                    (raw_ / "truth").string() + " --protocol eigen --out " + (scratch_ / "scores").string());
  ASSERT_EQ(scored.code, 0) << scored.output;
  const fs::path summary = scratch_ / "scores" / "metrics" / "summary.csv";
  // Stated bound: 5 % relative error and 93 % of the pixels within 1.25 over the evaluated crop, holes
  // included.
  EXPECT_LT(summary_value(summary, "eigen", "abs_rel"), 0.05);
  EXPECT_GT(summary_value(summary, "eigen", "d1"), 0.93);
}

TEST_F(RunTest, ThreadsDoNotChangeAByte) {
  const auto one = run_depthmill(extract_and_fill(scratch_ / "one", "--threads 1"));
  const auto four = run_depthmill(extract_and_fill(scratch_ / "four", "--threads 4"));
  ASSERT_EQ(one.code, 0) << one.output;
  ASSERT_EQ(four.code, 0) << four.output;
  auto a = folder_bytes(scratch_ / "one", {"timing.csv", "config.ini"});
  auto b = folder_bytes(scratch_ / "four", {"timing.csv", "config.ini"});
  EXPECT_GE(a.size(), 6u * 3u + 1u);
  EXPECT_EQ(a, b);
}

TEST_F(RunTest, KilledRunGoesOnToTheSameBytes) {
  const auto whole = run_depthmill(extract_and_fill(scratch_ / "whole", "--threads 2"));
  ASSERT_EQ(whole.code, 0) << whole.output;
  const auto expected = folder_bytes(scratch_ / "whole", kTimes);

  const fs::path out = scratch_ / "killed";
  const std::string line = extract_and_fill(out, "--threads 2");
  const auto killed = signalled_after_first_frame(line, out, SIGKILL);
  EXPECT_EQ(killed.code, 128 + SIGKILL) << killed.output;
  const auto resumed = run_depthmill(line);
  ASSERT_EQ(resumed.code, 0) << killed.output << resumed.output;
  auto actual = folder_bytes(out, kTimes);
  // The configuration names its own folder.
  auto with_own_out = expected;
  with_own_out.erase("config.ini");
  actual.erase("config.ini");
  EXPECT_EQ(actual, with_own_out);
}

TEST_F(RunTest, InterruptedRunSaysSoAndGoesOn) {
  const fs::path out = scratch_ / "run";
  const std::string line = extract_and_fill(out, "--threads 1 --frames-per-batch 1");
  const auto stopped = signalled_after_first_frame(line, out, SIGINT);
  EXPECT_EQ(stopped.code, 3) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("interrupted"));
  const auto resumed = run_depthmill(line);
  EXPECT_EQ(resumed.code, 0) << resumed.output;
  const io::CsvTable manifest = io::read_csv_file(out / "manifest.csv");
  EXPECT_EQ(manifest.rows.size(), 12u);  // 2 scenes x 3 frames x 2 stages
}

TEST_F(RunTest, OtherSettingsAreRefusedForTheSameFolder) {
  const fs::path out = scratch_ / "run";
  ASSERT_EQ(run_depthmill(extract_and_fill(out)).code, 0);
  const auto other = run_depthmill(extract_and_fill(out, "--alpha 2"));
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.output, HasSubstr("fill.alpha was '1', now '2'"));
  EXPECT_EQ(run_depthmill(extract_and_fill(out, "--alpha 2 --restart")).code, 0);
}

TEST_F(RunTest, SecondRunFindsEverythingDone) {
  const fs::path out = scratch_ / "run";
  ASSERT_EQ(run_depthmill(extract_and_fill(out)).code, 0);
  const auto before = folder_bytes(out, kTimes);
  const auto again = run_depthmill(extract_and_fill(out));
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.output, HasSubstr("6 of 6 frames done already"));
  EXPECT_EQ(folder_bytes(out, kTimes), before);
}

TEST(FillCommand, SinglePlanesOfMatFilesGiveTheToolboxsResult) {
  DEPTHMILL_GOLDEN(project, "toolbox/project_kitchen_0001.mat");
  DEPTHMILL_GOLDEN(golden, "toolbox/fill_kitchen_0001_full_alpha1.mat");
  ScratchFolder scratch;
  const auto filled =
      run_depthmill("fill --rgb " + project.string() + ":rgbUndistorted --depth " + project.string() +
                    ":depthOut --out " + (scratch / "filled.mat").string());
  ASSERT_EQ(filled.code, 0) << filled.output;
  const cv::Mat ours =
      io::read_plane(io::parse_plane_argument((scratch / "filled.mat").string()), io::PlaneKind::kDepth);
  const cv::Mat whole =
      io::read_plane(io::parse_plane_argument(golden.string() + ":out_f32"), io::PlaneKind::kDepth);
  const cv::Mat part =
      io::read_plane(io::parse_plane_argument(golden.string() + ":out_crop"), io::PlaneKind::kDepth);
  EXPECT_LT(cv::norm(ours, whole, cv::NORM_INF), 1e-6);
  // Rows 101..228 and columns 201..328 are stored in double.
  EXPECT_LT(cv::norm(ours(cv::Range(100, 228), cv::Range(200, 328)), part, cv::NORM_INF), 1e-9);
}

}  // namespace
}  // namespace depthmill::test
