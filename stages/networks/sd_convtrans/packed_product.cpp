#include "stages/networks/sd_convtrans/packed_product.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#if defined(__x86_64__) && defined(__GNUC__)
#define DEPTHMILL_X86_KERNELS
#include <immintrin.h>
#endif

namespace depthmill::sd_convtrans {
namespace {

// For any processor. The lanes are cut into pieces whose sums stay in registers.
void plain_product(const float* left, const float* right, std::int64_t depth, std::int64_t lanes, float* out,
                   std::int64_t pitch) {
  constexpr int kPiece = 8;
  for (std::int64_t t = 0; t < lanes; t += kPiece)
    for (std::int64_t r = 0; r < kRows; r += 4) {
      float sum[4][kPiece] = {};
      for (std::int64_t d = 0; d < depth; ++d)
        for (int i = 0; i < 4; ++i)
          for (int j = 0; j < kPiece; ++j) sum[i][j] += left[d * kRows + r + i] * right[d * kLanes + t + j];
      for (int i = 0; i < 4; ++i) std::copy_n(sum[i], kPiece, out + (r + i) * pitch + t);
    }
}

#ifdef DEPTHMILL_X86_KERNELS

// 4 x 8 V sums in registers at a time: 12 of the 16, for V = 3.
template <int V>
__attribute__((target("avx2,fma"))) void avx2_piece(const float* left, const float* right, std::int64_t depth,
                                                    float* out, std::int64_t pitch) {
  __m256 sum[4][V];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) sum[i][j] = _mm256_setzero_ps();
  for (std::int64_t d = 0; d < depth; ++d) {
    __m256 lane[V];
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) lane[j] = _mm256_loadu_ps(right + d * kLanes + 8 * j);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m256 row = _mm256_broadcast_ss(left + d * kRows + i);
#pragma GCC unroll 3
      for (int j = 0; j < V; ++j) sum[i][j] = _mm256_fmadd_ps(row, lane[j], sum[i][j]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) _mm256_storeu_ps(out + i * pitch + 8 * j, sum[i][j]);
}

void avx2_product(const float* left, const float* right, std::int64_t depth, std::int64_t lanes, float* out,
                  std::int64_t pitch) {
  for (std::int64_t r = 0; r < kRows; r += 4) {
    std::int64_t t = 0;
    for (; t + 24 <= lanes; t += 24) avx2_piece<3>(left + r, right + t, depth, out + r * pitch + t, pitch);
    for (; t < lanes; t += 8) avx2_piece<1>(left + r, right + t, depth, out + r * pitch + t, pitch);
  }
}

// 8 x 16 V sums: 24 of the 32 registers for V = 3.
template <int V>
__attribute__((target("avx512f"))) void avx512_piece(const float* left, const float* right,
                                                     std::int64_t depth, float* out, std::int64_t pitch) {
  __m512 sum[kRows][V];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) sum[i][j] = _mm512_setzero_ps();
  for (std::int64_t d = 0; d < depth; ++d) {
    __m512 lane[V];
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) lane[j] = _mm512_loadu_ps(right + d * kLanes + 16 * j);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const __m512 row = _mm512_set1_ps(left[d * kRows + i]);
#pragma GCC unroll 3
      for (int j = 0; j < V; ++j) sum[i][j] = _mm512_fmadd_ps(row, lane[j], sum[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < V; ++j) _mm512_storeu_ps(out + i * pitch + 16 * j, sum[i][j]);
}

void avx512_product(const float* left, const float* right, std::int64_t depth, std::int64_t lanes, float* out,
                    std::int64_t pitch) {
  if (lanes == 48) return avx512_piece<3>(left, right, depth, out, pitch);
  if (lanes == 32) return avx512_piece<2>(left, right, depth, out, pitch);
  return avx512_piece<1>(left, right, depth, out, pitch);
}

#endif

}  // namespace

PackedRows::PackedRows(const float* matrix, std::int64_t rows, std::int64_t depth)
    : values_(static_cast<std::size_t>(blocks_of(rows, kRows) * kRows * depth)), rows_(rows), depth_(depth) {
  float* out = values_.data();
  for (std::int64_t first = 0; first < rows; first += kRows)
    for (std::int64_t d = 0; d < depth; ++d)
      for (std::int64_t r = first; r < first + kRows; ++r) *out++ = r < rows ? matrix[r * depth + d] : 0.0f;
}

std::vector<BlockProduct*> block_products() {
  std::vector<BlockProduct*> all;
#ifdef DEPTHMILL_X86_KERNELS
  const char* const variable = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string_view limit = variable ? variable : "";
  if (limit != "avx2" && limit != "default" && __builtin_cpu_supports("avx512f"))
    all.push_back(avx512_product);
  if (limit != "default" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    all.push_back(avx2_product);
#endif
  all.push_back(plain_product);
  return all;
}

BlockProduct* block_product() {
  static BlockProduct* const best = block_products().front();
  return best;
}

float* workspace(std::int64_t count) {
  constexpr std::size_t kLine = 64 / sizeof(float);
  thread_local std::vector<float> kept;
  const std::size_t needed = static_cast<std::size_t>(count) + kLine;
  if (kept.size() < needed) {
    kept = {};  // before the larger one is there
    kept.resize(needed);
  }
  const std::size_t over = reinterpret_cast<std::uintptr_t>(kept.data()) / sizeof(float) % kLine;
  return kept.data() + (over ? kLine - over : 0);
}

}  // namespace depthmill::sd_convtrans
