// Body of pixel_sums_baseline.cpp and pixel_sums_avx2.cpp, which define DEPTHMILL_SUMS, the namespace it lands in.
// Nothing of the standard library is called but C functions: an inline function compiled here for AVX2 could be the
// copy that the linker keeps for everybody.
#include <cfloat>
#include <cmath>
#include <cstring>
#if defined(__FMA__)
#include <immintrin.h>
#endif

#include "metrics/lanes.h"
#include "metrics/pixel_sums.h"
#include "metrics/pixel_sums_kernels.h"

namespace depthmill::metrics::DEPTHMILL_SUMS {
namespace {

constexpr double kLeastNormal = DBL_MIN, kMostNormal = DBL_MAX;
constexpr std::size_t kBlock = kSumBlock;  // the working set stays in the first-level cache

typedef float Floats __attribute__((vector_size(16)));
// Ratios are compared eight at a time; counting has no order.
constexpr std::size_t kWideLanes = kSumLanes;
typedef float WideFloats __attribute__((vector_size(32)));
typedef double WideDoubles __attribute__((vector_size(64)));
typedef std::int32_t WideInts __attribute__((vector_size(32)));

// a b + c rounded once, with and without the instruction.
inline Doubles fused(const Doubles& a, const Doubles& b, const Doubles& c) {
#if defined(__FMA__)
  return (Doubles)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  return Doubles{std::fma(a[0], b[0], c[0]), std::fma(a[1], b[1], c[1]), std::fma(a[2], b[2], c[2]),
                 std::fma(a[3], b[3], c[3])};
#endif
}
inline Doubles all(double v) { return Doubles{v, v, v, v}; }
inline std::size_t count(const WideInts& v) {  // lanes of a comparison are 0 or -1, summed
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kWideLanes; ++i) sum -= v[i];
  return static_cast<std::size_t>(sum);
}

// ln of normal positive values: x = 2^k (1+f), sqrt(1/2) <= 1+f < sqrt(2), s = f/(2+f), |s| < 0.172, and
// ln(1+f) = 2 atanh(s) = s (2 + R), R = sum over i >= 1 of 2/(2i+1) s^2i. R/s^2 is the Chebyshev fit of
// degree six over the range of s^2, off by 3.2e-16 at most, which is 5e-18 of the logarithm; the roundings
// leave less than 3 units in the last place.
inline Doubles log_normal(const Doubles& x) {
  constexpr std::int64_t kOne = 0x3ff0000000000000LL;
  constexpr std::int64_t kSqrtHalf = 0x3fe6a09e667f3bcdLL;
  constexpr double kLn2 = 0x1.62e42fefa39efp-1;
  // Unsigned: NaN and negative values come here too and must wrap, not overflow; their result is not used.
  typedef std::uint64_t Unsigned __attribute__((vector_size(32)));
  const Unsigned shifted = (Unsigned)x + static_cast<std::uint64_t>(kOne - kSqrtHalf);
  const Doubles k = (Doubles)((shifted >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0);
  const Unsigned mantissa = (shifted & 0xfffffffffffffULL) + static_cast<std::uint64_t>(kSqrtHalf);
  const Doubles m = (Doubles)mantissa;
  const Doubles s = (m - 1.0) / (m + 1.0);
  const Doubles z = s * s;
  const Doubles w = z * z;
  Doubles odd = fused(w, all(0.14616449684875044), all(0.18182889125261722));
  Doubles even = fused(w, all(0.15331721600556041), all(0.22222211134795076));
  odd = fused(w, odd, all(0.28571428625975485));
  even = fused(w, even, all(0.39999999999899499));
  odd = fused(w, odd, all(0.66666666666666697));
  return fused(k, all(kLn2), s * fused(z, fused(z, even, odd), all(2.0)));
}

// values: a multiple of kLanes; in and out are different memory.
void log_block(const double* in, double* out, std::size_t values) {
  Longs fine = (Longs)(Doubles{} == Doubles{});
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles x = load(in + i);
    fine &= (x >= kLeastNormal) & (x <= kMostNormal);
    store(out + i, log_normal(x));
  }
  if ((fine[0] & fine[1] & fine[2] & fine[3]) != 0) return;
  for (std::size_t i = 0; i < values; ++i)
    if (!(in[i] >= kLeastNormal && in[i] <= kMostNormal)) out[i] = std::log(in[i]);
}

// |p-g| / g is taken as |p/g - 1|: one division for the relative and the logarithmic errors, and exactly 0
// where p = g. Is every ratio one that log_normal takes? If not, the sums of logarithms are not.
template <bool with_log>
bool add_errors(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  Doubles abs_diff{}, sq_diff{}, abs_rel{}, sq_rel{}, sq_rel_sq{}, log_diff{}, log_abs{}, log_sq{};
  Doubles least = Doubles{} + 1.0, most = least;
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i), gt = load(g + i);
    const Doubles diff = absolute(pred - gt), ratio = pred / gt, rel = absolute(ratio - 1.0);
    abs_diff += diff;
    sq_diff = fused(diff, diff, sq_diff);
    abs_rel += rel;
    sq_rel = fused(diff, rel, sq_rel);
    sq_rel_sq = fused(rel, rel, sq_rel_sq);
    if constexpr (with_log) {
      least = least < ratio ? least : ratio;
      most = most > ratio ? most : ratio;
      const Doubles d = log_normal(ratio);
      log_diff += d;
      log_abs += absolute(d);
      log_sq = fused(d, d, log_sq);
    }
  }
  const double rel_sum = total(abs_rel);
  sums.abs_diff += total(abs_diff);
  sums.sq_diff += total(sq_diff);
  sums.abs_rel += rel_sum;
  sums.sq_rel += total(sq_rel);
  sums.sq_rel_sq += total(sq_rel_sq);
  if constexpr (with_log) {
    bool fine =
        __builtin_isfinite(rel_sum);  // it is not where a ratio is NaN, which least and most do not show
    for (std::size_t k = 0; k < kLanes; ++k)
      fine = fine && least[k] >= kLeastNormal && most[k] <= kMostNormal;
    if (!fine) return false;
    sums.log_diff += total(log_diff);
    sums.log_abs += total(log_abs);
    sums.log_sq += total(log_sq);
  }
  return true;
}

