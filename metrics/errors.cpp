#include "metrics/errors.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <vector>

#include "metrics/align.h"
#include "metrics/lanes.h"
#include "metrics/order_statistics.h"
#include "metrics/values.h"

namespace depthmill::metrics {
namespace {

using S = const Scored&;

double mean(double sum, S s) { return sum / static_cast<double>(s.sums.n); }
double share(std::size_t count, S s) { return mean(static_cast<double>(count), s); }
double root(double v) { return std::sqrt(v); }

// Variance of d with weight w on the squared mean. A perfect prediction may come out a rounding below zero.
double log_variance(S s, double w) {
  const double m = mean(s.sums.log_diff, s);
  const double v = mean(s.sums.log_sq, s) - w * m * m;
  return v < 0 ? 0 : v;  // NaN stays NaN
}

double silog_unbiased(S s) {
  const double n = static_cast<double>(s.sums.n);
  return n > 1 ? 100 * root(log_variance(s, 1) * n / (n - 1)) : std::numeric_limits<double>::quiet_NaN();
}

// Share of valid pixels with ratio < 1.25^x, integrated by trapezoids over 100 points x = 0.01 ... 5, over 5.
double d_auc(S s) {
  constexpr int kPoints = 100;
  constexpr double kFirst = 0.01, kLast = 5, kStep = (kLast - kFirst) / (kPoints - 1);
  std::vector<float> limits(kPoints);
  for (int i = 0; i < kPoints; ++i) limits[i] = static_cast<float>(std::pow(1.25, kFirst + i * kStep));
  // Ratios from 1 to the last limit in cells narrower than the limits are apart: at[c] is the first limit
  // above the start of cell c, and the first limit above a ratio in it is that or a few on.
  constexpr float kCells = 512;  // to 1
  std::vector<int> at;
  for (float start = 1; start <= limits.back(); start += 1 / kCells)
    at.push_back(static_cast<int>(std::upper_bound(limits.begin(), limits.end(), start) - limits.begin()));
  std::vector<std::size_t> first_above(kPoints + 1, 0);  // pixels whose first limit above the ratio is i
  for (std::size_t i = 0; i < s.pred.size(); ++i) {
    const float p = static_cast<float>(s.pred[i]), g = static_cast<float>(s.gt[i]);
    const float ratio = std::max(p / g, g / p);
    std::size_t first = kPoints;
    if (p > 0 && ratio >= 0 && ratio < limits.back()) {  // written so that NaN counts as a miss
      first = static_cast<std::size_t>(at[static_cast<std::size_t>(std::max(ratio - 1, 0.0f) * kCells)]);
      while (limits[first] <= ratio) ++first;
    }
    ++first_above[first];
  }
  double area = 0, below = 0, previous = 0;
  for (int i = 0; i < kPoints; ++i) {
    below += static_cast<double>(first_above[static_cast<std::size_t>(i)]);
    if (i > 0) area += (previous + below) / 2 * kStep;
    previous = below;
  }
  return mean(area / kLast, s);
}

// The logarithm of the median ratio: the logarithm keeps the order.
double median_log(S s) {
  Values ratio(s.pred.size());
  for (std::size_t i = 0; i < ratio.size(); ++i) {
    const double r = s.pred[i] / s.gt[i];
    ratio[i] = r > 0 ? r : std::numeric_limits<double>::quiet_NaN();
  }
  return 100 * std::abs(std::log(median(ratio, true)));
}

// Directed depth error of iBims-1 at 3 m: is p on the same side of the plane as g, in front of it, behind it?
enum class Side { kSame, kPredNearer, kPredFarther };
double directed(S s, Side side) {
  constexpr double kPlane = 3;
  std::size_t count = 0;
  for (std::size_t i = 0; i < s.pred.size(); ++i) {
    const bool p = s.pred[i] <= kPlane, g = s.gt[i] <= kPlane;
    count += side == Side::kSame ? p == g : (side == Side::kPredNearer ? p && !g : !p && g);
  }
  return share(count, s);
}

// NLSPN's inverse errors: 1 / (p + e) but 0 where p <= 1e-4, against 1 / (g + e), e = 1e-8 m.
constexpr double kTiny = 1e-8;
double inverse_floored(S s, bool squares) {
  double sum = 0;
  for (std::size_t i = 0; i < s.pred.size(); ++i) {
    const double inverse = s.pred[i] <= 1e-4 ? 0.0 : 1 / (s.pred[i] + kTiny);
    const double diff = std::abs(inverse - 1 / (s.gt[i] + kTiny));
    sum += squares ? diff * diff : diff;
  }
  return mean(sum, s);
}

// NLSPN's inliers: both ratios of a negative prediction are negative, and so below every threshold.
double signed_share(S s, double limit) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < s.pred.size(); ++i)
    count += std::max(s.gt[i] / (s.pred[i] + kTiny), s.pred[i] / (s.gt[i] + kTiny)) < limit ? 1 : 0;
  return share(count, s);
}

