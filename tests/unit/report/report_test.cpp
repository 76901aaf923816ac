#include "stages/report/report.h"

#include <gmock/gmock.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "stages/report/load.h"
#include "stages/report/pictures.h"
#include "stages/report/tables.h"
#include "tests/support/test_data.h"
#include "tests/unit/report/fake_run.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

TEST(ReportOptions, ProblemNamesTheField) {
  ReportOptions options;
  EXPECT_THAT(options.problem(), HasSubstr("report.metrics"));
  options.metrics = {"run"};
  EXPECT_THAT(options.problem(), HasSubstr("report.out"));
  options.out = "out";
  EXPECT_EQ(options.problem(), "");
  options.panel_width = 1;
  EXPECT_THAT(options.problem(), HasSubstr("report.panel_width"));
  EXPECT_THROW(write_report(options), std::invalid_argument);
}

TEST(LoadRun, CountsEachLostFrameOnceWithItsFirstReason) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run");
  const report::RunData run = report::load_run((folder / "run").string());
  EXPECT_EQ(run.label, "run");
  ASSERT_EQ(run.failed.size(), 1u);
  EXPECT_EQ(run.failed[0].reason, "truncated");
  ASSERT_EQ(run.skipped.size(), 1u);
  EXPECT_EQ(run.skipped[0].id(), "scene_1/d-alone");
  ASSERT_EQ(run.protocols.size(), 2u);
  EXPECT_EQ(run.protocols[0].images, 8u);
  EXPECT_EQ(run.protocols[0].frames.size(), 8u);
  EXPECT_EQ(run.protocols[0].scenes.size(), 2u);
  EXPECT_FALSE(run.protocols[0].ranges.empty());
}

TEST(LoadRun, IntervalsAndSentencesReachTheTables) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run");
  const std::vector<report::RunData> runs = report::load_runs({(folder / "run").string()});
  const std::vector<report::Table> tables = report::make_tables(runs);
  EXPECT_EQ(tables[0].sentence, "Pixels inside the crop, 1 mm to 10 m.");
  const report::Cell& cell = tables[0].rows[0].cells[0];
  EXPECT_DOUBLE_EQ(cell.low, 0.9 * cell.value);
  EXPECT_DOUBLE_EQ(cell.high, 1.1 * cell.value);
  EXPECT_THAT(report::tables_csv(tables), HasSubstr("abs_rel,abs_rel_low,abs_rel_high,rmse"));
}

TEST(LoadRun, LabelsAndMetricsFolders) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "a" / "run");
  test::write_fake_run(folder / "b" / "run");
  const std::string a = (folder / "a" / "run").string(), b = (folder / "b" / "run").string();
  auto runs = report::load_runs({a, b + "/metrics", a + "/=mine"});
  EXPECT_EQ(runs[0].label, "a/run");
  EXPECT_EQ(runs[1].label, "b/run");
  EXPECT_EQ(runs[2].label, "mine");
  EXPECT_TRUE(runs[1].has_manifest);
  EXPECT_THROW(
      {
        try {
          report::load_run((folder / "a").string());
        } catch (const std::runtime_error& e) {
          EXPECT_THAT(e.what(), HasSubstr("summary.csv"));
          throw;
        }
      },
      std::runtime_error);
}

TEST(LoadRun, DamagedTableNamesFileAndLine) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run");
  std::ofstream(folder / "run" / "metrics" / "summary.csv", std::ios::app) << "eigen,extra,abc,3\n";
  try {
    report::load_run((folder / "run").string());
    FAIL() << "a value that is no number was read";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("summary.csv:14"));
  }
}

TEST(PickFrames, BestWorstThenScenesWithinTheLimit) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run");
  const report::RunData run = report::load_run((folder / "run").string());
  ReportOptions options;
  options.best_worst = 2;
  std::vector<report::Pick> picks = report::pick_frames(run, options);
  const ScoreTable& frames = run.protocols[0].frames;
  const std::vector<double> values = run.protocols[0].values_of("abs_rel");
  auto abs_rel = [&](const report::Pick& pick) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (frames.scene(i) == pick.scene && frames.frame(i) == pick.frame) return values[i];
    return -1.0;
  };
  ASSERT_GE(picks.size(), 4u);
  for (const double value : values) {
    EXPECT_GE(value, abs_rel(picks[0]));
    EXPECT_LE(value, abs_rel(picks[2]));
  }
  EXPECT_EQ(picks[1].group, report::PickGroup::kBest);
  EXPECT_EQ(picks[3].group, report::PickGroup::kWorst);
  EXPECT_THAT(picks[0].caption, HasSubstr("best 1 of 8, abs_rel 0.0"));
  options.max_pictures = 3;
  EXPECT_EQ(report::pick_frames(run, options).size(), 3u);
  options.max_pictures = 24;
  options.best_worst = 100;
  EXPECT_EQ(report::pick_frames(run, options).size(), 8u);
}

