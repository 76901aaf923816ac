#include "metrics/protocol.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/explain.h"
#include "metrics/sentence.h"

namespace depthmill::metrics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Protocol with(std::vector<std::string> keys) {
  Protocol protocol;
  protocol.name = "test";
  protocol.metrics = std::move(keys);
  return protocol;
}

double value(const Scores& scores, const std::string& key) {
  for (const auto& [name, v] : scores.values)
    if (name == key) return v;
  ADD_FAILURE() << key;
  return 0;
}

// Logarithms of the ratios 0, 1 and 2: mean 1, mean of squares 5/3. On whole images N and N - 1 are hardly told apart.
TEST(Evaluate, TheSilogFamilyOfThreePixelsByHand) {
  const std::vector<double> gt = {1, 1, 1}, pred = {1, std::exp(1.0), std::exp(2.0)};
  const Scores scores =
      evaluate(pred, gt, 1, 3, with({"silog", "silog_unbiased", "silog_half", "silog_log10", "rmse_log"}));
  EXPECT_NEAR(value(scores, "silog"), 100 * std::sqrt(2.0 / 3), 1e-9);
  EXPECT_NEAR(value(scores, "silog_unbiased"), 100, 1e-9);
  EXPECT_NEAR(value(scores, "silog_half"), std::sqrt(5.0 / 3 - 0.5), 1e-12);
  EXPECT_NEAR(value(scores, "silog_log10"), std::sqrt(2.0 / 3) / std::log(10.0), 1e-12);
  EXPECT_NEAR(value(scores, "rmse_log"), std::sqrt(5.0 / 3), 1e-12);
  const std::vector<double> one = {1}, two = {2};
  EXPECT_TRUE(std::isnan(value(evaluate(two, one, 1, 1, with({"silog_unbiased"})), "silog_unbiased")));
}

TEST(Evaluate, CountsAndKeepsWhatIsNotFinite) {
  const std::vector<double> gt = {1, 1, 1, 1}, pred = {1, kNan, kInf, 1};
  const Scores scores = evaluate(pred, gt, 2, 2, with({"abs_rel", "d1"}));
  EXPECT_EQ(scores.nan_predictions, 1u);
  EXPECT_EQ(scores.infinite_predictions, 1u);
  EXPECT_TRUE(std::isnan(value(scores, "abs_rel")));  // never averaged away
  EXPECT_DOUBLE_EQ(value(scores, "d1"), 0.5);         // and a miss in shares
}

TEST(Evaluate, ReplacesWhatIsNotFiniteWhereTheProtocolSaysSo) {
  Protocol protocol = with({"mae"});
  protocol.nan_to = 2;
  protocol.inf_to = 4;
  const std::vector<double> gt = {1, 1, 1, 1}, pred = {1, kNan, kInf, 1};
  EXPECT_DOUBLE_EQ(value(evaluate(pred, gt, 2, 2, protocol), "mae"), (1 + 3) / 4.0);
}

TEST(Evaluate, InfinityIsClampedBeforeTheRules) {
  Protocol protocol = with({"mae"});
  protocol.clamp_at = ClampAt::kAfterAlign;
  protocol.clamp_min = 1;
  protocol.clamp_max = 3;
  protocol.nan_to = 1;
  const std::vector<double> gt = {1, 1, 1, 1}, pred = {-kInf, kNan, kInf, 1};
  EXPECT_DOUBLE_EQ(value(evaluate(pred, gt, 2, 2, protocol), "mae"), 2 / 4.0);
}

TEST(Evaluate, TooFewPixelsAreUndefinedAndSaidSo) {
  Protocol protocol = with({"mae"});
  protocol.min_pixels = 2;
  const std::vector<double> gt = {1, 0, 0, 0}, pred = {1, 1, 1, 1};
  const Scores scores = evaluate(pred, gt, 2, 2, protocol);
  EXPECT_EQ(scores.valid, 1u);
  EXPECT_TRUE(std::isnan(value(scores, "mae")));
  EXPECT_EQ(scores.note, "1 valid pixels");
}

TEST(Evaluate, InfiniteMetricsBecomeUndefinedWithANote) {
  Protocol protocol = with({"abs_rel", "mae"});
  protocol.valid = ValidRule::kAll;
  const std::vector<double> gt = {1, 0, 1, 1}, pred = {1, 1, 1, 1};
  const Scores scores = evaluate(pred, gt, 2, 2, protocol);
  EXPECT_TRUE(std::isnan(value(scores, "abs_rel")));
  EXPECT_DOUBLE_EQ(value(scores, "mae"), 0.25);
  EXPECT_EQ(scores.note, "infinite: abs_rel");
}

