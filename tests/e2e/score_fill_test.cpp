// The fill against readings that were hidden from it, and against the truth of generated rooms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "stages/io/csv.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ScoreFillTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    at_ = fs::temp_directory_path() / ("depthmill.e2e.score_fill." + std::to_string(::getpid()));
    fs::remove_all(at_);
    ASSERT_EQ(run("sample --quiet --scenes 2 --frames 1 --seed 4 --out raw").code, 0);
    ASSERT_EQ(run("extract --quiet --raw raw --out run").code, 0);
  }
  static void TearDownTestSuite() { fs::remove_all(at_); }
  static ProgramResult run(const std::string& line) {
    fs::create_directories(at_);
    return run_shell("cd " + at_.string() + " && " + kProgram + " " + line);
  }
  // Of summary.csv.
  static double score(const std::string& out, const std::string& hidden, const std::string& method,
                      const std::string& metric) {
    const io::CsvTable table = io::read_csv_file(at_ / out / "summary.csv");
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      if (table.rows[i][table.column("hidden")] == hidden && table.rows[i][table.column("method")] == method)
        return table.number(i, table.column(metric));
    ADD_FAILURE() << hidden << " " << method;
    return 0;
  }
  static inline fs::path at_;
};

TEST_F(ScoreFillTest, TablesPicturesAndPageAreTheSameForAnyNumberOfThreads) {
  for (const char* threads : {"1", "3"}) {
    const auto result =
        run(std::string("score-fill --in run --hide random:0.2,block:32 --methods levin,none --pictures 1 "
                        "--threads ") +
            threads + " --out t" + threads);
    ASSERT_EQ(result.code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("| random:0.2 | levin | 2 |"));
  }
  EXPECT_THAT(differing(folder_bytes(at_ / "t1"), folder_bytes(at_ / "t3")), IsEmpty());
  EXPECT_EQ(folder_bytes(at_ / "t1").size(), 9u) << "seven tables and pages, two pictures";
  EXPECT_LT(score("t1", "random:0.2", "levin", "rmse"), 0.2);
  EXPECT_GT(score("t1", "random:0.2", "none", "rmse"), 1) << "what is not filled is wrong by its whole depth";
  EXPECT_LT(score("t1", "random:0.2", "levin", "rmse"), score("t1", "block:32", "levin", "rmse"));
}

TEST_F(ScoreFillTest, TheSensorsOwnHolesAreScoredAgainstTheTruth) {
  const auto without = run("score-fill --in run --hide holes --out none");
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.output, HasSubstr("--hide holes needs --gt"));
  const auto result =
      run("score-fill --quiet --in run --gt raw/truth --hide holes --methods levin --pictures 0 --out h");
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_EQ(result.output, "") << "quiet";
  EXPECT_GT(score("h", "holes", "levin", "pixels"), 1000);
  EXPECT_GT(score("h", "holes", "levin", "d1_signed"), 0.7);
}

// What a network makes of the same input is scored by evaluate, over the same pixels.
TEST_F(ScoreFillTest, WhatWasHiddenIsKeptForOthers) {
  ASSERT_EQ(
      run("score-fill --quiet --in run --hide random:0.2 --methods levin --write-hidden --pictures 0 --out w")
          .code,
      0);
  ASSERT_EQ(run("fill --quiet --in w/random-0.2 --depth-format npy --tolerance 1e-9 --out again").code, 0);
  const auto scored =
      run("evaluate --quiet --pred again --pred-plane depth --gt run --gt-plane raw_depth --hidden "
          "w/random-0.2 --protocol "
          "completion-holdout --out again");
  ASSERT_EQ(scored.code, 0) << scored.output;
  const io::CsvTable table = io::read_csv_file(at_ / "again/metrics/summary.csv");
  double rmse = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i][table.column("metric")] == "rmse") rmse = table.number(i, table.column("value"));
  EXPECT_NEAR(rmse, score("w", "random:0.2", "levin", "rmse"), 1e-5);

  // --pred beside the fills, here of the same.
  const auto beside =
      run("score-fill --quiet --in run --hide random:0.2 --methods levin --pred again --pictures 0 --out b");
  ASSERT_EQ(beside.code, 0) << beside.output;
  EXPECT_NEAR(score("b", "random:0.2", "again", "rmse"), rmse, 1e-5);
  EXPECT_EQ(score("b", "random:0.2", "levin", "rmse"), score("w", "random:0.2", "levin", "rmse"));
  const auto lacking = run("score-fill --in run --hide block:32,random:0.2 --pred w --out c");
  EXPECT_EQ(lacking.code, 1);
  EXPECT_THAT(lacking.output, HasSubstr("has no folder block-32"));
  const auto several =
      run("score-fill --quiet --in run --hide random:0.2,block:32 --methods none --pred again --out d");
  EXPECT_EQ(several.code, 1) << "whose is it?";
}

