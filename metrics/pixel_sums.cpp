#include "metrics/pixel_sums.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>

#include "metrics/pixel_sums_kernels.h"

namespace depthmill::metrics {
namespace {

constexpr std::size_t kBlock = kSumBlock;  // the working set stays in the first-level cache

// Chosen by the processor, not by the build: without FMA each fused step is a call of the C library's.
bool has_avx2() {
#ifdef DEPTHMILL_HAVE_AVX2_SUMS
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
#else
  return false;
#endif
}

void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums) {
#ifdef DEPTHMILL_HAVE_AVX2_SUMS
  if (has_avx2()) return avx2::add_values(p, g, values, groups, epsilon, log_epsilon, sums);
#endif
  baseline::add_values(p, g, values, groups, epsilon, log_epsilon, sums);
}

}  // namespace

KeptBetween keep_between(std::span<const double> values, double low, double high, double* out) {
#ifdef DEPTHMILL_HAVE_AVX2_SUMS
  if (has_avx2()) return avx2::keep_between(values.data(), values.size(), low, high, out);
#endif
  return baseline::keep_between(values.data(), values.size(), low, high, out);
}

void PixelBlock::leave_out() {
  for (std::size_t i = 0; i < size; ++i) {
    pred[i] = keep[i] ? pred[i] : 1.0;
    gt[i] = keep[i] ? gt[i] : 1.0;
  }
}

void PixelBlock::add_to(PixelSums& sums, unsigned groups, double epsilon, double log_epsilon) {
  if (kept == 0) return;
  const std::size_t padded = (size + kSumLanes - 1) / kSumLanes * kSumLanes;
  std::fill(pred + size, pred + padded, 1.0);
  std::fill(gt + size, gt + padded, 1.0);
  sums.n += kept;
  add_values(pred, gt, padded, groups, epsilon, log_epsilon, sums);
  const std::size_t others = padded - kept;  // p = g = 1: nothing to the sums, but counted by every threshold
  for (std::size_t t = 0; t < kRatioThresholds.size(); ++t) {
    if (groups & kRatio) sums.below[t] -= others;
    if (groups & kRatioOrEqual) sums.below_or_equal[t] -= others;
    if (groups & kShiftedRatio) sums.below_shifted[t] -= others;
  }
}

bool all_finite(std::span<const float> values) {
  std::uint32_t special = 0;
  for (float v : values) special |= (std::bit_cast<std::uint32_t>(v) & 0x7f800000u) == 0x7f800000u ? 1 : 0;
  return special == 0;
}

bool all_finite(std::span<const double> values) {
  constexpr std::uint64_t kExponent = 0x7ff0000000000000ULL;
  std::uint64_t special = 0;
  for (double v : values) special |= (std::bit_cast<std::uint64_t>(v) & kExponent) == kExponent ? 1 : 0;
  return special == 0;
}

PixelSums sum_pixels(std::span<const double> pred, std::span<const double> gt, unsigned groups,
                     double epsilon, double log_epsilon) {
  assert(pred.size() == gt.size());
  PixelSums sums;
  sums.n = pred.size();
  const std::size_t whole = pred.size() / kBlock * kBlock;
  for (std::size_t done = 0; done < whole; done += kBlock)
    add_values(pred.data() + done, gt.data() + done, kBlock, groups, epsilon, log_epsilon, sums);
  if (whole == pred.size()) return sums;
  sums.n = whole;
  PixelBlock rest;
  rest.size = rest.kept = pred.size() - whole;
  std::copy_n(pred.data() + whole, rest.size, rest.pred);
  std::copy_n(gt.data() + whole, rest.size, rest.gt);
  rest.add_to(sums, groups, epsilon, log_epsilon);
  return sums;
}

}  // namespace depthmill::metrics
