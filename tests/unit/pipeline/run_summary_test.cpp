#include "pipeline/run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace depthmill::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Frame failed(const char* stage, FailureReason reason, const std::string& text) {
  Frame frame;
  frame.fail(stage, reason, text);
  return frame;
}

TEST(FailureCount, TheCommonestReasonComesFirstWithItsFirstSentence) {
  FailureCount count;
  count.add(Frame{});
  count.add(failed("fill", FailureReason::kTruncated, "a.png: is cut short"));
  count.add(failed("evaluate", FailureReason::kNoPartner, "00045: no pred in DIR"));
  count.add(failed("evaluate", FailureReason::kNoPartner, "00046: no pred in DIR"));
  EXPECT_THAT(count.lines(4), ElementsAre("2 of 4: evaluate, no_partner, for example 00045: no pred in DIR",
                                          "1 of 4: fill, truncated, for example a.png: is cut short"));
}

TEST(FailureCount, NothingFailedNothingSaid) {
  FailureCount count;
  count.add(Frame{});
  EXPECT_THAT(count.lines(1), IsEmpty());
}

TEST(FailureCount, RareReasonsAreCountedTogether) {
  FailureCount count;
  for (int reason = 1; reason <= 7; ++reason)
    for (int n = reason; n <= 7; ++n) count.add(failed("fill", static_cast<FailureReason>(reason), "x"));
  const auto lines = count.lines(28);
  ASSERT_EQ(lines.size(), FailureCount::kMostReasons + 1);
  EXPECT_EQ(lines.front(), "7 of 28: fill, missing_file, for example x");
  EXPECT_EQ(lines.back(), "3 of 28: other reasons");  // 2 of the sixth and 1 of the seventh
}

TEST(FailureCount, AnExampleIsOneShortLine) {
  FailureCount count;
  count.add(failed("fill", FailureReason::kUnreadable, "\x1b[2J\n" + std::string(5000, 'x')));
  const std::string line = count.lines(1).front();
  EXPECT_LT(line.size(), 400u);
  EXPECT_EQ(line.find_first_of("\x1b\n"), std::string::npos);
}

TEST(Protocols, WithoutAValueOfAnyMetricAreNamed) {
  std::vector<metrics::Protocol> protocols(3);
  protocols[0].name = "scored", protocols[1].name = "undefined", protocols[2].name = "absent";
  const std::vector<ScoreSummary> totals{
      {"scored", "abs_rel", 0.1, 2}, {"scored", "dbe_acc", 0, 0}, {"undefined", "dbe_acc", 0, 0}};
  EXPECT_THAT(protocols_without_scores(protocols, totals), ElementsAre("undefined", "absent"));
}

}  // namespace
}  // namespace depthmill::pipeline