TEST(Evaluate, NegativePredictionsAreMissesNotHits) {
  const std::vector<double> gt = {1, 1}, pred = {-1, 1};
  EXPECT_DOUBLE_EQ(value(evaluate(pred, gt, 1, 2, with({"d1"})), "d1"), 0.5);
}

TEST(Evaluate, AlignmentComesBeforeClamping) {
  Protocol protocol = with({"mae"});
  protocol.align = AlignKind::kScaleShift;
  protocol.clamp_at = ClampAt::kAfterAlign;
  protocol.clamp_min = 0.001;
  protocol.clamp_max = 10;
  const std::vector<double> gt = {1, 2, 3, 4}, pred = {-1, 19, 39, 59};
  EXPECT_NEAR(value(evaluate(pred, gt, 2, 2, protocol), "mae"), 0, 1e-12);
  protocol.clamp_at = ClampAt::kBeforeAlign;
  EXPECT_GT(value(evaluate(pred, gt, 2, 2, protocol), "mae"), 0.1);
}

TEST(EvaluateRanges, PartsPoolToTheWhole) {
  std::vector<double> gt, pred;
  for (int i = 0; i < 100; ++i) gt.push_back(0.5 + 0.05 * i), pred.push_back(gt.back() * (1 + 0.002 * i));
  const Protocol protocol = with({"abs_rel", "rmse"});
  const double bounds[] = {0, 1.5, 3, 10};
  const Scores whole = evaluate(pred, gt, 10, 10, protocol);
  const auto parts = evaluate_ranges(pred, gt, 10, 10, protocol, bounds);
  ASSERT_EQ(parts.size(), 3u);
  double rel = 0, square = 0;
  std::size_t pixels = 0;
  for (const auto& part : parts) {
    pixels += part.valid;
    rel += static_cast<double>(part.valid) * value(part, "abs_rel");
    square += static_cast<double>(part.valid) * value(part, "rmse") * value(part, "rmse");
  }
  EXPECT_EQ(pixels, whole.valid);
  EXPECT_NEAR(rel / 100, value(whole, "abs_rel"), 1e-12);
  EXPECT_NEAR(std::sqrt(square / 100), value(whole, "rmse"), 1e-12);
}

TEST(Protocol, NamesTheFieldThatIsWrong) {
  EXPECT_NE(with({}).problem().find("metrics"), std::string::npos);
  EXPECT_NE(with({"abs_rell"}).problem().find("abs_rell"), std::string::npos);
  Protocol pooled = with({"silog"});
  pooled.averaging = Averaging::kPooled;
  EXPECT_NE(pooled.problem().find("silog"), std::string::npos);
  EXPECT_THROW(evaluate(std::vector<double>{}, std::vector<double>{}, 0, 0, with({})), std::invalid_argument);
}

TEST(ProtocolSentence, SaysWhatTellsProtocolsApart) {
  Protocol protocol = with({"abs_rel"});
  protocol.crop = {CropKind::kPixels, 45, 471, 41, 601, 480, 640};
  protocol.clamp_at = ClampAt::kAfterAlign;
  protocol.clamp_max = 10;
  EXPECT_EQ(
      protocol_sentence(protocol),
      "Ground truth is raw depth. Pixels with 0.001 m < depth < 10 m are scored inside rows 45 to 471 and "
      "columns "
      "41 to 601 of 480x640 maps. Predicted depth is clamped to [0, 10] m. Metrics are averaged over images: "
      "abs_rel = mean(|p-g|/g).");
}

TEST(ExplainChain, ChangesOneThingAtATime) {
  Protocol from = with({"abs_rel"}), to = with({"rmse", "abs_rel"});
  to.crop = {CropKind::kPixels, 1, 2, 1, 2, 0, 0};
  to.range.max = 5;
  to.averaging = Averaging::kPooled;
  const auto chain = explain_chain(from, to);
  ASSERT_EQ(chain.size(), 4u);
  EXPECT_EQ(chain[1].change, "range");
  EXPECT_EQ(chain[2].change, "crop");
  EXPECT_EQ(chain[3].change, "averaging");
  EXPECT_EQ(chain[3].protocol.name, "test+range+crop+averaging");
  for (const auto& step : chain) {
    EXPECT_EQ(step.protocol.metrics, (std::vector<std::string>{"abs_rel", "rmse"}));
    EXPECT_EQ(step.protocol.problem(), "");
  }
  EXPECT_EQ(chain[1].protocol.crop.kind, CropKind::kNone);
  EXPECT_EQ(chain[2].protocol.range.max, 5);
}

}  // namespace
}  // namespace depthmill::metrics
