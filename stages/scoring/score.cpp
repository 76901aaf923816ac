#include "stages/scoring/score.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "metrics/errors.h"
#include "stages/base/adapt.h"

namespace depthmill {
namespace {

using metrics::Protocol;

// Maps beside the depth are used only at the size they were made for.
std::span<const std::uint8_t> annotation(const cv::Mat& map, const cv::Mat& gt) {
  if (map.type() != CV_8UC1 || !map.isContinuous() || map.size() != gt.size()) return {};
  return view<std::uint8_t>(map);
}

// Metrics of the protocol that have no map to be taken from.
std::string without_maps(const Protocol& protocol, const metrics::Annotations& annotations) {
  std::string keys, blind;
  for (const auto& key : protocol.metrics) {
    const unsigned needs = metrics::find_metric(key)->needs;
    const bool by_camera = needs & (metrics::kPlanes | metrics::kPoints | metrics::kCloud);
    if (by_camera && !annotations.camera.known()) {
      (blind += blind.empty() ? "" : ", ") += key;
      continue;
    }
    const bool lacks = ((needs & metrics::kDepthBoundary) && annotations.edges.empty()) ||
                       ((needs & metrics::kPlanes) && annotations.plane_labels.empty()) ||
                       ((needs & metrics::kNormals) && annotations.gt_normals.empty());
    if (lacks) keys += (keys.empty() ? "" : ", ") + key;
  }
  std::string note = keys.empty() ? "" : "no map for " + keys;
  if (!blind.empty()) (note += note.empty() ? "" : "; ") += "no camera for " + blind;
  return note;
}

// x of all pixels, then y, then z.
std::vector<double> planar(const cv::Mat& normals) {
  std::vector<double> values(normals.total() * 3);
  for (std::size_t i = 0; i < normals.total(); ++i)
    for (std::size_t k = 0; k < 3; ++k) values[k * normals.total() + i] = normals.ptr<float>()[3 * i + k];
  return values;
}

struct Normals {
  std::vector<double> pred, gt;
};

// Empty where the protocol has no use for them or they are not there.
Normals normals_of(const ScoredPlanes& planes, const Protocol& protocol) {
  const bool wanted = std::any_of(
      protocol.metrics.begin(), protocol.metrics.end(),
      [](const std::string& key) { return (metrics::find_metric(key)->needs & metrics::kNormals) != 0; });
  if (!wanted || planes.pred_normals.empty() || planes.gt_normals.empty()) return {};
  if (planes.pred_normals.size() != planes.gt_normals.size())
    throw FrameError(FailureReason::kWrongSize, "the predicted normals are " +
                                                    size_text(planes.pred_normals) + ", the true ones " +
                                                    size_text(planes.gt_normals));
  return {planar(planes.pred_normals), planar(planes.gt_normals)};
}

bool enough(std::size_t valid, const Protocol& protocol) {
  return valid >= std::max<std::size_t>(protocol.min_pixels, 1);
}

// Where every pixel is scored, a hole would be scored as depth 0.
void refuse_holes(const cv::Mat& gt, const Protocol& protocol) {
  if (protocol.valid != metrics::ValidRule::kAll) return;
  const auto depths = view<double>(gt);
  const auto holes = std::count_if(depths.begin(), depths.end(), [](double g) { return !(g > 0); });
  if (holes > 0)
    throw FrameError(FailureReason::kNoValidPixel,
                     "scores every pixel and so needs filled depth: " + std::to_string(holes) +
                         " pixels of the ground truth are holes");
}

// What metrics and preparation say about maps of a wrong size is this frame's failure.
template <class Work>
auto fitting_sizes(Work&& work) {
  try {
    return work();
  } catch (const std::invalid_argument& e) {
    throw FrameError(FailureReason::kWrongSize, e.what());
  }
}

}  // namespace

const PreparedPair& FrameScorer::prepared(const Protocol& protocol) {
  const auto truth = [&](const Protocol& p) { return ground_truth(planes_, p).data; };
  for (const Prepared& one : prepared_)
    if (truth(one.protocol) == truth(protocol) && same_preparation(one.protocol, protocol)) return one.pair;
  return prepared_.emplace_back(Prepared{protocol, prepare_pair(planes_, protocol)}).pair;
}

metrics::Scores FrameScorer::evaluate(const PreparedPair& pair, const Protocol& protocol,
                                      const metrics::Annotations& annotations) {
  const auto evaluated = [&](auto pred) {
    return metrics::evaluate(pred, view<double>(pair.gt), pair.gt.rows, pair.gt.cols, protocol, annotations,
                             &workspace_);
  };
  return pair.pred.depth() == CV_32F ? evaluated(view<float>(pair.pred)) : evaluated(view<double>(pair.pred));
}

MetricRow FrameScorer::score(const Protocol& protocol, const ClipScores& clip) {
  return fitting_sizes([&] {
    MetricRow row{protocol.name, 0, {}, ""};
    const Normals normals = normals_of(planes_, protocol);
    metrics::Annotations annotations;
    annotations.pred_normals = normals.pred;
    annotations.gt_normals = normals.gt;
    annotations.camera = planes_.camera;
    annotations.alignment = clip.alignment;
    annotations.temporal_error = clip.temporal_error;
    metrics::Scores scores;
    if (protocol.normals_only()) {
      scores = metrics::evaluate_normals(protocol, annotations);
      row.note = normals.gt.empty() ? without_maps(protocol, annotations) : scores.note;
    } else {
      const PreparedPair& pair = prepared(protocol);
      refuse_holes(pair.gt, protocol);
      annotations.edges = annotation(planes_.edges, pair.gt);
      annotations.plane_labels = annotation(planes_.plane_labels, pair.gt);
      scores = evaluate(pair, protocol, annotations);
      for (const auto& note : pair.notes) row.add_note(note);
      row.add_note(scores.note);
      if (scores.valid > 0) row.add_note(without_maps(protocol, annotations));
    }
    const bool only_temporal = !std::isnan(clip.temporal_error);
    if (!enough(scores.valid, protocol) && !only_temporal) return row;
    row.valid_pixels = scores.valid;
    row.values = std::move(scores.values);
    return row;
  });
}

std::vector<MetricRow> FrameScorer::score_ranges(const Protocol& protocol, std::span<const double> bounds,
                                                 const ClipScores& clip) {
  std::vector<MetricRow> rows;
  if (bounds.empty() || protocol.normals_only()) return rows;
  return fitting_sizes([&] {
    const PreparedPair& pair = prepared(protocol);
    const cv::Mat pred = as_double(pair.pred, "the prediction");
    const auto parts = metrics::evaluate_ranges(view<double>(pred), view<double>(pair.gt), pair.gt.rows,
                                                pair.gt.cols, protocol, bounds, clip.alignment);
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i].valid > 0)
        rows.push_back(
            {protocol.name, parts[i].valid, parts[i].values, "", DepthRange{bounds[i], bounds[i + 1]}});
    return rows;
  });
}