TEST(WriteReport, TablesAndStripsTwiceTheSameBytes) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "good", {.bias = 0.03});
  test::write_fake_run(folder / "bad", {.bias = 0.2});
  ReportOptions options;
  options.metrics = {(folder / "good").string(), (folder / "bad").string() + "=worse model"};
  options.out = folder / "out1";
  options.best_worst = 1;
  options.formats = {ReportFormat::kCsv, ReportFormat::kMarkdown, ReportFormat::kLatex, ReportFormat::kJson,
                     ReportFormat::kHtml};
  const ReportResult first = write_report(options);
  EXPECT_TRUE(first.warnings.empty()) << first.warnings[0];
  EXPECT_THAT(first.written, Contains(folder / "out1" / "tables.csv"));
  EXPECT_EQ(text_of(folder / "out1" / "tables.md"), first.markdown);
  EXPECT_THAT(first.markdown, ContainsRegex("\\| worse model \\| [^\n]* \\| 8 \\| 1 \\| 1 \\|\n"));
  options.out = folder / "out2";
  const ReportResult second = write_report(options);
  ASSERT_EQ(first.written.size(), second.written.size());
  std::size_t pictures = 0;
  for (std::size_t i = 0; i < first.written.size(); ++i) {
    EXPECT_EQ(text_of(first.written[i]), text_of(second.written[i])) << first.written[i];
    if (first.written[i].extension() != ".png") continue;
    ++pictures;
    const cv::Mat strip = cv::imread(first.written[i].string());
    // Five panels of 400 x 300 with two scales.
    EXPECT_GT(strip.cols, 5 * 400);
    EXPECT_GT(strip.rows, 300);
  }
  EXPECT_GE(pictures, 6u);
}

TEST(WriteReport, WithoutPlanesThereAreTablesAndAWarning) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run", {.planes = false});
  ReportOptions options;
  options.metrics = {(folder / "run").string()};
  options.out = folder / "out";
  const ReportResult result = write_report(options);
  EXPECT_EQ(result.written.size(), 3u) << "tables.csv, groups.csv, tables.md";
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_THAT(result.warnings[0], HasSubstr("no pictures"));
}

TEST(WriteReport, PlanesOfAnEvaluationAreFoundWhereItsConfigurationSays) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run", {.scenes = 1, .frames = 2});
  fs::create_directories(folder / "gt" / "scene_0");
  fs::create_directories(folder / "net" / "scene_0");
  for (const std::string frame : {"d-0", "d-1"}) {
    const fs::path planes = folder / "run" / "planes" / "scene_0";
    fs::rename(planes / (frame + ".depth.png"), folder / "gt" / "scene_0" / (frame + ".png"));
    fs::rename(planes / (frame + ".pred.png"), folder / "net" / "scene_0" / (frame + ".png"));
  }
  fs::remove_all(folder / "run" / "planes");
  std::ofstream(folder / "run" / "config.ini")
      << "[data]\ngt = " << (folder / "gt").string() << "\npred = " << (folder / "net").string() << "\n";
  ReportOptions options;
  options.metrics = {(folder / "run").string()};
  options.out = folder / "out";
  const ReportResult result = write_report(options);
  EXPECT_TRUE(result.warnings.empty()) << result.warnings[0];
  const cv::Mat strip = cv::imread((folder / "out" / "pictures" / "run" / "scene_0.d-0.png").string());
  // Ground truth, prediction and error: three panels.
  EXPECT_GT(strip.cols, 3 * 400);
  EXPECT_LT(strip.cols, 4 * 400);
}

TEST(WriteReport, AnUnreadablePlaneIsLeftOutAndSaid) {
  test::ScratchFolder folder;
  test::write_fake_run(folder / "run", {.scenes = 1, .frames = 1});
  const fs::path pred = folder / "run" / "planes" / "scene_0" / "d-0.pred.png";
  fs::resize_file(pred, 100);
  ReportOptions options;
  options.metrics = {(folder / "run").string()};
  options.out = folder / "out";
  const ReportResult result = write_report(options);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_THAT(result.warnings[0], HasSubstr("d-0.pred.png"));
  EXPECT_TRUE(fs::exists(folder / "out" / "pictures" / "run" / "scene_0.d-0.png"));
}

}  // namespace
}  // namespace depthmill
