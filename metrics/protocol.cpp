#include "metrics/protocol.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/errors.h"

namespace depthmill::metrics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Pixels {
  std::vector<double> pred, gt;
};

Pixels gather(std::span<const double> pred, std::span<const double> gt, std::span<const std::uint8_t> mask) {
  Pixels out{std::vector<double>(pred.size()), std::vector<double>(pred.size())};
  std::size_t n = 0;
  for (std::size_t i = 0; i < pred.size(); ++i) {
    out.pred[n] = pred[i];
    out.gt[n] = gt[i];
    n += mask[i];  // written always, kept if valid: no branch on the mask
  }
  out.pred.resize(n);
  out.gt.resize(n);
  return out;
}

void clamp_values(std::vector<double>& values, double low, double high) {
  for (double& v : values) v = v < low ? low : (v > high ? high : v);  // NaN passes
}

Alignment fit(const Pixels& pixels, const Protocol& protocol) {
  const bool inverse = protocol.align_space == AlignSpace::kDisparity;
  std::vector<double> pred, target;
  pred.reserve(pixels.pred.size());
  target.reserve(pixels.pred.size());
  for (std::size_t i = 0; i < pixels.pred.size(); ++i) {
    if (protocol.align_positive_only && !(pixels.pred[i] > 0 && pixels.gt[i] > 0)) continue;
    pred.push_back(pixels.pred[i]);
    target.push_back(inverse ? 1.0 / pixels.gt[i] : pixels.gt[i]);
  }
  if (pred.size() < protocol.align_min_pixels) return {};
  Alignment found = align(pred, target, protocol.align);
  if (found.scale < 0 && protocol.negative_scale_to_median) found = align(pred, target, AlignKind::kMedian);
  return found;
}

void replace_non_finite(std::vector<double>& pred, const Protocol& protocol) {
  if (!protocol.nan_to && !protocol.inf_to) return;
  for (double& p : pred) {
    if (protocol.nan_to && std::isnan(p)) p = *protocol.nan_to;
    if (protocol.inf_to && std::isinf(p)) p = *protocol.inf_to;
  }
}

// What happens to a predicted value between the input and the metrics.
void transform(std::vector<double>& pred, const Protocol& protocol, const Alignment& alignment) {
  if (protocol.align != AlignKind::kNone)
    for (double& p : pred) p = alignment.apply(p);
  if (protocol.disparity)
    for (double& p : pred) {
      if (protocol.disparity_floor > 0 && p < protocol.disparity_floor) p = protocol.disparity_floor;
      p = p > 0 ? 1.0 / p : (std::isnan(p) ? p : 0.0);
    }
  if (protocol.clamp_at == ClampAt::kAfterAlign) clamp_values(pred, protocol.clamp_min, protocol.clamp_max);
  replace_non_finite(pred, protocol);
}

PixelSums aligned_sums(const Pixels& pixels, AlignKind kind) {
  const Alignment found = align(pixels.pred, pixels.gt, kind);
  std::vector<double> pred(pixels.pred.size());
  for (std::size_t i = 0; i < pred.size(); ++i) pred[i] = found.apply(pixels.pred[i]);
  return sum_pixels(pred, pixels.gt, kLinear | kRatio);
}

struct Maps {
  std::span<const double> pred, gt;
  int rows = 0, cols = 0;
};

// Metrics that need rows and columns see the whole prediction, transformed like its valid pixels.
void score_maps(const Maps& maps, const Protocol& protocol, const Annotations& annotations,
                const Alignment& alignment, unsigned needs, Scored& scored, std::vector<PlaneScore>& planes) {
  if ((needs & (kSobelEdges | kRatioBoundary | kDepthBoundary | kPlanes)) == 0) return;
  scored.ratio_boundary_f1 = kNan;
  if (maps.rows == 0) return;  // a part of the pixels has no rows and columns
  std::vector<double> pred(maps.pred.begin(), maps.pred.end());
  if (protocol.clamp_at == ClampAt::kBeforeAlign) clamp_values(pred, protocol.clamp_min, protocol.clamp_max);
  transform(pred, protocol, alignment);
  const int rows = maps.rows, cols = maps.cols;
  if (needs & kSobelEdges) {
    const auto p = sobel_magnitude(pred, rows, cols), g = sobel_magnitude(maps.gt, rows, cols);
    for (std::size_t i = 0; i < std::size(kEdgeThresholds); ++i)
      scored.edges[i] = edge_scores(p, g, kEdgeThresholds[i]);
  }
  if (needs & kRatioBoundary) scored.ratio_boundary_f1 = ratio_boundary_f1(pred, maps.gt, rows, cols);
  if ((needs & kDepthBoundary) && !annotations.edges.empty())
    scored.depth_boundary = depth_boundary_error(pred, annotations.edges, rows, cols);
  if ((needs & kPlanes) && !annotations.plane_labels.empty()) {
    planes = plane_scores(pred, maps.gt, annotations.plane_labels, rows, cols, annotations.camera,
                          annotations.plane_normals);
    scored.planes = planes;
  }
}