cv::Mat FrameScorer::scored_crop(const Protocol& protocol, const metrics::Alignment& alignment) {
  return fitting_sizes([&] {
    const PreparedPair& pair = prepared(protocol);
    const cv::Mat pred = as_double(pair.pred, "the prediction");
    cv::Mat map(pred.size(), CV_64FC1);
    const auto scored = metrics::as_scored(view<double>(pred), protocol, alignment);
    std::copy(scored.begin(), scored.end(), map.ptr<double>());
    const metrics::Rect r = metrics::crop_rect(protocol.crop, map.rows, map.cols);
    return cv::Mat(map(cv::Range(r.row0, r.row1), cv::Range(r.col0, r.col1)).clone());
  });
}

ComparedPair FrameScorer::compared(const Protocol& protocol) {
  return fitting_sizes([&] {
    const PreparedPair& pair = prepared(protocol);
    ComparedPair out{as_double(pair.pred, "the prediction"), pair.gt};
    const metrics::Scores scores = evaluate(pair, protocol, {});
    if (!enough(scores.valid, protocol)) throw FrameError(FailureReason::kNoValidPixel, scores.note);
    if (protocol.align == metrics::AlignKind::kNone && !protocol.disparity) return out;
    out.pred = out.pred.clone();
    for (double& p : view_mut<double>(out.pred)) {
      p = scores.alignment.apply(p);
      if (!protocol.disparity) continue;
      p = std::max(p, protocol.disparity_floor);
      p = p > 0 ? 1.0 / p : 0.0;
    }
    return out;
  });
}

}  // namespace depthmill
