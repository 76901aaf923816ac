#include "stages/report/tables.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "stages/io/csv.h"

namespace depthmill::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunData run_with(const std::string& label, const std::vector<double>& abs_rel_and_d1,
                 std::size_t images = 10) {
  RunData run;
  run.label = label;
  ProtocolScores scores;
  scores.name = "eigen";
  scores.sentence = "Crop of Eigen.";
  scores.keys = {"abs_rel", "d1"};
  scores.summary = abs_rel_and_d1;
  scores.images = images;
  run.protocols.push_back(scores);
  return run;
}

Mark mark_of(const Table& table, std::size_t row, std::size_t column) {
  return table.rows[row].cells[column].mark;
}

TEST(Tables, MarksFollowTheDirectionOfEachMetric) {
  const std::vector<RunData> runs = {run_with("a", {0.20, 0.7}), run_with("b", {0.10, 0.9}),
                                     run_with("c", {0.15, 0.8})};
  const std::vector<Table> tables = make_tables(runs);
  ASSERT_EQ(tables.size(), 1u);
  for (std::size_t column : {0u, 1u}) {
    EXPECT_EQ(mark_of(tables[0], 0, column), Mark::kNone);
    EXPECT_EQ(mark_of(tables[0], 1, column), Mark::kBest);
    EXPECT_EQ(mark_of(tables[0], 2, column), Mark::kSecond);
  }
  const std::string text = tables_markdown(tables);
  EXPECT_THAT(text, HasSubstr("abs_rel ↓"));
  EXPECT_THAT(text, HasSubstr("d1 ↑"));
  EXPECT_THAT(text, HasSubstr("| b | **0.1000** | **0.9000** | 10 |  |  |"));
  EXPECT_THAT(text, HasSubstr("<ins>0.1500</ins>"));
  EXPECT_THAT(text, HasSubstr("Crop of Eigen."));
}

TEST(Tables, AreArrangedForPeople) {
  std::vector<RunData> runs = {run_with("a", {0.2004, 0.7}), run_with("b", {0.1, 0.9}),
                               run_with("c", {0.2001, 0.8})};
  runs[1].protocols[0].low = {0.05, 0.85}, runs[1].protocols[0].high = {0.15, 0.95};
  const auto table = [&](const Arrangement& how) { return arranged(make_tables(runs), how).at(0); };
  const Table sorted = table({.sort = "d1"});
  EXPECT_EQ(sorted.rows[0].label + sorted.rows[1].label + sorted.rows[2].label, "bca") << "the best first";
  EXPECT_EQ(table({.sort = "abs_rel"}).rows[2].label, "a");
  const Table chosen = table({.columns = {"d1"}, .digits = 1, .percent = true, .intervals = true});
  ASSERT_EQ(chosen.columns.size(), 1u);
  EXPECT_EQ(chosen.rows[1].cells[0].text, "90.0");
  EXPECT_EQ(chosen.rows[1].cells[0].interval, "[85.0, 95.0]");
  EXPECT_EQ(chosen.rows[0].cells[0].interval, "") << "not known";
  EXPECT_THAT(tables_markdown({&chosen, 1}), HasSubstr("| run | d1 (%) ↑ |"));
  EXPECT_THAT(tables_markdown({&chosen, 1}), HasSubstr("| b | **90.0** [85.0, 95.0] |"));
  const Table rough = table({.digits = 2, .percent = true});
  EXPECT_EQ(rough.rows[0].cells[0].text, "0.20") << "an error is no share";
  EXPECT_EQ(mark_of(rough, 0, 0), Mark::kSecond);
  EXPECT_EQ(mark_of(rough, 2, 0), Mark::kSecond) << "what prints alike now shares the mark";
  EXPECT_THROW(table({.columns = {"abs_rle"}}), std::invalid_argument);
  EXPECT_THROW(table({.sort = "none"}), std::invalid_argument);
}

