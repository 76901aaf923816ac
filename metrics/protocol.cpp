#include "metrics/protocol.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/errors.h"
#include "metrics/pixel_sums.h"
#include "metrics/prediction_steps.h"
#include "metrics/valid_blocks.h"

namespace depthmill::metrics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Of the valid pixels; others hold 1.
void count_non_finite(const PixelBlock& block, Scores& scores) {
  const std::span<const double> pred(block.pred, block.size);
  if (all_finite(pred)) return;
  for (double p : pred) {
    scores.nan_predictions += std::isnan(p);
    scores.infinite_predictions += std::isinf(p);
  }
}

PixelSums aligned_sums(Workspace& work, AlignKind kind) {
  const Alignment found = align(work.pred, work.gt, kind);
  work.fit_pred.resize(work.pred.size());
  for (std::size_t i = 0; i < work.pred.size(); ++i) work.fit_pred[i] = found.apply(work.pred[i]);
  return sum_pixels(work.fit_pred, work.gt, kLinear | kRatio);
}

PixelSums trimmed_sums(Workspace& work) {
  const Alignment found = trimmed_affine(work.pred, work.gt);
  work.fit_pred.resize(work.pred.size());
  for (std::size_t i = 0; i < work.pred.size(); ++i) work.fit_pred[i] = found.apply(work.pred[i]);
  return sum_pixels(work.fit_pred, work.gt, kLinear | kRatio);
}

constexpr unsigned kMapNeeds =
    kSobelEdges | kRatioBoundary | kDepthBoundary | kPlanes | kDiscBoundary | kPoints | kCloud;
constexpr unsigned kMaskNeeds = kDiscBoundary | kPoints | kCloud;

struct Maps {
  std::span<double> pred;  // used up
  std::span<const double> gt;
  int rows = 0, cols = 0;
};

NormalScores score_normals(const Annotations& annotations) {
  return annotations.gt_normals.empty()
             ? NormalScores{}
             : normal_scores(normal_angles(annotations.pred_normals, annotations.gt_normals));
}

