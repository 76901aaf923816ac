#include "stages/networks/sd_convtrans/pil_resize.h"

#include <algorithm>
#include <cmath>

namespace depthmill::sd_convtrans {
namespace {

constexpr double kUnit = 4194304;  // 2^22: the library's fixed point

// Weights of the triangle filter, widened when shrinking; taps past the last have weight 0.
void fill_tables(int64_t in, int64_t out, torch::Tensor& index, torch::Tensor& weight) {
  const double scale = static_cast<double>(in) / static_cast<double>(out), support = std::max(scale, 1.0);
  const int64_t taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  index = torch::zeros({taps, out}, torch::kLong);
  weight = torch::zeros({taps, out}, torch::kDouble);
  for (int64_t j = 0; j < out; ++j) {
    const double centre = (static_cast<double>(j) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5));
    const int64_t last = std::min(in, static_cast<int64_t>(centre + support + 0.5));
    std::vector<double> w;
    double sum = 0;
    for (int64_t x = first; x < last; ++x) {
      w.push_back(std::max(0.0, 1 - std::abs((static_cast<double>(x) - centre + 0.5) / support)));
      sum += w.back();
    }
    for (std::size_t t = 0; t < w.size(); ++t) {
      index[static_cast<int64_t>(t)][j] = first + static_cast<int64_t>(t);
      weight[static_cast<int64_t>(t)][j] = std::floor(0.5 + w[t] / sum * kUnit);
    }
  }
}

torch::Tensor pass(const torch::Tensor& x, int64_t dim, const torch::Tensor& index,
                   const torch::Tensor& weight) {
  torch::Tensor sum;
  for (int64_t t = 0; t < index.size(0); ++t) {
    torch::Tensor w = weight.select(0, t);
    if (dim == 2) w = w.unsqueeze(1);
    const torch::Tensor term = x.index_select(dim, index.select(0, t)) * w;
    sum = sum.defined() ? sum + term : term;
  }
  return ((sum + kUnit / 2) * (1 / kUnit)).floor().clamp(0, 255);
}

}  // namespace

PilResizeImpl::PilResizeImpl(int64_t in_height, int64_t in_width, int64_t out_height, int64_t out_width) {
  if (in_height != out_height) {
    fill_tables(in_height, out_height, rows_index, rows_weight);
    register_buffer("rows_index", rows_index);
    register_buffer("rows_weight", rows_weight);
  }
  if (in_width != out_width) {
    fill_tables(in_width, out_width, cols_index, cols_weight);
    register_buffer("cols_index", cols_index);
    register_buffer("cols_weight", cols_weight);
  }
}

// Columns first, then rows, each rounded to bytes, as the library does.
torch::Tensor PilResizeImpl::forward(const torch::Tensor& pictures) {
  torch::Tensor x = (pictures.to(torch::kDouble) * 255).round();
  if (cols_index.defined()) x = pass(x, 3, cols_index, cols_weight);
  if (rows_index.defined()) x = pass(x, 2, rows_index, rows_weight);
  return x.to(torch::kFloat) / 255.0f;
}

}  // namespace depthmill::sd_convtrans
