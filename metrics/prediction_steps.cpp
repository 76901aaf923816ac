#include "metrics/prediction_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/pixel_sums.h"
#include "metrics/sampling.h"
#include "metrics/valid_mask.h"
#include "metrics/weighted_l1.h"

namespace depthmill::metrics {
namespace {

void clamp_values(std::span<double> values, double low, double high) {
  for (double& v : values) v = v < low ? low : (v > high ? high : v);  // NaN passes
}

void replace_non_finite(std::span<double> pred, const Protocol& protocol) {
  if (const auto nan_to = protocol.nan_to)
    for (double& p : pred) p = p == p ? p : *nan_to;
  if (const auto inf_to = protocol.inf_to)
    for (double& p : pred) p = std::abs(p) == std::numeric_limits<double>::infinity() ? *inf_to : p;
}

}  // namespace

bool in_disparity(const Protocol& protocol) {
  return protocol.disparity || protocol.align_space == AlignSpace::kDisparity;
}

FitPixels pixels_of_fit(const Protocol& protocol, Workspace& work) {
  std::span<const double> pred = work.pred, target = work.gt;
  const double floor = protocol.align_pred_floor;
  if (floor > 0 && all_finite(pred)) {
    work.fit_pred.resize(pred.size());
    for (std::size_t i = 0; i < pred.size(); ++i) work.fit_pred[i] = std::max(pred[i], floor);
    pred = work.fit_pred;
  } else if (floor > 0) {  // both sides without the pixels whose prediction is not finite
    work.fit_pred.resize(pred.size());
    work.fit_target.resize(pred.size());
    std::size_t n = 0;
    for (std::size_t i = 0; i < pred.size(); ++i) {
      work.fit_pred[n] = std::max(pred[i], floor);
      work.fit_target[n] = target[i];
      n += std::isfinite(pred[i]) ? 1 : 0;
    }
    pred = std::span(work.fit_pred).first(n);
    target = std::span(work.fit_target).first(n);
  } else if (protocol.align_positive_only || protocol.align_space == AlignSpace::kDisparity) {
    work.fit_pred.resize(pred.size());
    work.fit_target.resize(pred.size());
    const bool inverse = protocol.align_space == AlignSpace::kDisparity;
    std::size_t n = 0;
    for (std::size_t i = 0; i < pred.size(); ++i) {
      work.fit_pred[n] = pred[i];
      work.fit_target[n] = inverse ? 1.0 / (target[i] + protocol.align_target_epsilon) : target[i];
      n += !protocol.align_positive_only || (pred[i] > 0 && target[i] > 0) ? 1 : 0;
    }
    pred = std::span(work.fit_pred).first(n);
    target = std::span(work.fit_target).first(n);
  }
  return {pred, target};
}

Alignment fit_alignment(const Protocol& protocol, Workspace& work) {
  const auto [pred, target] = pixels_of_fit(protocol, work);
  if (pred.size() < protocol.align_min_pixels) return {};
  Alignment found = align(pred, target, protocol.align);
  if (found.scale < 0 && protocol.negative_scale_to_median) found = align(pred, target, AlignKind::kMedian);
  return found;
}

bool inverts_first(const Protocol& protocol) {
  return protocol.disparity && protocol.align_space == AlignSpace::kInverted;
}

void invert(std::span<double> pred, double floor) {
  // Divided always, by 1 where it does not count: a loop without branches becomes vector code.
  for (double& value : pred) {
    const double p = floor > 0 && value < floor ? floor : value;
    const double inverse = 1.0 / (p > 0 ? p : 1.0);
    value = p > 0 ? inverse : (p == p ? 0.0 : p);
  }
}

void before_fit(std::span<double> pred, const Protocol& protocol) {
  if (protocol.clamp_at == ClampAt::kBeforeAlign) clamp_values(pred, protocol.clamp_min, protocol.clamp_max);
  if (const double floor = protocol.pred_floor; floor > 0)
    for (double& p : pred) p = p < floor ? floor : p;
  if (!protocol.disparity && in_disparity(protocol)) invert(pred, 0);
}

void transform(std::span<double> pred, const Protocol& protocol, const Alignment& alignment,
               double disparity_floor) {
  if (inverts_first(protocol)) invert(pred, disparity_floor);
  if (protocol.align != AlignKind::kNone && !fits_points(protocol.align)) {
    const Alignment by = alignment;
    for (double& p : pred) p = by.apply(p);
  }
  if (in_disparity(protocol) && !inverts_first(protocol)) invert(pred, disparity_floor);
  if (protocol.clamp_at == ClampAt::kAfterAlign) clamp_values(pred, protocol.clamp_min, protocol.clamp_max);
  replace_non_finite(pred, protocol);
}

Alignment sampled_fit(std::span<const double> map, std::span<const double> gt, int rows, int cols,
                      const Protocol& protocol) {
  if (fits_points(protocol.align)) return {};
  const auto valid = valid_mask(map, gt, rows, cols, protocol.valid, protocol.range, protocol.crop);
  L1Samples samples;
  samples.pred.resize(1), samples.target.resize(1);
  for (const std::size_t i : nearest_valid_sample(valid, rows, cols, protocol.align_sample)) {
    double p = map[i];
    before_fit({&p, 1}, protocol);
    if (!std::isfinite(p)) continue;
    samples.pred[0].push_back(p), samples.target[0].push_back(gt[i]);
    samples.weight.push_back(1 / gt[i]);
  }
  if (protocol.align == AlignKind::kWeightedL1Scale)
    return {l1_scale(samples.pred[0], samples.target[0], samples.weight), 0};
  const L1Fit found = l1_by_anchors(
      samples, protocol.align == AlignKind::kWeightedL1AffineExact ? Ties::kCounted : Ties::kLeftOut);
  return {found.scale, found.shift[0]};
}

}  // namespace depthmill::metrics
