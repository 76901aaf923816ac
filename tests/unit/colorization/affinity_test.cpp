#include "colorization/affinity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "colorization/gray.h"

namespace depthmill::colorization {
namespace {

Image noise_image(Index rows, Index cols, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Image image(rows, cols);
  for (Index p = 0; p < image.size(); ++p) image.data()[p] = uniform(rng);
  return image;
}

TEST(Affinity, WeightsArePositiveAndSumToOne) {
  for (auto [rows, cols] : {std::pair<Index, Index>{1, 2}, {1, 40}, {40, 1}, {2, 2}, {3, 3}, {17, 70}}) {
    const Affinity a = local_affinity(noise_image(rows, cols, 3));
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j) {
        double sum = 0;
        for (int k = 0; k < 8; ++k) {
          const Index r = i + kNeighbours[k].row, c = j + kNeighbours[k].col;
          const bool inside = r >= 0 && r < rows && c >= 0 && c < cols;
          EXPECT_EQ(a.weight(k, i, j) > 0, inside);
          sum += a.weight(k, i, j);
        }
        EXPECT_NEAR(sum, 1.0, 1e-15);
      }
  }
}

TEST(Affinity, FlatImageWeighsAllNeighboursAlike) {
  const Affinity a = local_affinity(Image::Constant(5, 9, 0.3));
  EXPECT_DOUBLE_EQ(a.weight(4, 2, 4), 1.0 / 8);
  EXPECT_DOUBLE_EQ(a.weight(4, 0, 4), 1.0 / 5);
  EXPECT_DOUBLE_EQ(a.weight(4, 0, 0), 1.0 / 3);
}

// A worked case: a step of 0.5 across a flat image. Pixel left of the step, three neighbours beyond it:
// var = 9 values, three of them 0.5 off: mean 1/6, var = (6/36 + 3/9)/9 = 1/18; q = 1/30; w = exp(-0.25*30).
TEST(Affinity, StepFollowsTheFormula) {
  Image gray = Image::Zero(5, 8);
  gray.rightCols(4) = 0.5;
  const Affinity a = local_affinity(gray);
  const double across = std::exp(-7.5), total = 5 + 3 * across;
  EXPECT_NEAR(a.weight(4, 2, 3), across / total, 1e-17);
  EXPECT_NEAR(a.weight(3, 2, 3), 1 / total, 1e-15);
}

TEST(FillSystem, KnownRowsSumToAlphaAndMissingRowsToZero) {
  const Image gray = noise_image(7, 9, 1);
  Image depth = noise_image(7, 9, 2) + 1.0;
  depth(2, 3) = 0;
  depth(4, 4) = 10;
  const FillSystem s = fill_system(gray, depth, 0.25);
  EXPECT_EQ(s.value.size(), 19u * 25u);
  EXPECT_EQ(s.scale, [&] {
    double m = 0;
    for (Index p = 0; p < depth.size(); ++p)
      if (is_known(depth.data()[p])) m = std::max(m, depth.data()[p]);
    return m;
  }());
  for (int row = 0; row < 63; ++row) {
    double sum = 0;
    for (int k = s.row_begin[row]; k < s.row_begin[row + 1]; ++k) sum += s.value[k];
    const bool known = is_known(depth.data()[row]);
    EXPECT_NEAR(sum, known ? 0.25 : 0.0, 1e-15);
    EXPECT_DOUBLE_EQ(s.rhs[row], known ? 0.25 * depth.data()[row] / s.scale : 0.0);
  }
}

TEST(Gray, MatlabWeights) {
  const std::vector<std::uint8_t> rgb = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  const Image gray = rgb_to_gray(std::span<const std::uint8_t>(rgb), 2, 2);
  EXPECT_DOUBLE_EQ(gray(0, 0), 0.29893602129377539);
  EXPECT_DOUBLE_EQ(gray(0, 1), 0.58704307445112136);
  EXPECT_DOUBLE_EQ(gray(1, 0), 0.11402090425510325);
  EXPECT_LE(gray(1, 1), 1.0);
  EXPECT_NEAR(gray(1, 1), 1.0, 1e-15);
  EXPECT_THROW(rgb_to_gray(std::span<const std::uint8_t>(rgb), 2, 3), std::invalid_argument);
  const std::vector<double> beyond = {200, 100, 50};
  EXPECT_EQ(rgb_to_gray(std::span<const double>(beyond), 1, 1)(0, 0), 1.0);
}

}  // namespace
}  // namespace depthmill::colorization