void add_over_pred(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  Doubles abs_rel_pred{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i);
    abs_rel_pred += absolute(pred - load(g + i)) / pred;
  }
  sums.abs_rel_pred += total(abs_rel_pred);
}

// Logarithms of whatever there is: 0, negative values, NaN.
void add_log(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  double ratio[kBlock] = {}, logs[kBlock];
  for (std::size_t i = 0; i < values; i += kLanes) store(ratio + i, load(p + i) / load(g + i));
  log_block(ratio, logs, values);
  Doubles log_diff{}, log_abs{}, log_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles d = load(logs + i);
    log_diff += d;
    log_abs += absolute(d);
    log_sq = fused(d, d, log_sq);
  }
  sums.log_diff += total(log_diff);
  sums.log_abs += total(log_abs);
  sums.log_sq += total(log_sq);
}

void add_inverse(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  Doubles inv_abs{}, inv_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles diff = 1.0 / load(p + i) - 1.0 / load(g + i);
    inv_abs += absolute(diff);
    inv_sq = fused(diff, diff, inv_sq);
  }
  sums.inv_abs += total(inv_abs);
  sums.inv_sq += total(inv_sq);
}

constexpr int kThresholds = 5;
static_assert(kRatioThresholds.size() == kThresholds);
constexpr float kLimits[kThresholds] = {
    static_cast<float>(kRatioThresholds[0]), static_cast<float>(kRatioThresholds[1]),
    static_cast<float>(kRatioThresholds[2]), static_cast<float>(kRatioThresholds[3]),
    static_cast<float>(kRatioThresholds[4])};

inline void count_ratio(const WideFloats& ratio, bool or_equal, WideInts (&passed)[kThresholds]) {
  for (int t = 0; t < kThresholds; ++t) passed[t] += or_equal ? ratio <= kLimits[t] : ratio < kLimits[t];
}

inline WideFloats to_single(const double* from, double epsilon = 0) {
  WideDoubles v;
  std::memcpy(&v, from, sizeof v);
  return __builtin_convertvector(epsilon == 0 ? v : v + epsilon, WideFloats);
}

// A prediction that is not positive passes nothing.
inline WideFloats or_infinite(const WideFloats& ratio, const WideFloats& pred) {
  return pred > 0.0f ? ratio : WideFloats{} + __builtin_inff();
}

// Counts of max(p/g, g/p) below the thresholds. The larger of the two is the larger depth over the smaller.
template <bool or_equal>
void add_ratio(const double* p, const double* g, std::size_t values, std::size_t* counts) {
  WideInts passed[kThresholds] = {};
  for (std::size_t i = 0; i < values; i += kWideLanes) {
    const WideFloats ps = to_single(p + i), gs = to_single(g + i);
    const WideFloats high = ps > gs ? ps : gs, low = ps < gs ? ps : gs;
    count_ratio(or_infinite(high / low, ps), or_equal, passed);
  }
  for (int t = 0; t < kThresholds; ++t) counts[t] += count(passed[t]);
}

