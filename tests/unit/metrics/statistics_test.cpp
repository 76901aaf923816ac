#include "metrics/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
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
