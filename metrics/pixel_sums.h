// The sums over valid pixels from which nearly all error metrics are made, in one pass over the pixels.
// p = prediction, g = ground truth, d = ln p - ln g.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace depthmill::metrics {

// Groups of sums; a metric names the ones it needs and only those are computed.
enum SumGroup : unsigned {
  kLinear = 1u << 0,        // |p-g|, (p-g)^2 and their relative forms
  kLog = 1u << 1,           // d, |d|, d^2
  kInverse = 1u << 2,       // |1/p-1/g| and its square
  kRatio = 1u << 3,         // shares of max(p/g, g/p) under thresholds
  kShifted = 1u << 4,       // |p-g| / g with a small constant added
  kOverPred = 1u << 5,      // |p-g| / p
  kRatioOrEqual = 1u << 6,  // shares of max(p/g, g/p) at or under thresholds
  kShiftedLog = 1u << 7,    // logarithms with a small constant added
  kShiftedRatio = 1u << 8,  // shares of max(p/g, g/p) under thresholds with a small constant added
};

// Thresholds on max(p/g, g/p), in the order of `below`.
inline constexpr std::array<double, 5> kRatioThresholds = {1.03, 1.118033988749895, 1.25, 1.5625, 1.953125};

struct PixelSums {
  std::size_t n = 0;
  // kLinear
  double abs_diff = 0;      // |p-g|
  double sq_diff = 0;       // (p-g)^2
  double abs_rel = 0;       // |p-g| / g
  double sq_rel = 0;        // (p-g)^2 / g
  double sq_rel_sq = 0;     // (p-g)^2 / g^2
  double abs_rel_pred = 0;  // kOverPred: |p-g| / p
  // kLog
  double log_diff = 0;  // d
  double log_abs = 0;   // |d|
  double log_sq = 0;    // d^2
  // kInverse
  double inv_abs = 0;  // |1/p - 1/g|
  double inv_sq = 0;
  std::array<std::size_t, 5> below{};           // kRatio: pixels with ratio < threshold
  std::array<std::size_t, 5> below_or_equal{};  // kRatioOrEqual: with ratio <= threshold
  // kShifted
  double abs_rel_shifted = 0;  // |p-g| / (g+e)
  // kShiftedLog
  double log_abs_shifted = 0;  // |ln|p+e'| - ln|g+e'||
  double log_sq_shifted = 0;
  std::array<std::size_t, 5> below_shifted{};  // kShiftedRatio: max(p/(g+e), g/(p+e)) < threshold
};

// Sums over all pairs. Logarithms are within 3 units in the last place of std::log. Values are summed in
// double in a fixed order of four interleaved partial sums, so that the result does not depend on the
// instruction set. Ratios are compared in single precision, as every published implementation does: depths in
// whole millimetres often have a ratio of exactly 1.25, and a ratio rounded to double falls on the other
// side. A prediction that is not positive is never below a threshold. `epsilon` (e) and `log_epsilon` (e') in
// metres are used by the shifted groups only. pred and gt have equal size.
PixelSums sum_pixels(std::span<const double> pred, std::span<const double> gt, unsigned groups,
                     double epsilon = 0, double log_epsilon = 0);

// The same a block at a time, without gathering the pixels that count.
inline constexpr std::size_t kSumBlock = 1024;
struct PixelBlock {
  std::size_t size = 0, kept = 0;         // pixels in the block, those of them that count
  double pred[kSumBlock], gt[kSumBlock];  // 1 in both where a pixel does not count
  std::int64_t keep[kSumBlock];           // 0 there, else -1
  // Puts 1 where a pixel does not count: after changes to all of pred or gt.
  void leave_out();
  // Adds the block, whose pixels that do not count hold 1.
  void add_to(PixelSums& sums, unsigned groups, double epsilon = 0, double log_epsilon = 0);
};

// Is none of the values NaN or infinite?
bool all_finite(std::span<const float> values);
bool all_finite(std::span<const double> values);

}  // namespace depthmill::metrics
