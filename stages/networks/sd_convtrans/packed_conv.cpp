#include "stages/networks/sd_convtrans/packed_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace depthmill::sd_convtrans {
namespace {

// What a convolution sees of one picture.
struct Seen {
  const float* picture;  // [channels, height, width]
  std::int64_t channels, height, width, out_width;
  std::int64_t kernel_rows, kernel_cols, stride, padding;
  bool as_it_is() const { return kernel_rows == 1 && kernel_cols == 1 && stride == 1 && padding == 0; }
};

// The `count` places from `first` on, at most kLanes: [channels * kernel rows * kernel columns][kLanes], the lanes that
// are missing zero.
void pack(const Seen& s, std::int64_t first, std::int64_t count, float* out) {
  if (s.as_it_is()) {
    const std::int64_t plane = s.height * s.width;
    for (std::int64_t c = 0; c < s.channels; ++c, out += kLanes) {
      std::copy_n(s.picture + c * plane + first, count, out);
      std::fill(out + count, out + kLanes, 0.0f);
    }
    return;
  }
  std::int64_t tops[kLanes], lefts[kLanes];
  for (std::int64_t t = 0; t < count; ++t) {
    tops[t] = (first + t) / s.out_width * s.stride - s.padding;
    lefts[t] = (first + t) % s.out_width * s.stride - s.padding;
  }
  for (std::int64_t c = 0; c < s.channels; ++c)
    for (std::int64_t i = 0; i < s.kernel_rows; ++i)
      for (std::int64_t j = 0; j < s.kernel_cols; ++j, out += kLanes) {
        const float* const plane = s.picture + c * s.height * s.width;
        for (std::int64_t t = 0; t < count; ++t) {
          const std::int64_t row = tops[t] + i, col = lefts[t] + j;
          const bool inside = row >= 0 && row < s.height && col >= 0 && col < s.width;
          out[t] = inside ? plane[row * s.width + col] : 0.0f;
        }
        std::fill(out + count, out + kLanes, 0.0f);
      }
}

// `sums` with the bias, and `added` unless it is null, after ReLU if asked for.
void finish(const float* __restrict sums, std::int64_t lanes, float bias, const float* __restrict added,
            bool relu, float* __restrict out) {
  const float least = relu ? 0.0f : -3.402823466e38f;
  if (!added)
    for (std::int64_t l = 0; l < lanes; ++l) {
      const float value = sums[l] + bias;
      out[l] = value < least ? least : value;  // written so that NaN stays NaN
    }
  else
    for (std::int64_t l = 0; l < lanes; ++l) {
      const float value = sums[l] + bias + added[l];
      out[l] = value < least ? least : value;
    }
}

// About this many packed values at a time: they stay in the outer cache of a core.
constexpr std::int64_t kValuesAtATime = 262'144;

}  // namespace

PackedConv::PackedConv(const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                       std::int64_t padding, bool relu)
    : weights_(weight.contiguous().data_ptr<float>(), weight.size(0), weight[0].numel()),
      bias_(bias.contiguous()),
      kernel_rows_(weight.size(2)),
      kernel_cols_(weight.size(3)),
      stride_(stride),
      padding_(padding),
      relu_(relu) {}

at::Tensor PackedConv::operator()(const at::Tensor& x_in, const at::Tensor& added_in) const {
  const at::Tensor x = x_in.contiguous(), added = added_in.defined() ? added_in.contiguous() : added_in;
  const std::int64_t images = x.size(0), kernels = weights_.rows(), depth = weights_.depth();
  const std::int64_t out_height = (x.size(2) + 2 * padding_ - kernel_rows_) / stride_ + 1;
  const std::int64_t out_width = (x.size(3) + 2 * padding_ - kernel_cols_) / stride_ + 1;
  const std::int64_t places = out_height * out_width;
  const std::int64_t at_a_time = std::clamp<std::int64_t>(kValuesAtATime / depth / kLanes, 1, 10) * kLanes;
  at::Tensor y = at::empty({images, kernels, out_height, out_width}, x.options());
  float* const right = workspace(blocks_of(std::min(at_a_time, places), kLanes) * kLanes * depth);
  const float* const bias = bias_.data_ptr<float>();
  BlockProduct* const product = block_product();

  for (std::int64_t image = 0; image < images; ++image) {
    const Seen seen{x.data_ptr<float>() + image * x.size(1) * x.size(2) * x.size(3),
                    x.size(1),
                    x.size(2),
                    x.size(3),
                    out_width,
                    kernel_rows_,
                    kernel_cols_,
                    stride_,
                    padding_};
    float* const out = y.data_ptr<float>() + image * kernels * places;
    const float* const plus = added.defined() ? added.data_ptr<float>() + image * kernels * places : nullptr;
    for (std::int64_t first = 0; first < places; first += at_a_time) {
      const std::int64_t now = std::min(at_a_time, places - first);
      at::parallel_for(0, blocks_of(now, kLanes), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b)
          pack(seen, first + b * kLanes, std::min(kLanes, now - b * kLanes), right + b * kLanes * depth);
      });
      at::parallel_for(0, weights_.blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
        float sums[kRows * kLanes];
        for (std::int64_t block = begin; block < end; ++block)
          for (std::int64_t t = 0; t < now; t += kLanes) {
            const std::int64_t lanes = std::min(kLanes, now - t);
            product(weights_.block(block), right + t * depth, depth, blocks_of(lanes, 16) * 16, sums, kLanes);
            for (std::int64_t r = 0; r < std::min(kRows, kernels - block * kRows); ++r) {
              const std::int64_t k = block * kRows + r, at = k * places + first + t;
              finish(sums + r * kLanes, lanes, bias[k], plus ? plus + at : nullptr, relu_, out + at);
            }
          }
      });
    }
  }
  return y;
}

}  // namespace depthmill::sd_convtrans
