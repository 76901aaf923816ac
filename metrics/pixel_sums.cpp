#include "metrics/pixel_sums.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>

// Vector types of GCC and Clang: four lanes whatever the machine has, so the order of additions is part of
// the source and the same on every baseline. They stay inside this file; the ABI remark is about passing
// them.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace depthmill::metrics {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kBlock = kSumBlock;  // the working set stays in the first-level cache

typedef double Doubles __attribute__((vector_size(32)));
typedef std::int64_t Longs __attribute__((vector_size(32)));
typedef float Floats __attribute__((vector_size(16)));
typedef std::int32_t Ints __attribute__((vector_size(16)));

inline Doubles load(const double* from) {
  Doubles v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store(double* to, const Doubles& v) { std::memcpy(to, &v, sizeof v); }
inline Doubles absolute(const Doubles& v) { return (Doubles)((Longs)v & 0x7fffffffffffffffLL); }
inline double total(const Doubles& v) { return (v[0] + v[1]) + (v[2] + v[3]); }
inline std::size_t count(const Ints& v) {  // lanes of a comparison are 0 or -1, summed
  return static_cast<std::size_t>(-(std::int64_t{v[0]} + v[1] + v[2] + v[3]));
}

// ln of normal positive values: x = 2^k (1+f), sqrt(1/2) <= 1+f < sqrt(2), s = f/(2+f), |s| < 0.172. From
// ln(1+f) = 2 atanh(s) = 2s + s R, R = sum over i >= 1 of 2/(2i+1) s^2i, and 2s = f - s f, the form below
// keeps f exact: ln(1+f) = f - (f^2/2 - s (f^2/2 + R)). Ten terms of the series leave less than 2^-60.
inline Doubles log_normal(const Doubles& x) {
  constexpr std::int64_t kOne = 0x3ff0000000000000LL;
  constexpr std::int64_t kSqrtHalf = 0x3fe6a09e667f3bcdLL;
  constexpr double kLn2High = 0x1.62e42feep-1;  // leading bits of ln 2: k times it is exact
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  // Unsigned: NaN and negative values come here too and must wrap, not overflow; their result is not used.
  typedef std::uint64_t Unsigned __attribute__((vector_size(32)));
  const Unsigned bits = (Unsigned)x;
  const Unsigned biased = (bits + static_cast<std::uint64_t>(kOne - kSqrtHalf)) >> 52;
  const Doubles k = (Doubles)(biased | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0);
  const Unsigned mantissa = bits - (biased << 52) + static_cast<std::uint64_t>(kOne);
  const Doubles f = (Doubles)mantissa - 1.0;
  const Doubles s = f / (2.0 + f);
  const Doubles z = s * s;
  const Doubles w = z * z;
  const Doubles odd = z * (2.0 / 3 + w * (2.0 / 7 + w * (2.0 / 11 + w * (2.0 / 15 + w * (2.0 / 19)))));
  const Doubles even = w * (2.0 / 5 + w * (2.0 / 9 + w * (2.0 / 13 + w * (2.0 / 17 + w * (2.0 / 21)))));
  const Doubles half_square = 0.5 * f * f;
  const Doubles low = s * (half_square + (even + odd)) + k * kLn2Low;
  return k * kLn2High - ((half_square - low) - f);
}

// values: a multiple of kLanes; in and out are different memory.
void log_block(const double* in, double* out, std::size_t values) {
  Longs fine = (Longs)(Doubles{} == Doubles{});
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles x = load(in + i);
    fine &= (x >= 2.2250738585072014e-308) & (x <= 1.7976931348623157e308);
    store(out + i, log_normal(x));
  }
  if ((fine[0] & fine[1] & fine[2] & fine[3]) != 0) return;
  for (std::size_t i = 0; i < values; ++i)
    if (!(in[i] >= 2.2250738585072014e-308 && in[i] <= 1.7976931348623157e308)) out[i] = std::log(in[i]);
}

void add_linear(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  Doubles abs_diff{}, sq_diff{}, abs_rel{}, sq_rel{}, sq_rel_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i), gt = load(g + i);
    const Doubles diff = absolute(pred - gt);
    const Doubles rel = diff / gt;
    abs_diff += diff;
    sq_diff += diff * diff;
    abs_rel += rel;
    sq_rel += diff * rel;
    sq_rel_sq += rel * rel;
  }
  sums.abs_diff += total(abs_diff);
  sums.sq_diff += total(sq_diff);
  sums.abs_rel += total(abs_rel);
  sums.sq_rel += total(sq_rel);
  sums.sq_rel_sq += total(sq_rel_sq);
}

void add_over_pred(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  Doubles abs_rel_pred{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i);
    abs_rel_pred += absolute(pred - load(g + i)) / pred;
  }
  sums.abs_rel_pred += total(abs_rel_pred);
}

void add_log(const double* p, const double* g, std::size_t values, PixelSums& sums) {
  double ratio[kBlock] = {}, logs[kBlock];
  for (std::size_t i = 0; i < values; i += kLanes) store(ratio + i, load(p + i) / load(g + i));
  log_block(ratio, logs, values);
  Doubles log_diff{}, log_abs{}, log_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles d = load(logs + i);
    log_diff += d;
    log_abs += absolute(d);
    log_sq += d * d;
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
    inv_sq += diff * diff;
  }
  sums.inv_abs += total(inv_abs);
  sums.inv_sq += total(inv_sq);
}

