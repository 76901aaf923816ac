#include "stages/networks/sd_convtrans/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

// The transforms are plain loops; built for AVX2 as well and chosen at run time, whatever the baseline is.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DEPTHMILL_CLONES __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define DEPTHMILL_CLONES
#endif

namespace depthmill::sd_convtrans {
namespace {

// Splits a row of `width` values, one zero before it and zeros behind, into even and odd places: count + 1
// each.
DEPTHMILL_CLONES void split_row(const float* __restrict row, int64_t width, int64_t count,
                                float* __restrict even, float* __restrict odd) {
  even[0] = 0;
  const int64_t odds = std::min(count + 1, (width + 1) / 2), evens = std::min(count + 1, width / 2 + 1);
  for (int64_t t = 0; t < odds; ++t) odd[t] = row[2 * t];
  for (int64_t t = 1; t < evens; ++t) even[t] = row[2 * t - 1];
  for (int64_t t = odds; t <= count; ++t) odd[t] = 0;
  for (int64_t t = evens; t <= count; ++t) even[t] = 0;
}

// B' d B of one row of tiles. lines: 4 rows of even places, then 4 of odd places, `pitch` apart; v: 16
// planes, `plane` apart.
DEPTHMILL_CLONES void transform_input(const float* __restrict lines, int64_t pitch, int64_t count,
                                      float* __restrict v, int64_t plane) {
  const float *e0 = lines, *e1 = lines + pitch, *e2 = lines + 2 * pitch, *e3 = lines + 3 * pitch;
  const float *o0 = lines + 4 * pitch, *o1 = lines + 5 * pitch, *o2 = lines + 6 * pitch,
              *o3 = lines + 7 * pitch;
  auto columns = [&](int i, auto&& even, auto&& odd) {
    float* __restrict out = v + 4 * i * plane;
    for (int64_t t = 0; t < count; ++t) {
      const float a = even(t), b = odd(t), c = even(t + 1), d = odd(t + 1);
      out[t] = a - c;
      out[plane + t] = b + c;
      out[2 * plane + t] = c - b;
      out[3 * plane + t] = b - d;
    }
  };
  columns(
      0, [&](int64_t t) { return e0[t] - e2[t]; }, [&](int64_t t) { return o0[t] - o2[t]; });
  columns(
      1, [&](int64_t t) { return e1[t] + e2[t]; }, [&](int64_t t) { return o1[t] + o2[t]; });
  columns(
      2, [&](int64_t t) { return e2[t] - e1[t]; }, [&](int64_t t) { return o2[t] - o1[t]; });
  columns(
      3, [&](int64_t t) { return e1[t] - e3[t]; }, [&](int64_t t) { return o1[t] - o3[t]; });
}

// A' m A of one row of tiles, plus bias: the even and odd places of two rows of output.
DEPTHMILL_CLONES void transform_output(const float* __restrict m, int64_t plane, int64_t count, float bias,
                                       bool relu, float* __restrict out) {
  const float least = relu ? 0.0f : -3.402823466e38f;
  for (int64_t t = 0; t < count; ++t) {
    float s[2][4];
    for (int j = 0; j < 4; ++j) {
      const float m0 = m[j * plane + t], m1 = m[(4 + j) * plane + t], m2 = m[(8 + j) * plane + t],
                  m3 = m[(12 + j) * plane + t];
      s[0][j] = m0 + m1 + m2;
      s[1][j] = m1 - m2 - m3;
    }
    for (int i = 0; i < 2; ++i) {
      const float left = s[i][0] + s[i][1] + s[i][2] + bias, right = s[i][1] - s[i][2] - s[i][3] + bias;
      // Written so that NaN stays NaN.
      out[(2 * i) * count + t] = left < least ? least : left;
      out[(2 * i + 1) * count + t] = right < least ? least : right;
    }
  }
}

DEPTHMILL_CLONES void join_row(const float* __restrict left, const float* __restrict right, int64_t width,
                               float* __restrict row) {
  for (int64_t t = 0; t < width / 2; ++t) {
    row[2 * t] = left[t];
    row[2 * t + 1] = right[t];
  }
  if (width % 2) row[width - 1] = left[width / 2];
}

// About this many tiles at a time: both buffers stay in the outer cache.
constexpr int64_t kTilesAtATime = 320;

}  // namespace

// G g G', G = (1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1), in double.
WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias, bool relu)
    : bias_(bias.contiguous()), relu_(relu) {
  static const double kG[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const at::Tensor w = weight.contiguous();
  const int64_t pairs = w.size(0) * w.size(1);
  weights_ = at::empty({16, w.size(0), w.size(1)}, w.options());
  const float* in = w.data_ptr<float>();
  float* out = weights_.data_ptr<float>();
  at::parallel_for(0, pairs, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      double rows[4][3];
      for (int i = 0; i < 4; ++i)
        for (int x = 0; x < 3; ++x)
          rows[i][x] = kG[i][0] * in[9 * p + x] + kG[i][1] * in[9 * p + 3 + x] + kG[i][2] * in[9 * p + 6 + x];
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          out[(4 * i + j) * pairs + p] =
              static_cast<float>(rows[i][0] * kG[j][0] + rows[i][1] * kG[j][1] + rows[i][2] * kG[j][2]);
    }
  });
}

