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

// Hands the valid pixels to `use(pred, gt)` in row-major order, kSumBlock at a time and a smaller rest at the
// end; `use` may change both spans.
template <class T, class Valid, class Use>
void for_valid_blocks(std::span<const T> pred, std::span<const double> gt, const Rect& rect, int cols,
                      Valid valid, Use& use) {
  double p[kSumBlock], g[kSumBlock];
  std::size_t n = 0;
  for (int row = rect.row0; row < rect.row1; ++row) {
    const std::size_t start = static_cast<std::size_t>(row) * static_cast<std::size_t>(cols);
    const std::size_t end = start + static_cast<std::size_t>(rect.col1);
    for (std::size_t i = start + static_cast<std::size_t>(rect.col0); i < end; ++i) {
      p[n] = static_cast<double>(pred[i]);
      g[n] = gt[i];
      n += valid(p[n], gt[i]) ? 1 : 0;  // written always, kept if valid: no branch on the data
      if (n == kSumBlock) use(std::span(p), std::span(g)), n = 0;
    }
  }
  if (n > 0) use(std::span(p, n), std::span(g, n));
}

template <class T, class Use>
void for_valid_blocks(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                      const Protocol& protocol, Use&& use) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  if (pred.size() != size || gt.size() != size)
    throw std::invalid_argument("prediction and ground truth must both be rows x cols");
  const Rect rect = crop_rect(protocol.crop, rows, cols);
  switch (protocol.valid) {
    case ValidRule::kRange: {
      const auto [above, below] = protocol.range.open_limits();
      return for_valid_blocks(
          pred, gt, rect, cols,
          [above = above, below = below](double, double g) {
            const float f = static_cast<float>(g);
            return static_cast<bool>((f > above) & (f < below));
          },
          use);
    }
    case ValidRule::kAll:
      return for_valid_blocks(
          pred, gt, rect, cols, [](double, double) { return true; }, use);
    case ValidRule::kNotNan:
      return for_valid_blocks(
          pred, gt, rect, cols, [](double, double g) { return g == g; }, use);
    case ValidRule::kEither:
      return for_valid_blocks(
          pred, gt, rect, cols, [](double p, double g) { return g > 0 || p > 0; }, use);
  }
}

void clamp_values(std::span<double> values, double low, double high) {
  for (double& v : values) v = v < low ? low : (v > high ? high : v);  // NaN passes
}

