#include "stages/report/compare.h"

#include <gtest/gtest.h>

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

TEST(Compare, SmallProbabilitiesAreNotPrintedAsZero) {
  EXPECT_EQ(p_value_text(1e-9), "< 0.001");
  EXPECT_EQ(p_value_text(0.0321), "0.032");
}

}  // namespace
}  // namespace depthmill::report