// By completion-nyu the whole map counts: the same number as evaluate gives for the fills of what was left and of all.
TEST_F(ScoreFillTest, WholeMapsAreScoredAsPapersOnCompletionDo) {
  ASSERT_EQ(run("score-fill --quiet --in run --hide samples:500 --methods levin,none --tolerance 1e-9 "
                "--write-hidden "
                "--pictures 0 --out m")
                .code,
            0);
  ASSERT_EQ(run("fill --quiet --in m/samples-500 --depth-format npy --tolerance 1e-9 --out left").code, 0);
  ASSERT_EQ(run("fill --quiet --in run --depth-format npy --tolerance 1e-9 --out all").code, 0);
  ASSERT_EQ(run("evaluate --quiet --pred left --pred-plane depth --gt all --gt-plane depth --protocol "
                "completion-nyu --out nyu")
                .code,
            0);
  const io::CsvTable mine = io::read_csv_file(at_ / "m/completion_nyu.csv"),
                     right = io::read_csv_file(at_ / "nyu/metrics/summary.csv");
  ASSERT_EQ(mine.rows.size(), 2u);
  EXPECT_EQ(mine.rows[0][mine.column("method")], "levin");
  EXPECT_EQ(mine.rows[0][mine.column("frames")], "2");
  std::size_t held = 0;
  for (std::size_t i = 0; i < right.rows.size(); ++i) {
    const std::string& metric = right.rows[i][right.column("metric")];
    EXPECT_NEAR(mine.number(0, mine.column(metric)), right.number(i, right.column("value")), 1e-6) << metric;
    ++held;
  }
  EXPECT_EQ(held, 8u);
  EXPECT_GT(mine.number(1, mine.column("rmse")), mine.number(0, mine.column("rmse"))) << "none fills nothing";
  EXPECT_THAT(file_text(at_ / "m/score-fill.md"), HasSubstr("against levin's fill of all readings"));
  // Whatever method a configuration fills by.
  std::ofstream(at_ / "none.ini") << "[fill]\nmethod = none\n";
  ASSERT_EQ(run("score-fill --quiet --config none.ini --in run --hide samples:500 --methods levin,none "
                "--tolerance 1e-9 "
                "--pictures 0 --out by_none")
                .code,
            0);
  EXPECT_EQ(file_text(at_ / "by_none/completion_nyu.csv"), file_text(at_ / "m/completion_nyu.csv"));
}

TEST_F(ScoreFillTest, WhatCannotBeMeantIsRefused) {
  for (const char* more : {"--hide rand", "--hide random:2", "--methods levine", "--pictures -1"}) {
    const auto refused = run(std::string("score-fill --in run --out x ") + more);
    EXPECT_EQ(refused.code, 1) << more << refused.output;
  }
  EXPECT_EQ(run("score-fill --out x").code, 1);
  EXPECT_EQ(run("score-fill --in run --out /proc/x").code, 1) << "said before the work";
}

TEST_F(ScoreFillTest, ARuleThatLeavesNothingHasNoScoreAndTheOthersHave) {
  const auto result =
      run("score-fill --in run --hide block:1000,random:0.2 --methods levin --pictures 0 --limit 1 --out l");
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("block:1000, levin: no pixel was scored"));
  EXPECT_GT(score("l", "random:0.2", "levin", "pixels"), 1000);
  const auto nothing = run("score-fill --in run --hide block:1000 --methods levin --limit 1 --out n");
  EXPECT_EQ(nothing.code, 2) << nothing.output;
  EXPECT_FALSE(fs::exists(at_ / "n/summary.csv")) << "no table of nothing";
}

}  // namespace
}  // namespace depthmill::test