at::Tensor WinogradConv::operator()(const at::Tensor& x_in) const {
  const at::Tensor x = x_in.contiguous();
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t kernels = weights_.size(1), tile_rows = (height + 1) / 2, tile_cols = (width + 1) / 2;
  at::Tensor y = at::empty({n, kernels, height, width}, x.options());
  const int64_t strip = std::clamp<int64_t>(kTilesAtATime / tile_cols, 1, tile_rows);
  at::Tensor v = at::empty({16, channels, strip * tile_cols}, x.options());
  at::Tensor m = at::empty({16, kernels, strip * tile_cols}, x.options());

  for (int64_t image = 0; image < n; ++image) {
    const float* in = x.data_ptr<float>() + image * channels * height * width;
    float* out = y.data_ptr<float>() + image * kernels * height * width;
    for (int64_t first = 0; first < tile_rows; first += strip) {
      const int64_t rows = std::min(strip, tile_rows - first), tiles = rows * tile_cols;
      float* vp = v.data_ptr<float>();
      at::parallel_for(0, channels, 8, [&](int64_t begin, int64_t end) {
        const int64_t pitch = tile_cols + 1;
        std::vector<float> lines(static_cast<std::size_t>(8 * pitch));
        for (int64_t c = begin; c < end; ++c)
          for (int64_t r = 0; r < rows; ++r) {
            for (int i = 0; i < 4; ++i) {
              const int64_t row = 2 * (first + r) - 1 + i;
              float* even = lines.data() + i * pitch;
              float* odd = even + 4 * pitch;
              if (row < 0 || row >= height) {
                std::fill_n(even, pitch, 0.0f);
                std::fill_n(odd, pitch, 0.0f);
              } else {
                split_row(in + (c * height + row) * width, width, tile_cols, even, odd);
              }
            }
            transform_input(lines.data(), pitch, tile_cols, vp + c * tiles + r * tile_cols, channels * tiles);
          }
      });

      for (int k = 0; k < 16; ++k) {
        const at::Tensor vk = at::from_blob(vp + k * channels * tiles, {channels, tiles}, x.options());
        at::Tensor mk =
            at::from_blob(m.data_ptr<float>() + k * kernels * tiles, {kernels, tiles}, x.options());
        at::mm_out(mk, weights_.select(0, k), vk);
      }

      const float* mp = m.data_ptr<float>();
      const float* bias = bias_.data_ptr<float>();
      at::parallel_for(0, kernels, 8, [&](int64_t begin, int64_t end) {
        std::vector<float> lines(static_cast<std::size_t>(4 * tile_cols));
        for (int64_t k = begin; k < end; ++k)
          for (int64_t r = 0; r < rows; ++r) {
            transform_output(mp + k * tiles + r * tile_cols, kernels * tiles, tile_cols, bias[k], relu_,
                             lines.data());
            for (int i = 0; i < 2; ++i) {
              const int64_t row = 2 * (first + r) + i;
              if (row < height)
                join_row(lines.data() + 2 * i * tile_cols, lines.data() + (2 * i + 1) * tile_cols, width,
                         out + (k * height + row) * width);
            }
          }
      });
    }
  }
  return y;
}

}  // namespace depthmill::sd_convtrans
