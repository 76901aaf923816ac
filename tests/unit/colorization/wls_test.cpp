#include "colorization/wls.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace depthmill::colorization {
namespace {

std::vector<double> noise(std::size_t count, unsigned seed, double low = 0.5, double high = 9.5) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<double> v(count);
  for (double& x : v) x = draw(rng);
  return v;
}

// The normal equations written down from the differences, as full matrices.
Eigen::VectorXd dense_base(const std::vector<double>& input, const std::vector<double>& guide, int rows,
                           int cols, const WlsOptions& options) {
  const int n = rows * cols;
  Eigen::MatrixXd a = Eigen::MatrixXd::Identity(n, n);
  auto add = [&](int p, int q) {
    const double w =
        options.lambda / (std::pow(std::abs(guide[q] - guide[p]), options.alpha) + options.epsilon);
    Eigen::VectorXd d = Eigen::VectorXd::Zero(n);
    d[p] = -1, d[q] = 1;
    a += w * d * d.transpose();
  };
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < cols; ++x) {
      if (x + 1 < cols) add(y * cols + x, y * cols + x + 1);
      if (y + 1 < rows) add(y * cols + x, (y + 1) * cols + x);
    }
  return a.ldlt().solve(Eigen::Map<const Eigen::VectorXd>(input.data(), n));
}

struct Case {
  int rows, cols;
  WlsOptions options;
};

class WlsAgainstDense : public ::testing::TestWithParam<Case> {};

TEST_P(WlsAgainstDense, SameBase) {
  const Case& c = GetParam();
  const auto input = noise(static_cast<std::size_t>(c.rows * c.cols), 1);
  const auto guide = log_guide(noise(input.size(), 2));
  const auto base = wls_base(input, guide, c.rows, c.cols, c.options);
  const Eigen::VectorXd want = dense_base(input, guide, c.rows, c.cols, c.options);
  for (std::size_t i = 0; i < base.size(); ++i) EXPECT_NEAR(base[i], want[i], 1e-10) << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, WlsAgainstDense,
                         ::testing::Values(Case{1, 1, {}}, Case{1, 9, {}}, Case{9, 1, {}}, Case{7, 9, {}},
                                           Case{8, 5, {8.0, 1.2, 1e-4}}, Case{6, 6, {1.0, 2.0, 1e-2}},
                                           Case{5, 7, {0.0, 1.2, 1e-4}}));

TEST(Wls, KeepsConstantsAndTheMeanAndStaysBetweenExtremes) {
  const int rows = 12, cols = 15;
  const auto input = noise(180, 5);
  const auto guide = noise(180, 6);
  for (double v : wls_base(std::vector<double>(180, 3.25), guide, rows, cols)) EXPECT_NEAR(v, 3.25, 1e-11);
  const auto base = wls_base(input, guide, rows, cols);
  double sum_in = 0, sum_out = 0;
  for (std::size_t i = 0; i < 180; ++i) sum_in += input[i], sum_out += base[i];
  EXPECT_NEAR(sum_out, sum_in, 1e-9);
  EXPECT_GE(*std::min_element(base.begin(), base.end()), *std::min_element(input.begin(), input.end()));
  EXPECT_LE(*std::max_element(base.begin(), base.end()), *std::max_element(input.begin(), input.end()));
}

TEST(Wls, AKeptPatternGivesTheSameBytes) {
  WlsFilter filter(10, 11);
  const auto a = noise(110, 7), b = noise(110, 8);
  filter.base(b, log_guide(b));
  EXPECT_EQ(filter.base(a, log_guide(a)), wls_base(a, log_guide(a), 10, 11));
}

TEST(Wls, ResidualIsSmallForASolutionAndLargeForAnother) {
  const auto input = noise(110, 9);
  const auto guide = log_guide(input);
  const WlsWeights w = wls_weights(guide, 10, 11, {});
  EXPECT_LT(wls_residual(wls_base(input, guide, 10, 11), input, 10, 11, w, 1.0), 1e-9);
  EXPECT_GT(wls_residual(input, input, 10, 11, w, 1.0), 1.0);
}

TEST(Wls, RefusesWhatItCannotSolve) {
  std::vector<double> input(12, 1.0), guide(12, 0.0);
  EXPECT_THROW(wls_base(input, guide, 3, 5), std::invalid_argument);
  EXPECT_THROW(WlsFilter(0, 4), std::invalid_argument);
  EXPECT_THROW(WlsFilter(3, 4, {-1.0, 1.2, 1e-4}), std::invalid_argument);
  input[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(wls_base(input, guide, 3, 4), std::invalid_argument);
  EXPECT_THROW(log_guide(std::vector<double>{-1.0}), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::colorization