void compute(const Pixels& pixels, const Maps& maps, const Protocol& protocol, const Annotations& annotations,
             Scores& scores) {
  unsigned needs = 0;
  for (const auto& key : protocol.metrics) needs |= find_metric(key)->needs;

  Scored scored;
  scored.sums = sum_pixels(pixels.pred, pixels.gt, needs, protocol.epsilon, protocol.log_epsilon);
  scored.pred = pixels.pred;
  scored.gt = pixels.gt;
  scored.root_epsilon = protocol.root_epsilon;
  if (needs & kScaleInvariant) scored.median_scaled = aligned_sums(pixels, AlignKind::kMedianLower);
  if (needs & kAffineInvariant) scored.affine_fitted = aligned_sums(pixels, AlignKind::kScaleShift);
  std::vector<PlaneScore> planes;
  score_maps(maps, protocol, annotations, scores.alignment, needs, scored, planes);

  std::string infinite;
  for (const auto& key : protocol.metrics) {
    double value = find_metric(key)->value(scored);
    if (std::isinf(value)) {
      infinite += (infinite.empty() ? "" : ", ") + key;
      value = kNan;
    }
    scores.values.emplace_back(key, value);
  }
  if (!infinite.empty()) scores.note = "infinite: " + infinite;
}

void leave_undefined(const Protocol& protocol, Scores& scores) {
  for (const auto& key : protocol.metrics) scores.values.emplace_back(key, kNan);
  scores.note = std::to_string(scores.valid) + " valid pixels";
}

// The valid pixels with everything done to them that comes before the metrics; counts and alignment go to
// `scores`.
Pixels prepared_pixels(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                       const Protocol& protocol, Scores& scores) {
  if (const std::string problem = protocol.problem(); !problem.empty())
    throw std::invalid_argument("protocol " + protocol.name + ": " + problem);
  const auto mask = valid_mask(pred, gt, rows, cols, protocol.valid, protocol.range, protocol.crop);
  Pixels pixels = gather(pred, gt, mask);
  scores.valid = pixels.pred.size();
  for (double p : pixels.pred) {
    scores.nan_predictions += std::isnan(p);
    scores.infinite_predictions += std::isinf(p);
  }
  if (scores.valid < std::max<std::size_t>(protocol.min_pixels, 1)) return pixels;
  if (protocol.clamp_at == ClampAt::kBeforeAlign)
    clamp_values(pixels.pred, protocol.clamp_min, protocol.clamp_max);
  if (protocol.align != AlignKind::kNone) scores.alignment = fit(pixels, protocol);
  transform(pixels.pred, protocol, scores.alignment);
  return pixels;
}

}  // namespace

Averaging Protocol::averaging_for(const std::string& key) const {
  const auto it = averaging_of.find(key);
  return it == averaging_of.end() ? averaging : it->second;
}

std::string Protocol::problem() const {
  if (metrics.empty()) return "metrics: the list is empty";
  for (const auto& key : metrics) {
    const Metric* metric = find_metric(key);
    if (!metric) return "metrics: there is no metric '" + key + "'";
    if (averaging_for(key) == Averaging::kPooled && metric->pool == Pool::kNone)
      return "averaging: '" + key + "' cannot be pooled over pixels";
  }
  for (const auto& [key, unused] : averaging_of)
    if (std::find(metrics.begin(), metrics.end(), key) == metrics.end())
      return "averaging: '" + key + "' is not among the metrics";
  if (valid == ValidRule::kRange && !(range.min <= range.max)) return "valid range: min is above max";
  if (clamp_at != ClampAt::kNever && !(clamp_min <= clamp_max)) return "clamp: min is above max";
  if (align_space == AlignSpace::kDisparity && !disparity)
    return "align space: disparity needs a prediction that is disparity";
  if (disparity && align != AlignKind::kNone && align_space != AlignSpace::kDisparity)
    return "align space: a disparity prediction is aligned in disparity";
  if (disparity_floor < 0) return "disparity floor: must not be negative";
  return "";
}

Scores evaluate(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations) {
  Scores scores;
  const Pixels pixels = prepared_pixels(pred, gt, rows, cols, protocol, scores);
  if (scores.valid < std::max<std::size_t>(protocol.min_pixels, 1))
    leave_undefined(protocol, scores);
  else
    compute(pixels, {pred, gt, rows, cols}, protocol, annotations, scores);
  return scores;
}

std::vector<Scores> evaluate_ranges(std::span<const double> pred, std::span<const double> gt, int rows,
                                    int cols, const Protocol& protocol, std::span<const double> bounds) {
  Scores whole;
  const Pixels pixels = prepared_pixels(pred, gt, rows, cols, protocol, whole);
  std::vector<Scores> out;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    Scores scores;
    scores.alignment = whole.alignment;
    Pixels part;
    for (std::size_t k = 0; k < pixels.gt.size(); ++k)
      if (pixels.gt[k] >= bounds[i] && pixels.gt[k] < bounds[i + 1])
        part.pred.push_back(pixels.pred[k]), part.gt.push_back(pixels.gt[k]);
    scores.valid = part.gt.size();
    if (scores.valid == 0 || whole.valid < protocol.min_pixels)
      leave_undefined(protocol, scores);
    else
      compute(part, {}, protocol, {}, scores);
    out.push_back(std::move(scores));
  }
  return out;
}

}  // namespace depthmill::metrics