double mean_over_planes(S s, double PlaneScore::*field) {
  double sum = 0;
  for (const PlaneScore& plane : s.planes) sum += plane.*field;
  return s.planes.empty() ? std::numeric_limits<double>::quiet_NaN()
                          : sum / static_cast<double>(s.planes.size());
}

double of(const PixelSums& sums, double value) { return value / static_cast<double>(sums.n); }

constexpr double kLn10 = 2.302585092994045684;
enum Threshold { kTau, kD05, kD1, kD2, kD3 };  // places in kRatioThresholds

constexpr auto kLower = Direction::kLowerIsBetter;
constexpr auto kHigher = Direction::kHigherIsBetter;

constexpr Metric kTable[] = {
    {"abs_rel", "", kLower, Pool::kMean, kLinear, [](S s) { return mean(s.sums.abs_rel, s); },
     "mean(|p-g|/g)"},
    {"sq_rel", "m", kLower, Pool::kMean, kLinear, [](S s) { return mean(s.sums.sq_rel, s); },
     "mean((p-g)^2/g)"},
    {"mae", "m", kLower, Pool::kMean, kLinear, [](S s) { return mean(s.sums.abs_diff, s); }, "mean(|p-g|)"},
    {"mse", "m^2", kLower, Pool::kMean, kLinear, [](S s) { return mean(s.sums.sq_diff, s); },
     "mean((p-g)^2)"},
    {"rmse", "m", kLower, Pool::kRootMean, kLinear, [](S s) { return root(mean(s.sums.sq_diff, s)); },
     "sqrt(mean((p-g)^2))"},
    {"rmse_log", "", kLower, Pool::kRootMean, kLog, [](S s) { return root(mean(s.sums.log_sq, s)); },
     "sqrt(mean(d^2))"},
    {"log10", "", kLower, Pool::kMean, kLog, [](S s) { return mean(s.sums.log_abs, s) / kLn10; },
     "mean(|log10 p - log10 g|)"},
    {"silog", "", kLower, Pool::kNone, kLog, [](S s) { return 100 * root(log_variance(s, 1)); },
     "100 sqrt(mean(d^2) - mean(d)^2)"},
    {"d1", "", kHigher, Pool::kMean, kRatio, [](S s) { return share(s.sums.below[kD1], s); },
     "share of max(p/g, g/p) < 1.25"},
    {"d2", "", kHigher, Pool::kMean, kRatio, [](S s) { return share(s.sums.below[kD2], s); },
     "share of max(p/g, g/p) < 1.25^2"},
    {"d3", "", kHigher, Pool::kMean, kRatio, [](S s) { return share(s.sums.below[kD3], s); },
     "share of max(p/g, g/p) < 1.25^3"},
    {"d05", "", kHigher, Pool::kMean, kRatio, [](S s) { return share(s.sums.below[kD05], s); },
     "share of max(p/g, g/p) < 1.25^0.5"},
    {"tau", "", kHigher, Pool::kMean, kRatio, [](S s) { return share(s.sums.below[kTau], s); },
     "share of max(p/g, g/p) < 1.03"},
    {"d_auc", "", kHigher, Pool::kMean, kPixels, d_auc,
     "area under share(max(p/g, g/p) < 1.25^x), x = 0.01 ... 5, over 5"},
    {"median_log", "", kLower, Pool::kNone, kPixels, median_log, "100 |median(d)|, lower middle value"},
    // variants of the silog family
    {"silog_half", "", kLower, Pool::kNone, kLog, [](S s) { return root(log_variance(s, 0.5)); },
     "sqrt(mean(d^2) - 0.5 mean(d)^2)"},
    {"silog_unbiased", "", kLower, Pool::kNone, kLog, silog_unbiased, "100 std(d) with N-1"},
    {"silog_log10", "", kLower, Pool::kNone, kLog, [](S s) { return root(log_variance(s, 1)) / kLn10; },
     "silog with base-10 logarithms and without the factor 100"},
    {"rmse_log10", "", kLower, Pool::kRootMean, kLog,
     [](S s) { return root(mean(s.sums.log_sq, s)) / kLn10; }, "sqrt(mean((log10 p - log10 g)^2))"},
    {"mae_log", "", kLower, Pool::kMean, kLog, [](S s) { return mean(s.sums.log_abs, s); }, "mean(|d|)"},
    // other denominators, small constants
    {"abs_rel_pred", "", kLower, Pool::kMean, kOverPred, [](S s) { return mean(s.sums.abs_rel_pred, s); },
     "mean(|p-g|/p)"},
    {"abs_rel_shifted", "", kLower, Pool::kMean, kShifted,
     [](S s) { return mean(s.sums.abs_rel_shifted, s); }, "mean(|p-g|/(g+e))"},
    {"rmse_log_shifted", "", kLower, Pool::kRootMean, kShiftedLog,
     [](S s) { return root(mean(s.sums.log_sq_shifted, s)); }, "sqrt(mean((ln|p+e'| - ln|g+e'|)^2))"},
    {"mae_log_shifted", "", kLower, Pool::kMean, kShiftedLog,
     [](S s) { return mean(s.sums.log_abs_shifted, s); }, "mean(|ln|p+e'| - ln|g+e'||), natural logarithm"},
    {"d1_shifted", "", kHigher, Pool::kMean, kShiftedRatio,
     [](S s) { return share(s.sums.below_shifted[kD1], s); }, "share of max(p/(g+e), g/(p+e)) < 1.25"},
    {"d2_shifted", "", kHigher, Pool::kMean, kShiftedRatio,
     [](S s) { return share(s.sums.below_shifted[kD2], s); }, "share of max(p/(g+e), g/(p+e)) < 1.25^2"},
    {"d3_shifted", "", kHigher, Pool::kMean, kShiftedRatio,
     [](S s) { return share(s.sums.below_shifted[kD3], s); }, "share of max(p/(g+e), g/(p+e)) < 1.25^3"},
    {"rmse_eps", "m", kLower, Pool::kNone, kLinear,
     [](S s) { return root(mean(s.sums.sq_diff, s) + s.root_epsilon); }, "sqrt(mean((p-g)^2) + e)"},
    {"rmse_log_eps", "", kLower, Pool::kNone, kLog,
     [](S s) { return root(mean(s.sums.log_sq, s) + s.root_epsilon); }, "sqrt(mean(d^2) + e)"},
    {"d1_le", "", kHigher, Pool::kMean, kRatioOrEqual,
     [](S s) { return share(s.sums.below_or_equal[kD1], s); }, "share of max(p/g, g/p) <= 1.25"},
    {"d2_le", "", kHigher, Pool::kMean, kRatioOrEqual,
     [](S s) { return share(s.sums.below_or_equal[kD2], s); }, "share of max(p/g, g/p) <= 1.25^2"},
    {"d3_le", "", kHigher, Pool::kMean, kRatioOrEqual,
     [](S s) { return share(s.sums.below_or_equal[kD3], s); }, "share of max(p/g, g/p) <= 1.25^3"},
    {"bad1", "%", kLower, Pool::kMean, kRatioOrEqual,
     [](S s) { return 100 * (1 - share(s.sums.below_or_equal[kD1], s)); },
     "percentage of max(p/g, g/p) > 1.25"},
    {"bad2", "%", kLower, Pool::kMean, kRatioOrEqual,
     [](S s) { return 100 * (1 - share(s.sums.below_or_equal[kD2], s)); },
     "percentage of max(p/g, g/p) > 1.25^2"},
    {"bad3", "%", kLower, Pool::kMean, kRatioOrEqual,
     [](S s) { return 100 * (1 - share(s.sums.below_or_equal[kD3], s)); },
     "percentage of max(p/g, g/p) > 1.25^3"},
    // inverse depth
    {"irmse", "1/m", kLower, Pool::kRootMean, kInverse, [](S s) { return root(mean(s.sums.inv_sq, s)); },
     "sqrt(mean((1/p - 1/g)^2))"},
    {"imae", "1/m", kLower, Pool::kMean, kInverse, [](S s) { return mean(s.sums.inv_abs, s); },
     "mean(|1/p - 1/g|)"},
    {"irmse_km", "1/km", kLower, Pool::kRootMean, kInverse,
     [](S s) { return 1000 * root(mean(s.sums.inv_sq, s)); }, "irmse per kilometre"},
    {"imae_km", "1/km", kLower, Pool::kMean, kInverse, [](S s) { return 1000 * mean(s.sums.inv_abs, s); },
     "imae per kilometre"},
    {"irmse_mm", "1/mm", kLower, Pool::kRootMean, kInverse,
     [](S s) { return root(mean(s.sums.inv_sq, s)) / 1000; }, "irmse per millimetre"},
    {"imae_mm", "1/mm", kLower, Pool::kMean, kInverse, [](S s) { return mean(s.sums.inv_abs, s) / 1000; },
     "imae per millimetre"},
    // depth completion (NLSPN and descendants)
    {"irmse_floored", "1/m", kLower, Pool::kRootMean, kPixels,
     [](S s) { return root(inverse_floored(s, true)); },
     "sqrt(mean((p' - 1/(g+e))^2)), p' = 1/(p+e), or 0 where p <= 0.0001 m; e = 1e-08 m"},
    {"imae_floored", "1/m", kLower, Pool::kMean, kPixels, [](S s) { return inverse_floored(s, false); },
     "mean(|p' - 1/(g+e)|), p' = 1/(p+e), or 0 where p <= 0.0001 m; e = 1e-08 m"},
    {"d1_signed", "", kHigher, Pool::kMean, kPixels, [](S s) { return signed_share(s, 1.25); },
     "share of max(p/(g+e), g/(p+e)) < 1.25, e = 1e-08 m: a negative p counts as within"},
    {"d2_signed", "", kHigher, Pool::kMean, kPixels, [](S s) { return signed_share(s, 1.5625); },
     "share of max(p/(g+e), g/(p+e)) < 1.25^2, e = 1e-08 m: a negative p counts as within"},
    {"d3_signed", "", kHigher, Pool::kMean, kPixels, [](S s) { return signed_share(s, 1.953125); },
     "share of max(p/(g+e), g/(p+e)) < 1.25^3, e = 1e-08 m: a negative p counts as within"},
    // other units
    {"rmse_mm", "mm", kLower, Pool::kRootMean, kLinear,
     [](S s) { return 1000 * root(mean(s.sums.sq_diff, s)); }, "rmse in millimetres"},
    {"mae_mm", "mm", kLower, Pool::kMean, kLinear, [](S s) { return 1000 * mean(s.sums.abs_diff, s); },
     "mae in millimetres"},
    {"mse_mm", "mm^2", kLower, Pool::kMean, kLinear, [](S s) { return 1e6 * mean(s.sums.sq_diff, s); },
     "mse in square millimetres"},
    {"abs_rel_pct", "%", kLower, Pool::kMean, kLinear, [](S s) { return 100 * mean(s.sums.abs_rel, s); },
     "100 mean(|p-g|/g)"},
    {"sq_rel_pct", "%", kLower, Pool::kMean, kLinear, [](S s) { return 100 * mean(s.sums.sq_rel_sq, s); },
     "100 mean((p-g)^2/g^2)"},
    {"mae_log_pct", "", kLower, Pool::kMean, kLog, [](S s) { return 100 * mean(s.sums.log_abs, s); },
     "100 mean(|d|)"},
    {"rmse_log_pct", "", kLower, Pool::kRootMean, kLog,
     [](S s) { return 100 * root(mean(s.sums.log_sq, s)); }, "100 sqrt(mean(d^2))"},
    // with an alignment of their own, beside metrics without one (UniDepth)
    {"abs_rel_si", "", kLower, Pool::kMean, kScaleInvariant,
     [](S s) { return of(s.median_scaled, s.median_scaled.abs_rel); },
     "abs_rel after scaling p by the median ratio"},
    {"d1_si", "", kHigher, Pool::kMean, kScaleInvariant,
     [](S s) { return of(s.median_scaled, static_cast<double>(s.median_scaled.below[kD1])); },
     "d1 after scaling p by the median ratio"},
    {"tau_si", "", kHigher, Pool::kMean, kScaleInvariant,
     [](S s) { return of(s.median_scaled, static_cast<double>(s.median_scaled.below[kTau])); },
     "tau after scaling p by the median ratio"},
    {"abs_rel_ssi", "", kLower, Pool::kMean, kAffineInvariant,
     [](S s) { return of(s.affine_fitted, s.affine_fitted.abs_rel); },
     "abs_rel after a least-squares scale and shift"},
    {"d1_ssi", "", kHigher, Pool::kMean, kAffineInvariant,
     [](S s) { return of(s.affine_fitted, static_cast<double>(s.affine_fitted.below[kD1])); },
     "d1 after a least-squares scale and shift"},
    {"tau_ssi", "", kHigher, Pool::kMean, kAffineInvariant,
     [](S s) { return of(s.affine_fitted, static_cast<double>(s.affine_fitted.below[kTau])); },
     "tau after a least-squares scale and shift"},
    {"abs_rel_ssi_trimmed", "", kLower, Pool::kMean, kTrimmedAffine,
     [](S s) { return of(s.trimmed_fitted, s.trimmed_fitted.abs_rel); },
     "abs_rel after a least-squares scale and shift over the pixels with |p-g| below its 0.95 quantile"},
    {"d1_ssi_trimmed", "", kHigher, Pool::kMean, kTrimmedAffine,
     [](S s) { return of(s.trimmed_fitted, static_cast<double>(s.trimmed_fitted.below[kD1])); },
     "d1 after a least-squares scale and shift over the pixels with |p-g| below its 0.95 quantile"},
    {"tau_ssi_trimmed", "", kHigher, Pool::kMean, kTrimmedAffine,
     [](S s) { return of(s.trimmed_fitted, static_cast<double>(s.trimmed_fitted.below[kTau])); },
     "tau after a least-squares scale and shift over the pixels with |p-g| below its 0.95 quantile"},
    // clips
    {"tae", "%", kLower, Pool::kNone, kTemporal, [](S s) { return s.temporal_error; },
     "100 mean(|p - p'|/p), p' = the neighbouring frame's depth seen from here, mean of both ways"},
    // points P, G = depth times the ray of the pixel
    {"points_rel", "", kLower, Pool::kMean, kPoints, [](S s) { return s.points.rel; },
     "mean(|P-G|/(|G|+e)), e = 1e-06 m"},
    {"points_d1", "", kHigher, Pool::kMean, kPoints, [](S s) { return s.points.d1; },
     "share of |P-G| < min(|G|, |P|)/4"},
    {"f1_3d", "", kHigher, Pool::kNone, kCloud, [](S s) { return s.cloud.f1; },
     "area under the F1 of 100 thresholds on the squared distance to the nearest point, 75,000 points"},
    {"f1_3d_si", "", kHigher, Pool::kNone, kCloud, [](S s) { return s.cloud.f1_scaled; },
     "f1_3d after scaling P by the ratio of median distances"},
    {"chamfer", "m", kLower, Pool::kNone, kCloud, [](S s) { return s.cloud.chamfer; },
     "distance to the nearest point, mean of both ways"},
    {"tau_3d", "", kHigher, Pool::kNone, kCloud, [](S s) { return s.cloud.tau; },
     "share of max(|P|/|G|, |G|/|P|) < 1.25"},
    {"abs_rel_3d", "", kLower, Pool::kNone, kCloud, [](S s) { return s.cloud.rel; }, "mean(|P-G|/|G|)"},
    {"mae_3d", "m", kLower, Pool::kNone, kCloud, [](S s) { return s.cloud.mae; }, "mean(|P-G|)"},
    // boundaries and planes
    {"disc_boundary_f1_1", "", kHigher, Pool::kNone, kDiscBoundary, [](S s) { return s.disc_boundary_f1[0]; },
     "F1 of steps within 1 pixel, weighted over thresholds 1.05 ... 1.25"},
    {"disc_boundary_f1_2", "", kHigher, Pool::kNone, kDiscBoundary, [](S s) { return s.disc_boundary_f1[1]; },
     "F1 of steps within 2 pixels, weighted over thresholds 1.05 ... 1.25"},
    {"disc_boundary_f1_3", "", kHigher, Pool::kNone, kDiscBoundary, [](S s) { return s.disc_boundary_f1[2]; },
     "F1 of steps within 3 pixels, weighted over thresholds 1.05 ... 1.25"},
    {"edge_accuracy_025", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[0].accuracy; },
     "share of pixels that are an edge in both maps or in none, Sobel gradient above 0.25 m"},
    {"edge_precision_025", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[0].precision; },
     "share of predicted edges that are edges of the ground truth, Sobel gradient above 0.25 m"},
    {"edge_recall_025", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[0].recall; },
     "share of edges of the ground truth that are predicted, Sobel gradient above 0.25 m"},
    {"edge_f1_025", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[0].f1; },
     "harmonic mean of precision and recall of edges, Sobel gradient above 0.25 m"},
    {"edge_accuracy_05", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[1].accuracy; },
     "share of pixels that are an edge in both maps or in none, Sobel gradient above 0.5 m"},
    {"edge_precision_05", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[1].precision; },
     "share of predicted edges that are edges of the ground truth, Sobel gradient above 0.5 m"},
    {"edge_recall_05", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[1].recall; },
     "share of edges of the ground truth that are predicted, Sobel gradient above 0.5 m"},
    {"edge_f1_05", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[1].f1; },
     "harmonic mean of precision and recall of edges, Sobel gradient above 0.5 m"},
    {"edge_accuracy_1", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[2].accuracy; },
     "share of pixels that are an edge in both maps or in none, Sobel gradient above 1 m"},
    {"edge_precision_1", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[2].precision; },
     "share of predicted edges that are edges of the ground truth, Sobel gradient above 1 m"},
    {"edge_recall_1", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[2].recall; },
     "share of edges of the ground truth that are predicted, Sobel gradient above 1 m"},
    {"edge_f1_1", "", kHigher, Pool::kNone, kSobelEdges, [](S s) { return s.edges[2].f1; },
     "harmonic mean of precision and recall of edges, Sobel gradient above 1 m"},
    {"boundary_f1", "", kHigher, Pool::kNone, kRatioBoundary, [](S s) { return s.ratio_boundary_f1; },
     "F1 of depth-ratio boundaries, weighted over thresholds 1.05 ... 1.25"},
    {"dbe_acc", "px", kLower, Pool::kNone, kDepthBoundary, [](S s) { return s.depth_boundary.accuracy; },
     "distance from predicted to given edges, those within 10 px"},
    {"dbe_comp", "px", kLower, Pool::kNone, kDepthBoundary, [](S s) { return s.depth_boundary.completeness; },
     "distance between predicted and given edges both ways, cut at 10 px"},
    {"dde_0", "", kHigher, Pool::kMean, kPixels, [](S s) { return directed(s, Side::kSame); },
     "share of pixels on the same side of 3 m"},
    {"dde_minus", "", kLower, Pool::kMean, kPixels, [](S s) { return directed(s, Side::kPredNearer); },
     "share of pixels predicted nearer than 3 m that are not"},
    {"dde_plus", "", kLower, Pool::kMean, kPixels, [](S s) { return directed(s, Side::kPredFarther); },
     "share of pixels predicted farther than 3 m that are not"},
    {"plane_flatness", "cm", kLower, Pool::kNone, kPlanes,
     [](S s) { return mean_over_planes(s, &PlaneScore::flatness_cm); },
     "spread about the fitted plane, mean over labelled planes"},
    {"plane_orientation", "deg", kLower, Pool::kNone, kPlanes,
     [](S s) { return mean_over_planes(s, &PlaneScore::orientation_deg); },
     "angle between fitted and true plane, mean over labelled planes"},
    // surface normals; a = angle between the predicted and the true normal
    {"normal_mean", "deg", kLower, Pool::kMean, kNormals, [](S s) { return s.normals.mean; }, "mean(a)"},
    {"normal_median", "deg", kLower, Pool::kNone, kNormals, [](S s) { return s.normals.median; },
     "median(a)"},
    {"normal_rmse", "deg", kLower, Pool::kRootMean, kNormals, [](S s) { return s.normals.rmse; },
     "sqrt(mean(a^2))"},
    {"normal_5", "%", kHigher, Pool::kMean, kNormals, [](S s) { return s.normals.below_5; },
     "percentage of a < 5 deg"},
    {"normal_7_5", "%", kHigher, Pool::kMean, kNormals, [](S s) { return s.normals.below_7_5; },
     "percentage of a < 7.5 deg"},
    {"normal_11_25", "%", kHigher, Pool::kMean, kNormals, [](S s) { return s.normals.below_11_25; },
     "percentage of a < 11.25 deg"},
    {"normal_22_5", "%", kHigher, Pool::kMean, kNormals, [](S s) { return s.normals.below_22_5; },
     "percentage of a < 22.5 deg"},
    {"normal_30", "%", kHigher, Pool::kMean, kNormals, [](S s) { return s.normals.below_30; },
     "percentage of a < 30 deg"},
};

}  // namespace