// Counts of max(p/(g+e), g/(p+e)) < threshold, or <= threshold. A pixel passes the wider threshold if it
// passes the narrower, and most pass none or all of what follows, but counting all five costs less than
// branching.
template <bool or_equal>
void add_ratio(const double* p, const double* g, std::size_t values, double epsilon,
               std::array<std::size_t, 5>& counts) {
  Ints passed[5] = {};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i), gt = load(g + i);
    const Floats ps = __builtin_convertvector(pred, Floats), gs = __builtin_convertvector(gt, Floats);
    const Floats pe = __builtin_convertvector(pred + epsilon, Floats);
    const Floats ge = __builtin_convertvector(gt + epsilon, Floats);
    const Floats over = ps / ge, under = gs / pe;
    const Floats ratio = over > under ? over : under;  // both are NaN if one is
    const Ints positive = ps > 0.0f;
    for (std::size_t t = 0; t < kRatioThresholds.size(); ++t) {
      const float limit = static_cast<float>(kRatioThresholds[t]);
      if constexpr (or_equal)
        passed[t] += positive & (ratio <= limit);
      else
        passed[t] += positive & (ratio < limit);
    }
  }
  for (std::size_t t = 0; t < kRatioThresholds.size(); ++t) counts[t] += count(passed[t]);
}

void add_shifted(const double* p, const double* g, std::size_t values, double epsilon, double log_epsilon,
                 PixelSums& sums) {
  double ratio[kBlock] = {}, logs[kBlock];
  Doubles abs_rel{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles pred = load(p + i), gt = load(g + i);
    abs_rel += absolute(pred - gt) / (gt + epsilon);
    store(ratio + i, absolute((pred + log_epsilon) / (gt + log_epsilon)));
  }
  log_block(ratio, logs, values);
  Doubles log_abs{}, log_sq{};
  for (std::size_t i = 0; i < values; i += kLanes) {
    const Doubles d = load(logs + i);
    log_abs += absolute(d);
    log_sq += d * d;
  }
  sums.abs_rel_shifted += total(abs_rel);
  sums.log_abs_shifted += total(log_abs);
  sums.log_sq_shifted += total(log_sq);
  add_ratio<false>(p, g, values, epsilon, sums.below_shifted);
}

void add_block(const double* p, const double* g, std::size_t values, unsigned groups, double epsilon,
               double log_epsilon, PixelSums& sums) {
  if (groups & kLinear) add_linear(p, g, values, sums);
  if (groups & kLog) add_log(p, g, values, sums);
  if (groups & kInverse) add_inverse(p, g, values, sums);
  if (groups & kOverPred) add_over_pred(p, g, values, sums);
  if (groups & kRatio) add_ratio<false>(p, g, values, 0.0, sums.below);
  if (groups & kRatioOrEqual) add_ratio<true>(p, g, values, 0.0, sums.below_or_equal);
  if (groups & kShifted) add_shifted(p, g, values, epsilon, log_epsilon, sums);
}

}  // namespace

void add_pixels(std::span<const double> pred, std::span<const double> gt, unsigned groups, double epsilon,
                double log_epsilon, PixelSums& sums) {
  assert(pred.size() == gt.size());
  sums.n += pred.size();
  std::size_t done = 0;
  for (; done + kBlock <= pred.size(); done += kBlock)
    add_block(pred.data() + done, gt.data() + done, kBlock, groups, epsilon, log_epsilon, sums);
  if (done == pred.size()) return;

  // The rest is padded with p = g = 1, which adds nothing to any sum.
  const std::size_t rest = pred.size() - done;
  const std::size_t padded = (rest + kLanes - 1) / kLanes * kLanes;
  double p[kBlock], g[kBlock];
  std::fill_n(p, padded, 1.0);
  std::fill_n(g, padded, 1.0);
  std::copy_n(pred.data() + done, rest, p);
  std::copy_n(gt.data() + done, rest, g);
  add_block(p, g, padded, groups, epsilon, log_epsilon, sums);
  const std::size_t extra = padded - rest;  // counted by every threshold
  for (std::size_t t = 0; t < kRatioThresholds.size(); ++t) {
    if (groups & kRatio) sums.below[t] -= extra;
    if (groups & kRatioOrEqual) sums.below_or_equal[t] -= extra;
    if (groups & kShifted) sums.below_shifted[t] -= extra;
  }
}

PixelSums sum_pixels(std::span<const double> pred, std::span<const double> gt, unsigned groups,
                     double epsilon, double log_epsilon) {
  PixelSums sums;
  add_pixels(pred, gt, groups, epsilon, log_epsilon, sums);
  return sums;
}

void log_all(std::span<const double> in, std::span<double> out) {
  assert(in.size() == out.size());
  const std::size_t whole = in.size() / kLanes * kLanes;
  double block[kBlock];
  for (std::size_t done = 0; done < whole;) {
    const std::size_t values = std::min(kBlock, whole - done);
    log_block(in.data() + done, block, values);
    std::copy_n(block, values, out.data() + done);
    done += values;
  }
  for (std::size_t i = whole; i < in.size(); ++i) out[i] = std::log(in[i]);
}

}  // namespace depthmill::metrics