TEST(Tables, ValuesThatPrintAlikeShareTheMark) {
  const std::vector<RunData> runs = {run_with("a", {0.100001, 0.5}), run_with("b", {0.100002, 0.5}),
                                     run_with("c", {0.2, 0.5})};
  const Table table = make_tables(runs)[0];
  EXPECT_EQ(mark_of(table, 0, 0), Mark::kBest);
  EXPECT_EQ(mark_of(table, 1, 0), Mark::kBest);
  // With two firsts there is no second; with all equal there is no first.
  EXPECT_EQ(mark_of(table, 2, 0), Mark::kNone);
  EXPECT_EQ(mark_of(table, 0, 1), Mark::kNone);
}

TEST(Tables, UndefinedValuesAreEmptyAndNeverBest) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<RunData> runs = {run_with("a", {nan, 0.5}), run_with("b", {0.3, 0.6}),
                                     run_with("c", {-std::numeric_limits<double>::infinity(), 0.7})};
  const Table table = make_tables(runs)[0];
  EXPECT_EQ(table.rows[0].cells[0].text, "");
  EXPECT_EQ(mark_of(table, 0, 0), Mark::kNone);
  EXPECT_EQ(mark_of(table, 2, 0), Mark::kNone);
  EXPECT_EQ(mark_of(table, 2, 1), Mark::kBest);
}

TEST(Tables, UnknownMetricsAreShownWithoutDirection) {
  std::vector<RunData> runs = {run_with("a", {0.1, 0.5}), run_with("b", {0.2, 0.6})};
  for (RunData& run : runs) {
    run.protocols[0].keys.push_back("my_metric");
    run.protocols[0].summary.push_back(1.5);
  }
  const Table table = make_tables(runs)[0];
  ASSERT_EQ(table.columns.size(), 3u);
  EXPECT_EQ(table.columns[2].better, Better::kUnknown);
  EXPECT_EQ(mark_of(table, 0, 2), Mark::kNone);
}

TEST(Tables, DifferentImagesAreSaid) {
  std::vector<RunData> runs = {run_with("a", {0.1, 0.5}, 10), run_with("b", {0.2, 0.6}, 9)};
  EXPECT_THAT(tables_markdown(make_tables(runs)), HasSubstr("b is over 9 images, a over 10"));
  runs = {run_with("a", {0.1, 0.5}, 1), run_with("b", {0.2, 0.6}, 1)};
  EXPECT_THAT(tables_markdown(make_tables(runs)), Not(HasSubstr("images,")));
  runs[0].protocols[0].frames.push_back("s", "one", {"p", 5, {}, ""});
  runs[1].protocols[0].frames.push_back("s", "two", {"p", 5, {}, ""});
  EXPECT_THAT(tables_markdown(make_tables(runs)), HasSubstr("not the same images"));
}

TEST(Tables, CsvKeepsEveryDigitAndTheUnionOfColumns) {
  std::vector<RunData> runs = {run_with("a, \"quoted\"", {0.1 + 0.2, 0.5})};
  ProtocolScores laina;
  laina.name = "laina";
  laina.keys = {"rmse"};
  laina.summary = {1.0 / 3.0};
  laina.images = 10;
  runs[0].protocols.push_back(laina);
  runs[0].has_manifest = true;
  const io::CsvTable back = io::parse_csv(tables_csv(make_tables(runs)), "tables.csv");
  EXPECT_EQ(back.header, (std::vector<std::string>{"protocol", "run", "images", "failed", "skipped",
                                                   "abs_rel", "d1", "rmse"}));
  ASSERT_EQ(back.rows.size(), 2u);
  EXPECT_EQ(back.rows[0][1], "a, \"quoted\"");
  EXPECT_EQ(back.number(0, 5), 0.1 + 0.2);
  EXPECT_EQ(back.rows[0][7], "");
  EXPECT_EQ(back.number(1, 7), 1.0 / 3.0);
  EXPECT_EQ(back.rows[0][3], "0");
}

TEST(Tables, PrintedWidthsStayNarrow) {
  EXPECT_EQ(printed(0.14054), "0.1405");
  EXPECT_EQ(printed(9.99996), "10.000");
  EXPECT_EQ(printed(14.2), "14.200");
  EXPECT_EQ(printed(1234.56), "1234.6");
  EXPECT_EQ(printed(1e-9), "1.0e-09");
  EXPECT_EQ(printed(0), "0.0000");
  EXPECT_EQ(printed(std::nan("")), "");
}

}  // namespace
}  // namespace depthmill::report
