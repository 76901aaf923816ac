#include "metrics/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace depthmill::metrics {
namespace {

std::vector<ImageValue> normal_values(unsigned seed, std::size_t n, double mean, double sigma) {
  std::mt19937 rng(seed);
  std::normal_distribution<double> draw(mean, sigma);
  std::vector<ImageValue> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back({draw(rng), 100});
  return values;
}

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
TEST(Holm, IsRsAdjustment) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, nan, 0.04, 0.03, 0.005});
  const std::vector<double> right = {0.03, nan, 0.06, 0.06, 0.02};
  ASSERT_EQ(adjusted.size(), right.size());
  for (std::size_t i = 0; i < right.size(); ++i)
    if (i == 1)
      EXPECT_TRUE(std::isnan(adjusted[i]));
    else
      EXPECT_NEAR(adjusted[i], right[i], 1e-15) << i;
  EXPECT_EQ(holm(std::vector<double>{0.9, 0.8}), (std::vector<double>{1, 1}));
}

// Of 6 images that all went one way 2 of 64 exchanges are as extreme.
TEST(ExchangePValue, CountsTheExchangesThatAreAsExtreme) {
  const std::vector<double> a = {1, 2, 3, 4, 5, 6}, b = {1.1, 2.2, 3.1, 4.3, 5.2, 6.1};
  EXPECT_NEAR(exchange_p_value(a, b, 200'000), 2.0 / 64, 0.002);
  EXPECT_EQ(exchange_p_value(a, a, 1000), 1);
  EXPECT_TRUE(std::isnan(exchange_p_value(std::vector<double>{1}, std::vector<double>{2}, 10)));
  std::vector<double> many(200, 0.0), more(200);
  for (std::size_t i = 64; i < more.size(); ++i) more[i] = 1;
  EXPECT_LT(exchange_p_value(many, more, 2000), 0.001) << "images beyond the first 64 are exchanged too";
  for (std::size_t i = 0; i < more.size(); ++i) more[i] = i < 100 ? 1 : -1;
  EXPECT_GT(exchange_p_value(many, more, 2000), 0.9) << "the mean is 0";
}

TEST(BootstrapInterval, CoversTheTrueMeanAboutAsOftenAsItSays) {
  int covered = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto interval = bootstrap_interval(normal_values(seed, 100, 0.3, 0.1), Averaging::kMeanOfImages,
                                             Pool::kMean, {400, 0.95, 7});
    covered += interval.low <= 0.3 && 0.3 <= interval.high;
  }
  EXPECT_GE(covered, 180);
  EXPECT_LT(covered, 200);
}

// Five resamples of one seed have five totals, which the levels 1, 0.5 and 0 name; 0.75 and 0.9 lie between them.
TEST(BootstrapInterval, EndsAreQuantilesOfTheResamples) {
  const auto values = normal_values(3, 20, 1, 0.2);
  const auto at = [&](double level) {
    return bootstrap_interval(values, Averaging::kMeanOfImages, Pool::kMean, {5, level, 7});
  };
  const std::vector<double> totals{at(1).low, at(0.5).low, at(0).low, at(0.5).high, at(1).high};
  for (std::size_t i = 1; i < 5; ++i) EXPECT_GT(totals[i], totals[i - 1] + 1e-6);
  EXPECT_EQ(at(0).low, at(0).high);
  EXPECT_NEAR(at(0.75).low, (totals[0] + totals[1]) / 2, 1e-12);
  EXPECT_NEAR(at(0.75).high, (totals[3] + totals[4]) / 2, 1e-12);
  EXPECT_NEAR(at(0.9).low, 0.8 * totals[0] + 0.2 * totals[1], 1e-12);
  EXPECT_NEAR(at(0.9).high, 0.2 * totals[3] + 0.8 * totals[4], 1e-12);
}

TEST(BootstrapInterval, SameSeedSameInterval) {
  const auto values = normal_values(1, 50, 1, 0.2);
  const auto a = bootstrap_interval(values, Averaging::kRmsOfImages, Pool::kRootMean);
  const auto b = bootstrap_interval(values, Averaging::kRmsOfImages, Pool::kRootMean);
  const auto other = bootstrap_interval(values, Averaging::kRmsOfImages, Pool::kRootMean, {1000, 0.95, 3});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.low, other.low);
  EXPECT_LT(a.low, a.high);
}

