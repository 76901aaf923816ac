#include "metrics/order_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace depthmill::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Lists of one length in arrangements that a sample of evenly spread places sees rightly, wrongly or not at all.
std::vector<std::pair<std::string, std::vector<double>>> arrangements(std::size_t n) {
  std::mt19937 rng(static_cast<unsigned>(n));
  std::uniform_real_distribution<double> any(-5, 5);
  std::vector<double> random(n), steps(n), few(n), wave(n), misleading(n), ends(n);
  for (std::size_t i = 0; i < n; ++i) {
    random[i] = any(rng);
    steps[i] = std::round(20 * any(rng)) / 20;
    few[i] = i % 3 == 0 ? 2.5 : 1.0;
    wave[i] = std::sin(0.001 * static_cast<double>(i)) + 1e-3 * any(rng);
    misleading[i] = 100 + any(rng);
    ends[i] = i % 5 == 0 ? kInfinity : (i % 5 == 1 ? -kInfinity : any(rng));
  }
  // Just the places that the first sample takes are small: what it says of the order is wrong.
  for (std::size_t i = 0; i < 512; ++i) misleading[(2 * i + 1) * n / 1024] = -1;
  std::vector<double> sorted = random, same(n, 3.0);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> reversed(sorted.rbegin(), sorted.rend());
  return {{"random", random}, {"steps", steps},           {"few", few},
          {"wave", wave},     {"misleading", misleading}, {"ends", ends},
          {"sorted", sorted}, {"reversed", reversed},     {"same", same}};
}

TEST(OrderStatistic, IsWhatSortingGives) {
  for (const std::size_t n : {1u, 2u, 3u, 5u, 511u, 2048u, 2049u, 3001u, 40000u})
    for (const auto& [name, values] : arrangements(n)) {
      std::vector<double> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      for (const std::size_t k :
           {std::size_t{0}, n / 100, n / 3, (n - 1) / 2, n / 2, n - n / 20 - 1, n - 1}) {
        const OrderStatistic found = order_statistic(values, k);
        EXPECT_EQ(found.at, sorted[k]) << name << ", " << k << " of " << n;
        EXPECT_EQ(found.next, k + 1 < n ? sorted[k + 1] : kInfinity) << name << ", " << k << " of " << n;
      }
    }
}

TEST(OrderStatistic, LeavesTheValuesAsTheyAre) {
  for (const auto& [name, values] : arrangements(5000)) {
    const std::vector<double> before = values;
    order_statistic(values, 2500);
    EXPECT_EQ(values, before) << name;
  }
}

}  // namespace
}  // namespace depthmill::metrics
