// The convolutions of inference against LibTorch's own in double precision, and every kernel of the products.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "stages/networks/sd_convtrans/packed_conv.h"
#include "stages/networks/sd_convtrans/packed_product.h"
#include "stages/networks/sd_convtrans/winograd.h"

namespace depthmill::sd_convtrans {
namespace {

at::Tensor noise(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape);
}

at::Tensor exact(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                 std::int64_t padding) {
  return torch::conv2d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), stride, padding);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(at::kDouble) - b).abs().max().item<double>();
}

TEST(PackedProduct, EveryKernelOfTheProcessorMultiplies) {
  std::mt19937 rng(1);
  std::uniform_real_distribution<float> draw(-1, 1);
  const std::int64_t rows = 13, depth = 37;
  std::vector<float> matrix(rows * depth), right(depth * kLanes);
  for (float& v : matrix) v = draw(rng);
  for (float& v : right) v = draw(rng);
  const PackedRows packed(matrix.data(), rows, depth);
  ASSERT_EQ(packed.blocks(), 2);
  for (BlockProduct* product : block_products())
    for (const std::int64_t lanes : {16, 32, 48})
      for (std::int64_t block = 0; block < 2; ++block) {
        const std::int64_t pitch = lanes + 3;
        std::vector<float> out(kRows * pitch, 7.0f);
        product(packed.block(block), right.data(), depth, lanes, out.data(), pitch);
        for (std::int64_t r = 0; r < kRows; ++r)
          for (std::int64_t t = 0; t < pitch; ++t) {
            double sum = t < lanes ? 0 : 7;  // nothing is written beyond the lanes
            if (const std::int64_t row = block * kRows + r; t < lanes && row < rows)
              for (std::int64_t d = 0; d < depth; ++d)
                sum += static_cast<double>(matrix[row * depth + d]) * right[d * kLanes + t];
            ASSERT_NEAR(out[r * pitch + t], sum, 1e-5) << lanes << " lanes, row " << r << ", lane " << t;
          }
      }
}

TEST(PackedConv, IsTheConvolution) {
  struct Case {
    std::int64_t in, out, rows, cols, stride, padding, height, width;
  };
  for (const Case& c :
       {Case{5, 11, 1, 1, 1, 0, 9, 13}, Case{4, 8, 1, 1, 2, 0, 9, 12}, Case{3, 16, 7, 7, 2, 3, 23, 30},
        Case{6, 9, 3, 3, 2, 1, 15, 16}, Case{2, 1, 3, 3, 1, 1, 5, 90}, Case{2, 3, 2, 4, 3, 0, 20, 21}}) {
    const at::Tensor x = noise({2, c.in, c.height, c.width}, 1),
                     weight = noise({c.out, c.in, c.rows, c.cols}, 2);
    const at::Tensor bias = noise({c.out}, 3), want = exact(x, weight, bias, c.stride, c.padding);
    EXPECT_LT(largest_difference(PackedConv(weight, bias, c.stride, c.padding, false)(x), want), 2e-5);
    const at::Tensor added = noise(want.sizes().vec(), 4);
    EXPECT_LT(largest_difference(PackedConv(weight, bias, c.stride, c.padding, true)(x, added),
                                 (want + added.to(at::kDouble)).relu()),
              2e-5);
  }
}

// Sizes that are whole tiles and such that are not, fewer tiles than a block and more than are taken at a time, and
// both sizes of tiles: the second by its many channels.
TEST(WinogradConv, IsTheConvolution) {
  struct Case {
    std::int64_t in, out, height, width;
  };
  for (const Case& c : {Case{3, 16, 8, 12}, Case{7, 21, 13, 9}, Case{4, 16, 1, 1}, Case{5, 17, 61, 83},
                        Case{2, 16, 5, 700}, Case{400, 512, 5, 7}, Case{450, 456, 26, 14}}) {
    const at::Tensor x = noise({2, c.in, c.height, c.width}, 5), weight = noise({c.out, c.in, 3, 3}, 6);
    const at::Tensor bias = noise({c.out}, 7), want = exact(x, weight, bias, 1, 1);
    const double scale = std::sqrt(9.0 * static_cast<double>(c.in));  // of the sums
    EXPECT_LT(largest_difference(WinogradConv(weight, bias, false)(x), want), 2e-5 * scale) << c.in;
    EXPECT_LT(largest_difference(WinogradConv(weight, bias, true)(x), want.relu()), 2e-5 * scale) << c.in;
  }
}

TEST(WinogradConv, NoNumberStaysNone) {
  at::Tensor x = torch::zeros({1, 2, 9, 9});
  x[0][1][4][4] = std::nan("");
  const at::Tensor weight = noise({16, 2, 3, 3}, 8), bias = torch::zeros({16});
  EXPECT_TRUE(WinogradConv(weight, bias, true)(x)[0][0][4][4].isnan().item<bool>());
  EXPECT_TRUE(PackedConv(weight, bias, 1, 1, true)(x)[0][0][4][4].isnan().item<bool>());
}

}  // namespace
}  // namespace depthmill::sd_convtrans