// Counts of max(p/(g+e), g/(p+e)) < threshold.
void add_shifted_ratio(const double* p, const double* g, std::size_t values, double epsilon,
                       std::size_t* counts) {
  WideInts passed[kThresholds] = {};
  for (std::size_t i = 0; i < values; i += kWideLanes) {
    const WideFloats ps = to_single(p + i), gs = to_single(g + i);
    const WideFloats over = ps / to_single(g + i, epsilon), under = gs / to_single(p + i, epsilon);
    count_ratio(or_infinite(over > under ? over : under, ps), false, passed);
  }
  for (int t = 0; t < kThresholds; ++t) counts[t] += count(passed[t]);
}

void add_shifted(const double* p, const double* g, std::size_t values, double epsilon, PixelSums& sums) {
  Doubles abs_rel{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i), gt = load(g + i);
    abs_rel += absolute(pred - gt) / (gt + epsilon);
  }
  sums.abs_rel_shifted += total(abs_rel);
}

void add_shifted_log(const double* p, const double* g, std::size_t values, double log_epsilon,
                     PixelSums& sums) {
  double ratio[kBlock] = {}, logs[kBlock];
  for (std::size_t i = 0; i < values; i += kLanes)
    store(ratio + i, absolute((load(p + i) + log_epsilon) / (load(g + i) + log_epsilon)));
  log_block(ratio, logs, values);
  Doubles log_abs{}, log_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles d = load(logs + i);
    log_abs += absolute(d);
    log_sq = fused(d, d, log_sq);
  }
  sums.log_abs_shifted += total(log_abs);
  sums.log_sq_shifted += total(log_sq);
}

}  // namespace

// values: a multiple of kWideLanes, those beyond the pixels with p = g = 1.
void add_values(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums) {
  if (groups & kLog) {
    if (!add_errors<true>(p, g, values, sums)) add_log(p, g, values, sums);
  } else if (groups & kLinear) {
    add_errors<false>(p, g, values, sums);
  }
  if (groups & kInverse) add_inverse(p, g, values, sums);
  if (groups & kOverPred) add_over_pred(p, g, values, sums);
  if (groups & kRatio) add_ratio<false>(p, g, values, &sums.below[0]);
  if (groups & kRatioOrEqual) add_ratio<true>(p, g, values, &sums.below_or_equal[0]);
  if (groups & kShifted) add_shifted(p, g, values, epsilon, sums);
  if (groups & kShiftedRatio) add_shifted_ratio(p, g, values, epsilon, &sums.below_shifted[0]);
  if (groups & kShiftedLog) add_shifted_log(p, g, values, log_epsilon, sums);
}

KeptBetween keep_between(const double* values, std::size_t count, double low, double high, double* out) {
  KeptBetween found{0, 0};
  std::size_t i = 0;
#if defined(__AVX2__)
  // Where each of four doubles goes, as pairs of singles: those whose bit is set to the front.
  alignas(32) static const std::int32_t kPlaces[16][8] = {
      {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7},
      {4, 5, 0, 1, 2, 3, 6, 7}, {0, 1, 4, 5, 2, 3, 6, 7}, {2, 3, 4, 5, 0, 1, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7},
      {6, 7, 0, 1, 2, 3, 4, 5}, {0, 1, 6, 7, 2, 3, 4, 5}, {2, 3, 6, 7, 0, 1, 4, 5}, {0, 1, 2, 3, 6, 7, 4, 5},
      {4, 5, 6, 7, 0, 1, 2, 3}, {0, 1, 4, 5, 6, 7, 2, 3}, {2, 3, 4, 5, 6, 7, 0, 1}, {0, 1, 2, 3, 4, 5, 6, 7}};
  const __m256d lows = _mm256_set1_pd(low), highs = _mm256_set1_pd(high);
  for (; i + 4 <= count; i += 4) {
    const __m256d v = _mm256_loadu_pd(values + i);
    const __m256d under = _mm256_cmp_pd(v, lows, _CMP_LT_OQ), over = _mm256_cmp_pd(v, highs, _CMP_GT_OQ);
    const int out_of_bounds = _mm256_movemask_pd(_mm256_or_pd(under, over)), inside = 15 & ~out_of_bounds;
    const __m256i places = _mm256_load_si256(reinterpret_cast<const __m256i*>(kPlaces[inside]));
    _mm256_storeu_ps(reinterpret_cast<float*>(out + found.kept),
                     _mm256_permutevar8x32_ps(_mm256_castpd_ps(v), places));
    found.kept += static_cast<std::size_t>(__builtin_popcount(static_cast<unsigned>(inside)));
    found.below +=
        static_cast<std::size_t>(__builtin_popcount(static_cast<unsigned>(_mm256_movemask_pd(under))));
  }
#endif
  for (; i < count; ++i) {
    const double v = values[i];
    out[found.kept] = v;
    found.kept += !(v < low) & !(v > high) ? 1 : 0;
    found.below += v < low ? 1 : 0;
  }
  return found;
}

}  // namespace depthmill::metrics::DEPTHMILL_SUMS
