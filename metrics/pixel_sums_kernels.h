// The loops of pixel_sums.cpp, compiled twice: for the baseline of the build, and for AVX2 with FMA. Both give the same
// bytes: lanes and the order of additions are part of the source, and a fused multiply-add is one rounding either way.
#pragma once

#include <cstddef>

namespace depthmill::metrics {

struct PixelSums;

inline constexpr std::size_t kSumLanes = 8;  // add_values takes whole vectors

// Adds `values` pairs, a multiple of kSumLanes and kSumBlock at most, those beyond the pixels with p = g = 1, to the
// sums of `groups`; n is the caller's.
namespace baseline {
void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums);
}
namespace avx2 {
void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums);
}

}  // namespace depthmill::metrics
