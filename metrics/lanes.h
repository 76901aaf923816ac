// Four doubles at a time, whatever the machine has, so that the order of additions is part of the source and the same
// for every instruction set. Always inlined and known in one file alone: a copy compiled for AVX2 cannot be taken for
// everybody's. For files inside the metrics' room; vectors stay inside functions (the ABI remark is about passing them).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#pragma GCC diagnostic ignored "-Wpsabi"

namespace depthmill::metrics {
namespace {

#define DM_LANES [[maybe_unused]] static inline __attribute__((always_inline))

inline constexpr std::size_t kLanes = 4;
typedef double Doubles __attribute__((vector_size(32)));
typedef std::int64_t Longs __attribute__((vector_size(32)));

DM_LANES Doubles load(const double* from) {
  Doubles v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
DM_LANES void store(double* to, const Doubles& v) { std::memcpy(to, &v, sizeof v); }
DM_LANES Doubles absolute(const Doubles& v) { return (Doubles)((Longs)v & 0x7fffffffffffffffLL); }
DM_LANES double total(const Doubles& v) { return (v[0] + v[1]) + (v[2] + v[3]); }

// sums[k] = the sum over all i of the k-th term of a[i] and b[i], which terms(a, b, out) gives for four at once.
template <std::size_t K, class Terms>
DM_LANES void sum_terms(const double* a, const double* b, std::size_t count, double (&sums)[K], Terms terms) {
  Doubles partial[K] = {}, out[K];
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    terms(load(a + i), load(b + i), out);
    for (std::size_t k = 0; k < K; ++k) partial[k] += out[k];
  }
  if (i < count) {
    double last_a[kLanes] = {}, last_b[kLanes] = {};
    std::memcpy(last_a, a + i, (count - i) * sizeof(double));
    std::memcpy(last_b, b + i, (count - i) * sizeof(double));
    terms(load(last_a), load(last_b), out);
    for (std::size_t k = 0; k < K; ++k)
      for (std::size_t lane = 0; lane < count - i; ++lane) partial[k][lane] += out[k][lane];
  }
  for (std::size_t k = 0; k < K; ++k) sums[k] = total(partial[k]);
}

#undef DM_LANES

}  // namespace
}  // namespace depthmill::metrics
