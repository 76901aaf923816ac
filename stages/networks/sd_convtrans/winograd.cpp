#include "stages/networks/sd_convtrans/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

// The transforms are plain loops; built for AVX-512 and AVX2 as well and chosen at run time, whatever the baseline is.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DEPTHMILL_CLONES \
  __attribute__((target_clones("arch=skylake-avx512", "avx2", "default"), optimize("O3")))
#else
#define DEPTHMILL_CLONES
#endif
#define DEPTHMILL_INLINE __attribute__((always_inline)) inline

namespace depthmill::sd_convtrans {
namespace {

// Of tiles of M x M places, from (M + 2) x (M + 2) of the picture that begin one row and one column before.
template <int M>
inline constexpr int kSide = M + 2;

// The points a and b of F(4, 3), squared and in sums.
constexpr float kA = 0.75f, kB = 1.5f, kA2 = kA * kA, kB2 = kB * kB;

// B' d
DEPTHMILL_INLINE void to_points(const float (&d)[4], float (&v)[4]) {
  v[0] = d[0] - d[2];
  v[1] = d[1] + d[2];
  v[2] = d[2] - d[1];
  v[3] = d[1] - d[3];
}

DEPTHMILL_INLINE void to_points(const float (&d)[6], float (&v)[6]) {
  const float even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  const float even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  v[0] = kA2 * kB2 * d[0] - (kA2 + kB2) * d[2] + d[4];
  v[1] = even_a + odd_a;
  v[2] = even_a - odd_a;
  v[3] = even_b + odd_b;
  v[4] = even_b - odd_b;
  v[5] = kA2 * kB2 * d[1] - (kA2 + kB2) * d[3] + d[5];
}

// A' m
DEPTHMILL_INLINE void from_points(const float (&m)[4], float (&y)[2]) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}

DEPTHMILL_INLINE void from_points(const float (&m)[6], float (&y)[4]) {
  const float sum_a = m[1] + m[2], difference_a = m[1] - m[2];
  const float sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  y[0] = m[0] + sum_a + sum_b;
  y[1] = kA * difference_a + kB * difference_b;
  y[2] = kA2 * sum_a + kB2 * sum_b;
  y[3] = kA * kA2 * difference_a + kB * kB2 * difference_b + m[5];
}

// G g
void kernel_to_points(const double (&g)[3], double (&u)[4]) {
  const double sum = (g[0] + g[2]) / 2, half = g[1] / 2;
  u[0] = g[0];
  u[1] = sum + half;
  u[2] = sum - half;
  u[3] = g[2];
}

void kernel_to_points(const double (&g)[3], double (&u)[6]) {
  const double a = kA, b = kB, a2 = a * a, b2 = b * b;
  const double of_a = 1 / (2 * a2 * (a2 - b2)), of_b = 1 / (2 * b2 * (b2 - a2));
  u[0] = g[0] / (a2 * b2);
  u[1] = (g[0] + a * g[1] + a2 * g[2]) * of_a;
  u[2] = (g[0] - a * g[1] + a2 * g[2]) * of_a;
  u[3] = (g[0] + b * g[1] + b2 * g[2]) * of_b;
  u[4] = (g[0] - b * g[1] + b2 * g[2]) * of_b;
  u[5] = g[2];
}

// Down the columns of M + 2 rows of the picture, `width` places each: the same number of lines, `pitch` apart.
template <int M>
DEPTHMILL_INLINE void columns_to_points(const float* const (&rows)[kSide<M>], std::int64_t width,
                                        float* __restrict lines, std::int64_t pitch) {
  for (std::int64_t x = 0; x < width; ++x) {
    float d[kSide<M>], v[kSide<M>];
    for (int i = 0; i < kSide<M>; ++i) d[i] = rows[i][x];
    to_points(d, v);
    for (int i = 0; i < kSide<M>; ++i) lines[i * pitch + x] = v[i];
  }
}

// Along one of these lines, which begins one column before: the points of `count` tiles, `plane` apart.
template <int M>
DEPTHMILL_INLINE void line_to_points(const float* __restrict line, std::int64_t count, float* __restrict out,
                                     std::int64_t plane) {
  for (std::int64_t t = 0; t < count; ++t) {
    float d[kSide<M>], v[kSide<M>];
    for (int i = 0; i < kSide<M>; ++i) d[i] = line[M * t + i];
    to_points(d, v);
    for (int i = 0; i < kSide<M>; ++i) out[i * plane + t] = v[i];
  }
}

// The places of `count` tiles from their points, `plane` apart: M rows of M `count` places, `pitch` apart.
template <int M>
DEPTHMILL_INLINE void tiles_from_points(const float* __restrict points, std::int64_t plane,
                                        std::int64_t count, float bias, bool relu, float* __restrict out,
                                        std::int64_t pitch) {
  constexpr int n = kSide<M>;
  const float least = relu ? 0.0f : -3.402823466e38f;
  for (std::int64_t t = 0; t < count; ++t) {
    float s[M][n];
    for (int j = 0; j < n; ++j) {
      float m[n], y[M];
      for (int i = 0; i < n; ++i) m[i] = points[(i * n + j) * plane + t];
      from_points(m, y);
      for (int i = 0; i < M; ++i) s[i][j] = y[i];
    }
    for (int i = 0; i < M; ++i) {
      float y[M];
      from_points(s[i], y);
      for (int j = 0; j < M; ++j) {
        const float value = y[j] + bias;
        out[i * pitch + M * t + j] = value < least ? least : value;  // written so that NaN stays NaN
      }
    }
  }
}

// Clones are made of plain functions alone.
DEPTHMILL_CLONES void columns_of_4(const float* const (&rows)[6], std::int64_t width, float* lines,
                                   std::int64_t pitch) {
  columns_to_points<4>(rows, width, lines, pitch);
}
DEPTHMILL_CLONES void columns_of_2(const float* const (&rows)[4], std::int64_t width, float* lines,
                                   std::int64_t pitch) {
  columns_to_points<2>(rows, width, lines, pitch);
}
DEPTHMILL_CLONES void line_of_4(const float* line, std::int64_t count, float* out, std::int64_t plane) {
  line_to_points<4>(line, count, out, plane);
}
DEPTHMILL_CLONES void line_of_2(const float* line, std::int64_t count, float* out, std::int64_t plane) {
  line_to_points<2>(line, count, out, plane);
}
DEPTHMILL_CLONES void tiles_of_4(const float* points, std::int64_t plane, std::int64_t count, float bias,
                                 bool relu, float* out, std::int64_t pitch) {
  tiles_from_points<4>(points, plane, count, bias, relu, out, pitch);
}
DEPTHMILL_CLONES void tiles_of_2(const float* points, std::int64_t plane, std::int64_t count, float bias,
                                 bool relu, float* out, std::int64_t pitch) {
  tiles_from_points<2>(points, plane, count, bias, relu, out, pitch);
}

// About this many tiles at a time: what they become stays in the outer caches.
constexpr std::int64_t kTilesAtATime = 2 * kLanes;
// Planes of points are this much longer than need be, so that they do not fall on the same lines of a cache.
constexpr std::int64_t kGap = 16;
// From this many pairs of channels on the larger tiles cost more by their weights than they save.
constexpr std::int64_t kManyPairs = 200'000;

template <int M>
std::vector<PackedRows> weights_at_points(const at::Tensor& weight) {
  constexpr int n = kSide<M>;
  const std::int64_t kernels = weight.size(0), channels = weight.size(1), pairs = kernels * channels;
  const float* in = weight.data_ptr<float>();
  std::vector<float> points(static_cast<std::size_t>(n * n * pairs));
  at::parallel_for(0, pairs, 4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      double rows[n][3];
      for (int x = 0; x < 3; ++x) {
        double u[n];
        kernel_to_points({in[9 * p + x], in[9 * p + 3 + x], in[9 * p + 6 + x]}, u);
        for (int i = 0; i < n; ++i) rows[i][x] = u[i];
      }
      for (int i = 0; i < n; ++i) {
        double u[n];
        kernel_to_points(rows[i], u);
        for (int j = 0; j < n; ++j)
          points[static_cast<std::size_t>((i * n + j) * pairs + p)] = static_cast<float>(u[j]);
      }
    }
  });
  std::vector<PackedRows> packed;
  for (int k = 0; k < n * n; ++k) packed.emplace_back(points.data() + k * pairs, kernels, channels);
  return packed;
}

}  // namespace

WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias, bool relu)
    : tile_(weight.size(0) * weight.size(1) < kManyPairs ? 4 : 2), bias_(bias.contiguous()), relu_(relu) {
  const at::Tensor w = weight.contiguous();
  weights_ = tile_ == 4 ? weights_at_points<4>(w) : weights_at_points<2>(w);
}

at::Tensor WinogradConv::operator()(const at::Tensor& x) const {
  return tile_ == 4 ? tiled<4>(x.contiguous()) : tiled<2>(x.contiguous());
}

template <int M>
at::Tensor WinogradConv::tiled(const at::Tensor& x) const {
  constexpr int n = kSide<M>;
  const std::int64_t images = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const std::int64_t kernels = weights_[0].rows(), blocks = weights_[0].blocks();
  const std::int64_t tile_rows = blocks_of(height, M), tile_cols = blocks_of(width, M);
  const std::int64_t strip = std::clamp<std::int64_t>(kTilesAtATime / tile_cols, 1, tile_rows);
  const std::int64_t panels = blocks_of(strip * tile_cols, kLanes), pitch = panels * kLanes;
  const std::int64_t in_plane = channels * pitch + kGap, out_plane = blocks * kRows * pitch + kGap;
  at::Tensor y = at::empty({images, kernels, height, width}, x.options());
  float* const vp = workspace(n * n * (in_plane + out_plane));
  float* const mp = vp + n * n * in_plane;
  const float* const bias = bias_.data_ptr<float>();
  BlockProduct* const product = block_product();
  const std::vector<float> nothing(static_cast<std::size_t>(width), 0.0f);

  for (std::int64_t image = 0; image < images; ++image)
    for (std::int64_t first = 0; first < tile_rows; first += strip) {
      const float* const in = x.data_ptr<float>() + image * channels * height * width;
      float* const out = y.data_ptr<float>() + image * kernels * height * width;
      const std::int64_t rows = std::min(strip, tile_rows - first), tiles = rows * tile_cols;

      // The points of the picture, in blocks of kLanes tiles: [point][block][channel][lane].
      at::parallel_for(0, channels, 8, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t line_pitch = M * tile_cols + 2;
        std::vector<float> lines(static_cast<std::size_t>(n * line_pitch), 0.0f);
        for (std::int64_t c = begin; c < end; ++c) {
          for (std::int64_t r = 0; r < rows; ++r) {
            const float* sources[n];
            for (int i = 0; i < n; ++i) {
              const std::int64_t row = M * (first + r) - 1 + i;
              sources[i] = row < 0 || row >= height ? nothing.data() : in + (c * height + row) * width;
            }
            if constexpr (M == 4)
              columns_of_4(sources, width, lines.data() + 1, line_pitch);
            else
              columns_of_2(sources, width, lines.data() + 1, line_pitch);
            for (std::int64_t t = 0; t < tile_cols;) {
              const std::int64_t tile = r * tile_cols + t, lane = tile % kLanes;
              const std::int64_t count = std::min(kLanes - lane, tile_cols - t);
              float* const to = vp + (tile / kLanes * channels + c) * kLanes + lane;
              for (int i = 0; i < n; ++i) {
                const float* const line = lines.data() + i * line_pitch + M * t;
                if constexpr (M == 4)
                  line_of_4(line, count, to + i * n * in_plane, in_plane);
                else
                  line_of_2(line, count, to + i * n * in_plane, in_plane);
              }
              t += count;
            }
          }
          if (const std::int64_t used = tiles % kLanes; used)
            for (int k = 0; k < n * n; ++k)
              std::fill_n(vp + k * in_plane + (tiles / kLanes * channels + c) * kLanes + used, kLanes - used,
                          0.0f);
        }
      });

      // Their products with the kernels': [point][kernel][tile].
      at::parallel_for(0, n * n * blocks, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t point = i / blocks, block = i % blocks;
          for (std::int64_t t = 0; t < tiles; t += kLanes)
            product(weights_[static_cast<std::size_t>(point)].block(block),
                    vp + point * in_plane + t * channels, channels,
                    std::min(kLanes, blocks_of(tiles - t, 16) * 16),
                    mp + point * out_plane + block * kRows * pitch + t, pitch);
        }
      });

      at::parallel_for(0, kernels, 8, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t line_pitch = M * tile_cols;
        std::vector<float> lines(static_cast<std::size_t>(M * line_pitch));
        for (std::int64_t k = begin; k < end; ++k)
          for (std::int64_t r = 0; r < rows; ++r) {
            const float* const points = mp + k * pitch + r * tile_cols;
            const std::int64_t row = M * (first + r), used = std::min<std::int64_t>(M, height - row);
            float* const to = out + (k * height + row) * width;
            const bool whole = line_pitch == width && used == M;
            if constexpr (M == 4)
              tiles_of_4(points, out_plane, tile_cols, bias[k], relu_, whole ? to : lines.data(), line_pitch);
            else
              tiles_of_2(points, out_plane, tile_cols, bias[k], relu_, whole ? to : lines.data(), line_pitch);
            if (!whole)
              for (std::int64_t i = 0; i < used; ++i)
                std::copy_n(lines.data() + i * line_pitch, width, to + i * width);
          }
      });
    }
  return y;
}

}  // namespace depthmill::sd_convtrans
