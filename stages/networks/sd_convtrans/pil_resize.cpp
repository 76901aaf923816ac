#include "stages/networks/sd_convtrans/pil_resize.h"

#include "stages/resample/taps.h"

namespace depthmill::sd_convtrans {
namespace {

constexpr double kUnit = 1 << kPilBits;

// Tables (tap, output) of one axis; taps past an output's last have weight 0.
void fill_tables(int64_t in, int64_t out, torch::Tensor& index, torch::Tensor& weight) {
  const Taps taps = make_taps(static_cast<int>(in), static_cast<int>(out), ResizeFilter::kPilBilinear);
  index = torch::zeros({taps.width, out}, torch::kLong);
  weight = torch::zeros({taps.width, out}, torch::kDouble);
  auto indices = index.accessor<int64_t, 2>();
  auto weights = weight.accessor<double, 2>();
  for (int j = 0; j < taps.outputs(); ++j)
    for (int t = 0; t < taps.count[j]; ++t) {
      indices[t][j] = taps.index[j * taps.width + t];
      weights[t][j] = pil_weight(taps.weight[j * taps.width + t]);
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
