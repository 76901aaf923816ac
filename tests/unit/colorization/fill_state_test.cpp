// The bound that the fill reports, against the dense inverse of the same system.
#include "colorization/fill_state.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <random>

namespace depthmill::colorization {
namespace {

struct SmallSystem {
  Image gray, depth;
  double alpha;
};

SmallSystem make_system(unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  const Index rows = 3 + static_cast<Index>(rng() % 6), cols = 3 + static_cast<Index>(rng() % 8);
  SmallSystem c{Image(rows, cols), Image(rows, cols), std::pow(10.0, -2 + 2 * uniform(rng))};
  const double missing = 0.1 + 0.8 * uniform(rng);
  for (Index p = 0; p < c.gray.size(); ++p) {
    c.gray.data()[p] = uniform(rng);
    c.depth.data()[p] = uniform(rng) < missing ? 0.0 : 1 + uniform(rng);
  }
  c.depth(0, 0) = 2;  // at least one reading and one hole
  c.depth(rows - 1, cols - 1) = 0;
  return c;
}

// The largest errors |A^-1 r| that residuals of at most 1 stand for, over pixels with a reading and over those
// without: A^-1 has no negative entry, so r = 1 there is the worst.
FillState::Reach worst_reach(const SmallSystem& c) {
  const FillSystem s = fill_system(c.gray, c.depth, c.alpha);
  const int n = static_cast<int>(s.rhs.size());
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
  for (int i = 0; i < n; ++i)
    for (int k = s.row_begin[i]; k < s.row_begin[i + 1]; ++k) a(i, s.column[k]) = s.value[k];
  Eigen::MatrixXd r(n, 2);
  for (int i = 0; i < n; ++i) {
    r(i, 0) = is_known(c.depth.data()[i]);
    r(i, 1) = 1 - r(i, 0);
  }
  const Eigen::MatrixXd error = a.partialPivLu().solve(r);
  return {error.col(0).maxCoeff(), error.col(1).maxCoeff()};
}

TEST(FillState, ReachIsABoundAndNotALooseOne) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const SmallSystem c = make_system(seed);
    const FillState::Reach exact = worst_reach(c);
    for (const bool all : {false, true})
      for (const auto precision : {FillState::Precision::kFloat, FillState::Precision::kDouble}) {
        FillState state(c.gray.rows(), c.gray.cols(), c.alpha);
        state.load(c.gray, c.depth);
        if (all)
          state.choose_all();
        else
          state.choose_missing(1);
        ASSERT_TRUE(state.factor(precision));
        const FillState::Reach shown = state.reach();
        // Rows of A sum to alpha where there is a reading: 1 / alpha is the worst itself.
        EXPECT_NEAR(shown.of_known, exact.of_known, 1e-9 * exact.of_known) << "seed " << seed;
        EXPECT_GE(shown.of_missing, exact.of_missing * (1 - 1e-9)) << "seed " << seed;
        EXPECT_LE(shown.of_missing, 20 * exact.of_missing) << "at most 9 times here; seed " << seed;
      }
  }
}

}  // namespace
}  // namespace depthmill::colorization