// Metrics that need rows and columns see the whole prediction, transformed like its valid pixels.
void score_maps(const Maps& maps, const Protocol& protocol, const Annotations& annotations,
                const Alignment& alignment, unsigned needs, Scored& scored, std::vector<PlaneScore>& planes) {
  if ((needs & kMapNeeds) == 0) return;
  scored.ratio_boundary_f1 = kNan;
  scored.disc_boundary_f1.fill(kNan);
  if (maps.rows == 0) return;  // a part of the pixels has no rows and columns
  const std::span<double> pred = maps.pred;
  before_fit(pred, protocol);
  constexpr double kLeastDisparity = 1e-6;  // MoGe's boundaries know no farthest depth
  transform(pred, protocol, alignment,
            protocol.floor_at_farthest ? kLeastDisparity : protocol.disparity_floor);
  const int rows = maps.rows, cols = maps.cols;
  if (needs & kMaskNeeds) {
    const auto valid = valid_mask(pred, maps.gt, rows, cols, protocol.valid, protocol.range, protocol.crop);
    if (needs & kDiscBoundary) scored.disc_boundary_f1 = disc_boundary_f1(pred, maps.gt, valid, rows, cols);
    if ((needs & kPoints) && annotations.camera.known())
      scored.points = point_scores(pred, maps.gt, valid, rows, cols, annotations.camera, protocol.align,
                                   protocol.align_sample);
    if ((needs & kCloud) && annotations.camera.known())
      scored.cloud = cloud_scores(pred, maps.gt, valid, rows, cols, annotations.camera, protocol.range.max);
  }
  if (needs & kSobelEdges) {
    const auto p = sobel_magnitude(pred, rows, cols), g = sobel_magnitude(maps.gt, rows, cols);
    for (std::size_t i = 0; i < std::size(kEdgeThresholds); ++i)
      scored.edges[i] = edge_scores(p, g, kEdgeThresholds[i]);
  }
  if (needs & kRatioBoundary) scored.ratio_boundary_f1 = ratio_boundary_f1(pred, maps.gt, rows, cols);
  if ((needs & kDepthBoundary) && !annotations.edges.empty())
    scored.depth_boundary = depth_boundary_error(pred, annotations.edges, rows, cols);
  if ((needs & kPlanes) && !annotations.plane_labels.empty() && annotations.camera.known()) {
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
  scored.temporal_error = annotations.temporal_error;
  std::vector<PlaneScore> planes;
  score_maps(maps, protocol, annotations, scores.alignment, needs_of(protocol), scored, planes);
  if (needs_of(protocol) & kNormals) scored.normals = score_normals(annotations);
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

// The sums; where the protocol has a floor for logarithms and ratios, theirs are of raised predictions.
PixelSums sums_of(Workspace& work, const Protocol& protocol, unsigned needs) {
  const auto sum = [&](std::span<const double> pred, unsigned groups) {
    return sum_pixels(pred, work.gt, groups, protocol.epsilon, protocol.log_epsilon);
  };
  const double floor = protocol.log_floor;
  if (!(floor > 0) || std::none_of(work.pred.begin(), work.pred.end(), [=](double p) { return p < floor; }))
    return sum(work.pred, needs);
  constexpr unsigned kFloored = kLog | kRatio;
  work.fit_pred.assign(work.pred.begin(), work.pred.end());
  for (double& p : work.fit_pred) p = p < floor ? floor : p;
  const PixelSums floored = sum(work.fit_pred, needs & kFloored);
  PixelSums sums = sum(work.pred, (needs & ~kFloored) | kLinear);
  sums.log_diff = floored.log_diff, sums.log_abs = floored.log_abs, sums.log_sq = floored.log_sq;
  sums.below = floored.below;
  return sums;
}

// From the pixels gathered in `work`.
void compute(Workspace& work, const Maps& maps, const Protocol& protocol, const Annotations& annotations,
             Scores& scores) {
  const unsigned needs = needs_of(protocol);
  Scored scored;
  scored.sums = sums_of(work, protocol, needs);
  scored.pred = work.pred;
  scored.gt = work.gt;
  if (needs & kScaleInvariant) scored.median_scaled = aligned_sums(work, AlignKind::kMedianLower);
  if (needs & kAffineInvariant) scored.affine_fitted = aligned_sums(work, AlignKind::kScaleShift);
  if (needs & kTrimmedAffine) scored.trimmed_fitted = trimmed_sums(work);
  finish(scored, maps, protocol, annotations, scores);
}

// The temporal error asks for no valid pixel.
void leave_undefined(const Protocol& protocol, Scores& scores, double temporal_error = kNan) {
  for (const auto& key : protocol.metrics)
    scores.values.emplace_back(key, find_metric(key)->needs == kTemporal ? temporal_error : kNan);
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
  const auto add = [&](PixelBlock& block) {
    block.add_to(sums, needs, protocol.epsilon, protocol.log_epsilon);
  };
  if (!in_disparity(protocol) && protocol.pred_floor == 0 &&
      all_finite(pred)) {  // nothing to count, no rule to apply: a clamp is all
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const bool clamped =
        protocol.clamp_at == ClampAt::kBeforeAlign || protocol.clamp_at == ClampAt::kAfterAlign;
    const double low = clamped ? protocol.clamp_min : -kInfinity;
    const double high = clamped ? protocol.clamp_max : kInfinity;
    for_valid_blocks(
        pred, gt, rows, cols, protocol,
        [low, high](double p) {
          p = p < low ? low : p;
          return p > high ? high : p;
        },
        add);
  } else {
    for_valid_blocks(
        pred, gt, rows, cols, protocol, [](double p) { return p; },
        [&](PixelBlock& block) {
          count_non_finite(block, scores);
          const std::span<double> p(block.pred, block.size);
          before_fit(p, protocol);
          transform(p, protocol, {}, protocol.disparity_floor);
          block.leave_out();
          add(block);
        });
  }
  scores.valid = sums.n;
  return sums;
}

// The protocol with the range that its quantile leaves for this ground truth; nullopt where it leaves the range.
std::optional<Protocol> cut_at_quantile(std::span<const double> gt, int rows, int cols,
                                        const Protocol& protocol) {
  if (protocol.quantile_share == 0) return std::nullopt;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  const auto [low_limit, high_limit] = protocol.range.closed_limits();
  for (const double g : gt) {
    const bool inside = g >= low_limit && g <= high_limit;
    least = inside && g < least ? g : least;
    most = inside && g > most ? g : most;
  }
  if (most <= protocol.quantile_factor * least) return std::nullopt;  // so it is for rooms
  const auto valid = valid_mask(gt, gt, rows, cols, protocol.valid, protocol.range, protocol.crop);
  std::vector<double> known;
  for (std::size_t i = 0; i < gt.size(); ++i)
    if (valid[i]) known.push_back(gt[i]);
  if (known.empty()) return std::nullopt;
  std::sort(known.begin(), known.end());
  const double at = protocol.quantile_share * static_cast<double>(known.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(low);
  const double quantile =
      low + 1 < known.size() ? known[low] + part * (known[low + 1] - known[low]) : known[low];
  Protocol cut = protocol;
  cut.quantile_share = 0;
  cut.range.max = std::min(cut.range.max, protocol.quantile_factor * quantile);
  cut.range.max_inclusive = true;
  return cut;
}

// Gathers the valid pixels in `work` with everything done to them that comes before the metrics; counts and
// alignment go to `scores`.
template <class T>
void gather_pixels(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                   const Protocol& protocol, const std::optional<Alignment>& given, Scores& scores,
                   Workspace& work) {
  work.pred.resize(pred.size());
  work.gt.resize(pred.size());
  std::size_t n = 0;
  for_valid_blocks(
      pred, gt, rows, cols, protocol, [](double p) { return p; },
      [&](const PixelBlock& block) {
        count_non_finite(block, scores);
        if (block.kept == block.size) {
          std::copy_n(block.pred, block.size, work.pred.data() + n);
          std::copy_n(block.gt, block.size, work.gt.data() + n);
          n += block.size;
          return;
        }
        for (std::size_t i = 0; i < block.size; ++i) {  // written always, kept if valid
          work.pred[n] = block.pred[i];
          work.gt[n] = block.gt[i];
          n += block.keep[i] ? 1 : 0;
          if (n == work.pred.size()) break;
        }
      });
  work.pred.resize(n);
  work.gt.resize(n);
  scores.valid = n;
  if (n < std::max<std::size_t>(protocol.min_pixels, 1)) return;
  before_fit(work.pred, protocol);
  const double floor = protocol.floor_at_farthest ? 1 / *std::max_element(work.gt.begin(), work.gt.end())
                                                  : protocol.disparity_floor;
  if (given) {
    scores.alignment = *given;
  } else if (fits_sample(protocol.align)) {
    const std::vector<double> map(pred.begin(), pred.end());
    scores.alignment = sampled_fit(map, gt, rows, cols, protocol);
  } else if (protocol.align != AlignKind::kNone) {
    if (inverts_first(protocol)) {  // transform does it again, to the predictions as they came
      Values disparity = work.pred;
      invert(work.pred, protocol.disparity_floor);
      scores.alignment = fit_alignment(protocol, work);
      work.pred.swap(disparity);
    } else {
      scores.alignment = fit_alignment(protocol, work);
    }
  }
  transform(work.pred, protocol, scores.alignment, floor);
}

template <class T>
Scores evaluate_any(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                    const Protocol& protocol, const Annotations& annotations, Workspace* given) {
  check(protocol);
  if (const auto cut = cut_at_quantile(gt, rows, cols, protocol))
    return evaluate_any(pred, gt, rows, cols, *cut, annotations, given);
  Workspace own;
  Workspace& work = given ? *given : own;
  Scores scores;
  const auto enough = [&] { return scores.valid >= std::max<std::size_t>(protocol.min_pixels, 1); };
  const unsigned needs = needs_of(protocol);
  Maps maps{{}, gt, rows, cols};
  if (needs & kMapNeeds) {  // metrics of maps see the prediction in double
    work.map.assign(pred.begin(), pred.end());
    maps.pred = work.map;
  }
  if (protocol.align == AlignKind::kNone && protocol.log_floor == 0 && !protocol.floor_at_farthest &&
      !(needs & (kPixels | kScaleInvariant | kAffineInvariant | kTrimmedAffine))) {
    Scored scored;
    scored.sums = streamed_sums(pred, gt, rows, cols, protocol, scores);
    enough() ? finish(scored, maps, protocol, annotations, scores)
             : leave_undefined(protocol, scores, annotations.temporal_error);
  } else {
    gather_pixels(pred, gt, rows, cols, protocol, annotations.alignment, scores, work);
    enough() ? compute(work, maps, protocol, annotations, scores)
             : leave_undefined(protocol, scores, annotations.temporal_error);
  }
  return scores;
}

}  // namespace

Scores evaluate(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations, Workspace* work) {
  return evaluate_any(pred, gt, rows, cols, protocol, annotations, work);
}

Scores evaluate(std::span<const float> pred, std::span<const double> gt, int rows, int cols,
                const Protocol& protocol, const Annotations& annotations, Workspace* work) {
  return evaluate_any(pred, gt, rows, cols, protocol, annotations, work);
}

Scores evaluate_normals(const Protocol& protocol, const Annotations& annotations) {
  check(protocol);
  Scored scored;
  scored.normals = score_normals(annotations);
  Scores scores;
  scores.valid = scored.normals.pixels;
  if (scores.valid < std::max<std::size_t>(protocol.min_pixels, 1)) {
    leave_undefined(protocol, scores);
  } else {
    for (const auto& key : protocol.metrics) scores.values.emplace_back(key, find_metric(key)->value(scored));
  }
  return scores;
}

std::vector<Scores> evaluate_ranges(std::span<const double> pred, std::span<const double> gt, int rows,
                                    int cols, const Protocol& protocol, std::span<const double> bounds,
                                    const std::optional<Alignment>& alignment) {
  check(protocol);
  if (const auto cut = cut_at_quantile(gt, rows, cols, protocol))
    return evaluate_ranges(pred, gt, rows, cols, *cut, bounds, alignment);
  Scores whole;
  Workspace pixels, part;
  gather_pixels(pred, gt, rows, cols, protocol, alignment, whole, pixels);
  std::vector<Scores> out;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    Scores scores;
    scores.alignment = whole.alignment;
    part.pred.clear();
    part.gt.clear();
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

void pixels_to_fit(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                   const Protocol& protocol, Workspace& work) {
  check(protocol);
  work.pred.clear();
  work.gt.clear();
  for_valid_blocks(
      pred, gt, rows, cols, protocol, [](double p) { return p; },
      [&](const PixelBlock& block) {
        for (std::size_t i = 0; i < block.size; ++i)
          if (block.keep[i]) work.pred.push_back(block.pred[i]), work.gt.push_back(block.gt[i]);
      });
  before_fit(work.pred, protocol);
  if (inverts_first(protocol)) invert(work.pred, protocol.disparity_floor);
  const auto [fit_pred, fit_target] = pixels_of_fit(protocol, work);
  if (fit_pred.data() == work.fit_pred.data()) {
    work.fit_pred.resize(fit_pred.size());
    work.fit_target.resize(fit_target.size());
  } else {
    work.fit_pred.assign(fit_pred.begin(), fit_pred.end());
    work.fit_target.assign(fit_target.begin(), fit_target.end());
  }
}

std::vector<double> as_scored(std::span<const double> pred, const Protocol& protocol,
                              const Alignment& alignment) {
  std::vector<double> map(pred.begin(), pred.end());
  before_fit(map, protocol);
  transform(map, protocol, alignment, protocol.disparity_floor);
  return map;
}

}  // namespace depthmill::metrics
