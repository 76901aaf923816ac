#include "stages/report/tables.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "metrics/sentence.h"
#include "stages/io/csv.h"
#include "stages/report/groups.h"
#include "stages/report/html_parts.h"
#include "stages/report/join.h"

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

TEST(Groups, StandTogetherAndAreMarkedWithin) {
  std::vector<RunData> runs = {run_with("a", {0.2, 0.7}), run_with("b", {0.1, 0.9})};
  runs[0].protocols[0].types = {{"office", 3, {0.25, 0.6}}, {"kitchen", 7, {0.15, 0.8}}};
  runs[1].protocols[0].types = {{"kitchen", 7, {0.05, 0.9}}, {"office", 3, {0.35, 0.5}}};
  runs[0].protocols[0].scenes = {{"office_1", 10, {0.2, 0.7}}};
  runs[1].protocols[0].ranges = {{0, 1, 500, {0.1, 1}}, {1, 2.5, 100, {0.3, 0.5}}};
  const std::vector<Table> wholes = make_tables(runs), groups = all_groups(wholes, runs);
  ASSERT_EQ(groups.size(), 2u) << "one scene is no part";
  const Table& types = groups[0];
  ASSERT_EQ(types.rows.size(), 4u);
  EXPECT_EQ(types.rows[1].group + types.rows[1].label, "officeb");
  EXPECT_EQ(types.rows[2].group + types.rows[2].label, "kitchena");
  EXPECT_EQ(mark_of(types, 0, 0), Mark::kBest);
  EXPECT_EQ(mark_of(types, 3, 0), Mark::kBest) << "the best kitchen too";
  EXPECT_EQ(types.rows[3].images, 7u);
  EXPECT_EQ(groups[1].rows[1].group, "1 to 2.5 m");
  EXPECT_THAT(tables_markdown(groups), HasSubstr("| scene type | run | abs_rel ↓ | d1 ↑ | images |"));
  EXPECT_THAT(tables_markdown(groups), HasSubstr("| 0 to 1 m | b | 0.1000 | 1.0000 | 500 |"));
  EXPECT_EQ(groups_csv(groups),
            "protocol,by,group,run,count,abs_rel,d1\n"
            "eigen,type,office,a,3,0.25,0.6\neigen,type,office,b,3,0.35,0.5\n"
            "eigen,type,kitchen,a,7,0.15,0.8\neigen,type,kitchen,b,7,0.05,0.9\n"
            "eigen,depth,0 to 1 m,b,500,0.1,1\neigen,depth,1 to 2.5 m,b,100,0.3,0.5\n");
  const std::vector<Table> sorted = arranged(groups, {.sort = "abs_rel"});
  EXPECT_EQ(sorted[0].rows[2].group + sorted[0].rows[2].label, "kitchenb") << "sorted within a group";
  const std::vector<Grouping> depth = {Grouping::kDepth};
  const std::vector<Table> listed = with_groups(wholes, groups, depth);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[1].by, Grouping::kDepth);
}

TEST(Groups, APageHoldsSoManyRows) {
  std::vector<RunData> runs = {run_with("a", {0.2, 0.7})};
  for (int i = 0; i < 5000; ++i)
    runs[0].protocols[0].scenes.push_back({"scene_" + std::to_string(i), 1, {0.2, 0.7}});
  runs[0].protocols[0].types = {{"office", 3, {0.25, 0.6}}, {"kitchen", 7, {0.15, 0.8}}};
  const std::string page = groups_section(all_groups(make_tables(runs), runs));
  EXPECT_THAT(page, HasSubstr("kitchen"));
  EXPECT_THAT(page, Not(HasSubstr("scene_1")));
  EXPECT_THAT(page, HasSubstr("in groups.csv and report.json: Scenes under protocol eigen"));
}

TEST(Join, OneTableSaysHowEachRowWasAligned) {
  std::vector<RunData> runs = {run_with("depth", {0.2, 0.7}), run_with("disparity", {0.1, 0.9})};
  ProtocolScores other = runs[1].protocols[0];
  other.name = "eigen-disparity";
  other.keys = {"d1", "abs_rel", "rmse"};
  other.summary = {0.95, 0.05, 0.3};
  metrics::Protocol fit;
  fit.name = other.name;
  fit.disparity = true;
  fit.align = metrics::AlignKind::kScaleShift;
  fit.align_space = metrics::AlignSpace::kDisparity;
  other.protocol = fit;
  runs[1].protocols.push_back(other);
  const auto tables = joined(make_tables(runs), runs, {"eigen", "eigen-disparity"});
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].protocol, "eigen + eigen-disparity");
  ASSERT_EQ(tables[0].columns.size(), 2u) << "rmse is of one alone";
  ASSERT_EQ(tables[0].rows.size(), 3u);
  EXPECT_EQ(tables[0].rows[0].alignment, "eigen") << "it did not keep its protocol";
  EXPECT_EQ(tables[0].rows[2].label + ": " + tables[0].rows[2].alignment,
            "disparity: scale and shift in disparity");
  EXPECT_EQ(tables[0].rows[2].cells[0].text, "0.0500") << "by key, not by place";
  EXPECT_EQ(mark_of(tables[0], 2, 0), Mark::kBest);
  EXPECT_THAT(tables_markdown(tables), HasSubstr("| run | alignment | abs_rel ↓ |"));
  EXPECT_THAT(tables_markdown(tables), HasSubstr("Not all of these protocols have rmse"));
  const auto asked = joined(make_tables(runs), runs, {"eigen", "eigen-disparity"}, {"rmse"});
  ASSERT_EQ(asked[0].columns.size(), 3u);
  EXPECT_EQ(asked[0].rows[0].cells[2].text, "") << "eigen has none";
  EXPECT_EQ(asked[0].rows[2].cells[2].text, "0.3000");
  EXPECT_TRUE(asked[0].remarks.empty());
  const auto by_rmse = arranged(make_tables(runs), {.sort = "rmse"});
  EXPECT_THAT(tables_markdown(by_rmse), HasSubstr("Not sorted: protocol eigen has no metric rmse"));
  EXPECT_TRUE(by_rmse[1].remarks.empty());
  EXPECT_THROW(joined(make_tables(runs), runs, {"eigen", "laina"}), std::invalid_argument);
  EXPECT_EQ(joined(make_tables(runs), runs, {}).size(), 2u);
}

TEST(Clips, AreDrawnForProtocolsThatLookAtThem) {
  std::vector<RunData> runs = {run_with("a", {0.2, 0.7})};
  ProtocolScores& scores = runs[0].protocols[0];
  for (int i = 0; i < 6; ++i)
    scores.frames.push_back(i < 4 ? "clip_1" : "clip_2", std::to_string(i),
                            {"eigen", 1, {{"abs_rel", 0.1 * i}, {"d1", 0.5}}, ""});
  scores.protocol = metrics::Protocol{};
  EXPECT_EQ(clips_section(make_tables(runs), runs), "");
  scores.protocol->align_group = metrics::AlignGroup::kClip;
  const std::string section = clips_section(make_tables(runs), runs);
  EXPECT_THAT(section, HasSubstr("clip_1: AbsRel"));
  EXPECT_THAT(section, HasSubstr("clip_2: AbsRel"));
  EXPECT_THAT(section, HasSubstr("<path class=\"curve s0\""));
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