void count_non_finite(std::span<const double> pred, Scores& scores) {
  for (double p : pred) {
    scores.nan_predictions += std::isnan(p);
    scores.infinite_predictions += std::isinf(p);
  }
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

void replace_non_finite(std::span<double> pred, const Protocol& protocol) {
  if (!protocol.nan_to && !protocol.inf_to) return;
  for (double& p : pred) {
    if (protocol.nan_to && std::isnan(p)) p = *protocol.nan_to;
    if (protocol.inf_to && std::isinf(p)) p = *protocol.inf_to;
  }
}

// What happens to a predicted value between the input and the metrics.
void transform(std::span<double> pred, const Protocol& protocol, const Alignment& alignment) {
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

constexpr unsigned kMapNeeds = kSobelEdges | kRatioBoundary | kDepthBoundary | kPlanes;

struct Maps {
  std::span<const double> pred, gt;
  int rows = 0, cols = 0;
};

// Metrics that need rows and columns see the whole prediction, transformed like its valid pixels.
void score_maps(const Maps& maps, const Protocol& protocol, const Annotations& annotations,
                const Alignment& alignment, unsigned needs, Scored& scored, std::vector<PlaneScore>& planes) {
  if ((needs & kMapNeeds) == 0) return;
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

unsigned needs_of(const Protocol& protocol) {
  unsigned needs = 0;
  for (const auto& key : protocol.metrics) needs |= find_metric(key)->needs;
  return needs;
}

// From sums (and pixels, where a metric needs them) to values.
void finish(Scored scored, const Maps& maps, const Protocol& protocol, const Annotations& annotations,
            Scores& scores) {
  scored.root_epsilon = protocol.root_epsilon;
  std::vector<PlaneScore> planes;
  score_maps(maps, protocol, annotations, scores.alignment, needs_of(protocol), scored, planes);
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

void compute(const Pixels& pixels, const Maps& maps, const Protocol& protocol, const Annotations& annotations,
             Scores& scores) {
  const unsigned needs = needs_of(protocol);
  Scored scored;
  scored.sums = sum_pixels(pixels.pred, pixels.gt, needs, protocol.epsilon, protocol.log_epsilon);
  scored.pred = pixels.pred;
  scored.gt = pixels.gt;
  if (needs & kScaleInvariant) scored.median_scaled = aligned_sums(pixels, AlignKind::kMedianLower);
  if (needs & kAffineInvariant) scored.affine_fitted = aligned_sums(pixels, AlignKind::kScaleShift);
  finish(scored, maps, protocol, annotations, scores);
}

void leave_undefined(const Protocol& protocol, Scores& scores) {
  for (const auto& key : protocol.metrics) scores.values.emplace_back(key, kNan);
  scores.note = std::to_string(scores.valid) + " valid pixels";
}

void check(const Protocol& protocol) {
  if (const std::string problem = protocol.problem(); !problem.empty())
    throw std::invalid_argument("protocol " + protocol.name + ": " + problem);
}

// Sums without keeping the pixels: for protocols whose metrics are sums and that fit nothing, which are most.
template <class T>
PixelSums streamed_sums(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                        const Protocol& protocol, Scores& scores) {
  const unsigned needs = needs_of(protocol);
  PixelSums sums;
  for_valid_blocks(pred, gt, rows, cols, protocol, [&](std::span<double> p, std::span<double> g) {
    count_non_finite(p, scores);
    if (protocol.clamp_at == ClampAt::kBeforeAlign) clamp_values(p, protocol.clamp_min, protocol.clamp_max);
    transform(p, protocol, {});
    add_pixels(p, g, needs, protocol.epsilon, protocol.log_epsilon, sums);
  });
  scores.valid = sums.n;
  return sums;
}

// The valid pixels with everything done to them that comes before the metrics; counts and alignment go to
// `scores`.
template <class T>
Pixels prepared_pixels(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                       const Protocol& protocol, Scores& scores) {
  check(protocol);
  Pixels pixels;
  for_valid_blocks(pred, gt, rows, cols, protocol, [&](std::span<double> p, std::span<double> g) {
    pixels.pred.insert(pixels.pred.end(), p.begin(), p.end());
    pixels.gt.insert(pixels.gt.end(), g.begin(), g.end());
    count_non_finite(p, scores);
  });
  scores.valid = pixels.pred.size();
  if (scores.valid < std::max<std::size_t>(protocol.min_pixels, 1)) return pixels;
  if (protocol.clamp_at == ClampAt::kBeforeAlign)
    clamp_values(pixels.pred, protocol.clamp_min, protocol.clamp_max);
  if (protocol.align != AlignKind::kNone) scores.alignment = fit(pixels, protocol);
  transform(pixels.pred, protocol, scores.alignment);
  return pixels;
}

template <class T>
Scores evaluate_any(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                    const Protocol& protocol, const Annotations& annotations) {
  check(protocol);
  Scores scores;
  const auto enough = [&] { return scores.valid >= std::max<std::size_t>(protocol.min_pixels, 1); };
  std::vector<double> whole;  // metrics of maps see the prediction in double
  if (needs_of(protocol) & kMapNeeds) whole.assign(pred.begin(), pred.end());
  const Maps maps{whole, gt, rows, cols};
  if (protocol.align == AlignKind::kNone &&
      !(needs_of(protocol) & (kPixels | kScaleInvariant | kAffineInvariant))) {
    Scored scored;
    scored.sums = streamed_sums(pred, gt, rows, cols, protocol, scores);
    enough() ? finish(scored, maps, protocol, annotations, scores) : leave_undefined(protocol, scores);
  } else {
    const Pixels pixels = prepared_pixels(pred, gt, rows, cols, protocol, scores);
    enough() ? compute(pixels, maps, protocol, annotations, scores) : leave_undefined(protocol, scores);
  }
  return scores;
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
  return evaluate_any(pred, gt, rows, cols, protocol, annotations);
}

Scores evaluate(std::span<const float> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations) {
  return evaluate_any(pred, gt, rows, cols, protocol, annotations);
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