// Drawing each metric on its own, total by total, as the interval is defined.
Interval by_definition(const Averaged& metric) {
  std::vector<ImageValue> known, drawn;
  for (const ImageValue& image : metric.images)
    if (!std::isnan(image.value)) known.push_back(image);
  std::mt19937_64 rng(Resampling{}.seed);
  std::vector<double> totals;
  for (std::size_t i = 0; i < 1000; ++i) {
    drawn.clear();
    for (std::size_t k = 0; k < known.size(); ++k)
      drawn.push_back(
          known[static_cast<std::size_t>((static_cast<unsigned __int128>(rng()) * known.size()) >> 64)]);
    totals.push_back(aggregate(drawn, metric.averaging, metric.pool).value);
  }
  std::sort(totals.begin(), totals.end());
  const auto quantile = [&](double q) {
    const double at = q * 999;
    const auto low = static_cast<std::size_t>(at);
    const double part = at - static_cast<double>(low);
    return totals[low] * (1 - part) + totals[low + 1] * part;
  };
  return {quantile((1 - 0.95) / 2), quantile((1 + 0.95) / 2)};
}

TEST(BootstrapInterval, OfSeveralMetricsIsThatOfEachToTheBit) {
  std::vector<Averaged> metrics;
  for (const auto& [averaging, pool] : {std::pair{Averaging::kMeanOfImages, Pool::kMean},
                                        {Averaging::kRmsOfImages, Pool::kRootMean},
                                        {Averaging::kPooled, Pool::kMean},
                                        {Averaging::kPooled, Pool::kRootMean}}) {
    Averaged metric{normal_values(static_cast<unsigned>(metrics.size()), 60, 1, 0.3), averaging, pool};
    for (std::size_t i = 0; i < metric.images.size(); ++i) metric.images[i].pixels = 10 + i * i;
    metrics.push_back(metric);
    metric.images[metrics.size()].value = std::nan("");  // values of other images than the rest
    metrics.push_back(metric);
  }
  metrics.push_back({metrics[0].images, Averaging::kPooled, Pool::kNone});
  const std::vector<Interval> intervals = bootstrap_intervals(metrics);
  ASSERT_EQ(intervals.size(), 9u);
  for (std::size_t m = 0; m < 8; ++m) {
    const Interval expected = by_definition(metrics[m]);
    EXPECT_EQ(intervals[m].low, expected.low) << m;
    EXPECT_EQ(intervals[m].high, expected.high) << m;
  }
  EXPECT_TRUE(std::isnan(intervals[8].low)) << "cannot be pooled";
}

TEST(BootstrapInterval, OneImageHasNone) {
  const std::vector<ImageValue> one = {{1, 1}, {std::nan(""), 1}};
  EXPECT_TRUE(std::isnan(bootstrap_interval(one, Averaging::kMeanOfImages, Pool::kMean).low));
}

TEST(ComparePaired, FindsASmallShiftThatUnpairedSpreadHides) {
  std::mt19937 rng(2);
  std::normal_distribution<double> image(1, 0.5), noise(0, 0.01);
  std::vector<double> first, second;
  for (int i = 0; i < 100; ++i)
    first.push_back(image(rng)), second.push_back(first.back() - 0.01 + noise(rng));
  first.push_back(std::nan("")), second.push_back(1);
  const auto result = compare_paired(first, second);
  EXPECT_EQ(result.images, 100u);
  EXPECT_LT(result.interval.high, 0);
  EXPECT_LT(result.p_value, 0.01);
  EXPECT_GT(result.second_smaller, result.second_larger);
}

TEST(ComparePaired, EqualModelsDoNotDiffer) {
  const std::vector<double> values = {1, 2, 3, 4};
  const auto result = compare_paired(values, values);
  EXPECT_EQ(result.mean_difference, 0);
  EXPECT_EQ(result.p_value, 1);
  EXPECT_EQ(result.second_smaller + result.second_larger, 0u);
}

}  // namespace
}  // namespace depthmill::metrics
