// The loops over many pixels of pixel_sums.cpp and order_statistics.cpp, compiled twice: for the baseline of the build, and for AVX2 with FMA. Both give the same
// bytes: lanes and the order of additions are part of the source, and a fused multiply-add is one rounding either way.
#pragma once

#include <cstddef>
#include <span>

namespace depthmill::metrics {

struct PixelSums;

struct KeptBetween {
  std::size_t kept, below;  // values between the bounds or at them, values below the lower one
};
// Writes the values from `low` to `high` to `out` in their order. out may be where the values are, and has room for four
// more than there are.
KeptBetween keep_between(std::span<const double> values, double low, double high, double* out);

inline constexpr std::size_t kSumLanes = 8;  // add_values takes whole vectors

// Adds `values` pairs, a multiple of kSumLanes and kSumBlock at most, those beyond the pixels with p = g = 1, to the
// sums of `groups`; n is the caller's.
namespace baseline {
void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums);
KeptBetween keep_between(const double* values, std::size_t count, double low, double high, double* out);
}  // namespace baseline
namespace avx2 {
void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums);
KeptBetween keep_between(const double* values, std::size_t count, double low, double high, double* out);
}  // namespace avx2

}  // namespace depthmill::metrics
