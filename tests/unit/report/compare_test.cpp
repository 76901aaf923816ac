#include "stages/report/compare.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "stages/report/stars.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

RunData run_of(const std::string& label, const std::vector<std::pair<std::string, double>>& d1) {
  RunData run;
  run.label = label;
  ProtocolScores& scores = run.protocols.emplace_back();
  scores.name = "eigen";
  scores.keys = {"d1"};
  for (const auto& [frame, value] : d1)
    scores.frames.push_back("s", frame, {"eigen", 1, {{"d1", value}}, ""});
  return run;
}

TEST(Compare, ImagesAreJoinedByNameAndDirectionDecidesWhoIsBetter) {
  // In another order, and each with an image that the other lacks.
  const std::vector<RunData> runs = {run_of("a", {{"1", 0.5}, {"2", 0.6}, {"3", 0.7}, {"only a", 0.0}}),
                                     run_of("b", {{"only b", 1.0}, {"3", 0.9}, {"2", 0.8}, {"1", 0.4}})};
  const std::vector<Comparison> all =
      compare_runs(runs, "eigen", {metric_name("d1"), metric_name("no_direction")});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].result.images, 3u);
  EXPECT_NEAR(all[0].result.mean_difference, (0.2 + 0.2 - 0.1) / 3, 1e-12);
  EXPECT_EQ(all[0].second_better, 2u);
  EXPECT_EQ(all[0].second_worse, 1u);
  EXPECT_TRUE(compare_runs(runs, "laina", {metric_name("d1")}).empty());
}

TEST(Compare, ManyRunsAreEachComparedWithTheFirst) {
  std::vector<RunData> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(run_of(std::to_string(i), {{"1", 0.5}, {"2", 0.6 + i}}));
  EXPECT_EQ(compare_runs(runs, "eigen", {metric_name("d1")}).size(), 4u);
  runs.pop_back();
  EXPECT_EQ(compare_runs(runs, "eigen", {metric_name("d1")}).size(), 6u);
}

TEST(Compare, PairsOfOneMetricShareTheirCorrection) {
  std::vector<RunData> runs;
  for (const double lead : {0.0, 0.2, 0.0}) {
    std::vector<std::pair<std::string, double>> values;
    for (int i = 0; i < 24; ++i) values.emplace_back(std::to_string(i), 0.4 + 0.01 * (i % 7) + lead);
    runs.push_back(run_of("run" + std::to_string(runs.size()), values));
  }
  const auto all = compare_runs(runs, "eigen", {metric_name("d1")});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_NEAR(all[0].adjusted, 3 * all[0].result.p_value, 1e-12);
  EXPECT_EQ(all[1].adjusted, 1) << "alike in every image";
}

// Of 23 images 17 are better by as much as 6 are worse: p = 0.035 (a sign test's), twice that with Holm's correction where
// two rows are so.
TEST(Stars, SayWhatDiffersFromTheReference) {
  std::vector<RunData> runs;
  for (int r = 0; r < 4; ++r) {
    std::vector<std::pair<std::string, double>> values;
    for (int i = 0; i < 23; ++i) {
      const double lead = r == 0 ? 0 : r == 1 ? 0.2 : i < 17 ? 0.01 : -0.01;
      values.emplace_back(std::to_string(i), 0.4 + 0.01 * (i % 7) + lead);
    }
    runs.push_back(run_of("run" + std::to_string(r), values));
    runs.back().protocols[0].summary = {r == 1 ? 0.63 : 0.43};
  }
  std::vector<Table> tables = make_tables(runs);
  add_stars(tables, runs, "run0");
  EXPECT_EQ(tables[0].rows[0].cells[0].stars, "");
  EXPECT_EQ(tables[0].rows[1].cells[0].stars, "***");
  EXPECT_EQ(tables[0].rows[2].cells[0].stars, "") << "sure alone, not among three";
  EXPECT_NE(tables[0].stars_note.find("differs from run0"), std::string::npos);
  EXPECT_NE(tables[0].stars_note.find("Holm's correction over the 3 rows"), std::string::npos);
  EXPECT_NE(tables_markdown(tables).find("**0.6300**\\*\\*\\*"), std::string::npos)
      << tables_markdown(tables);
  EXPECT_THROW(add_stars(tables, runs, "run9"), std::invalid_argument);
  EXPECT_EQ(tables[0].stars_note.find("no difference could"), std::string::npos);
  std::vector<RunData> few = {run_of("a", {{"1", 0.5}, {"2", 0.6}, {"3", 0.7}, {"4", 0.7}}),
                              run_of("b", {{"1", 0.6}, {"2", 0.7}, {"3", 0.8}, {"4", 0.8}})};
  for (RunData& run : few) run.protocols[0].summary = {0.6};
  std::vector<Table> small = make_tables(few);
  add_stars(small, few, "a");
  EXPECT_NE(small[0].stars_note.find("With 4 images no difference could have a star."), std::string::npos);
  runs.pop_back();
  tables = make_tables(runs);
  add_stars(tables, runs, "run0");
  EXPECT_EQ(tables[0].rows[2].cells[0].stars, "*") << "the second smallest of two is as it is";
}

TEST(Compare, SmallProbabilitiesAreNotPrintedAsZero) {
  EXPECT_EQ(p_value_text(1e-9), "< 0.001");
  EXPECT_EQ(p_value_text(0.0321), "0.032");
}

}  // namespace
}  // namespace depthmill::report