Alignment trimmed_affine(std::span<const double> pred, std::span<const double> gt) {
  Values off(pred.size()), kept;
  for (std::size_t i = 0; i < off.size(); ++i) off[i] = std::abs(gt[i] - pred[i]);
  const std::span<const double> known = finite_of(off, kept);
  if (known.empty()) return {};
  const double at = 0.95 * static_cast<double>(known.size() - 1);
  const auto [below, above] = order_statistic(known, static_cast<std::size_t>(at));
  double limit = below;
  if (const double part = at - std::floor(at); part > 0) limit += part * (above - below);
  // Where all errors are equal, as of a perfect prediction, none is below their quantile, and the source fits nothing: a
  // depth of 0. All of them count then.
  if (*std::min_element(known.begin(), known.end()) >= limit)
    limit = std::nextafter(limit, std::numeric_limits<double>::infinity());
  double sums[5];
  sum_terms(pred.data(), gt.data(), pred.size(), sums, [=](const Doubles& p, const Doubles& g, Doubles* out) {
    const Longs counts = absolute(g - p) < limit;
    const Doubles x = (Doubles)((Longs)p & counts), y = (Doubles)((Longs)g & counts);
    out[0] = x * x;
    out[1] = x;
    out[2] = (Doubles)((Longs)(Doubles{} + 1.0) & counts);
    out[3] = x * y;
    out[4] = y;
  });
  const double pp = sums[0] + 1e-4, p1 = sums[1], n = sums[2] + 1e-4, pg = sums[3], g1 = sums[4];
  const double det = pp * n - p1 * p1;
  return {(pg * n - p1 * g1) / det, (pp * g1 - p1 * pg) / det};
}

std::span<const Metric> metric_table() { return kTable; }

const Metric* find_metric(std::string_view key) {
  static const auto by_key = [] {
    std::unordered_map<std::string_view, const Metric*> rows;
    for (const Metric& metric : kTable) rows.emplace(metric.key, &metric);
    return rows;
  }();
  const auto found = by_key.find(key);
  return found == by_key.end() ? nullptr : found->second;
}

std::vector<std::string> in_table_order(const std::set<std::string>& keys) {
  std::vector<std::string> out;
  for (const Metric& metric : kTable)
    if (keys.contains(std::string(metric.key))) out.emplace_back(metric.key);
  for (const auto& key : keys)
    if (!find_metric(key)) out.push_back(key);
  return out;
}

}  // namespace depthmill::metrics
