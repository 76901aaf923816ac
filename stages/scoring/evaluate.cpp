#include "stages/scoring/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "metrics/errors.h"
#include "metrics/explain.h"
#include "stages/base/adapt.h"
#include "stages/scoring/likely_scale.h"
#include "stages/scoring/prepared_pairs.h"
#include "stages/scoring/protocol_file.h"

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
  std::string keys;
  for (const auto& key : protocol.metrics) {
    const unsigned needs = metrics::find_metric(key)->needs;
    const bool lacks = ((needs & metrics::kDepthBoundary) && annotations.edges.empty()) ||
                       ((needs & metrics::kPlanes) && annotations.plane_labels.empty()) ||
                       ((needs & metrics::kNormals) && annotations.gt_normals.empty());
    if (lacks) keys += (keys.empty() ? "" : ", ") + key;
  }
  return keys.empty() ? "" : "no map for " + keys;
}

void add_note(std::string& note, const std::string& more) {
  if (!more.empty()) note += (note.empty() ? "" : "; ") + more;
}

std::string count_text(std::size_t nans, std::size_t infinite) {
  std::string text;
  if (nans > 0) text += std::to_string(nans) + " NaN";
  if (infinite > 0) text += (text.empty() ? "" : " and ") + std::to_string(infinite) + " infinite";
  return text.empty() ? "" : text + " predictions";
}

std::string non_finite(const cv::Mat& pred) {
  std::size_t nans = 0, infinite = 0;
  const auto count = [&](auto values) {
    for (const auto v : values) nans += std::isnan(v) ? 1 : 0, infinite += std::isinf(v) ? 1 : 0;
  };
  const bool single = pred.type() == CV_32FC1 && pred.isContinuous();
  const cv::Mat values = single ? pred : as_double(pred, "the prediction");
  single ? count(view<float>(values)) : count(view<double>(values));
  return count_text(nans, infinite);
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

MetricRow score_prepared(PreparedPairs& pairs, const ScoredPlanes& planes, const Protocol& protocol) {
  MetricRow row{protocol.name, 0, {}, ""};
  try {
    const Normals normals = normals_of(planes, protocol);
    metrics::Annotations annotations;
    annotations.pred_normals = normals.pred;
    annotations.gt_normals = normals.gt;
    annotations.camera = planes.camera;
    if (protocol.normals_only()) {
      auto scores = metrics::evaluate_normals(protocol, annotations);
      return {protocol.name, scores.valid, std::move(scores.values),
              normals.gt.empty() ? without_maps(protocol, annotations) : scores.note};
    }
    const auto& [unused_protocol, unused_gt, pair, notes] = pairs.of(planes, protocol);
    annotations.edges = annotation(planes.edges, pair.gt);
    annotations.plane_labels = annotation(planes.plane_labels, pair.gt);
    const auto evaluated = [&](auto pred) {
      return metrics::evaluate(pred, view<double>(pair.gt), pair.gt.rows, pair.gt.cols, protocol, annotations,
                               &pairs.workspace());
    };
    auto scores =
        pair.pred.depth() == CV_32F ? evaluated(view<float>(pair.pred)) : evaluated(view<double>(pair.pred));
    row.valid_pixels = scores.valid;
    row.values = std::move(scores.values);
    for (const auto& note : notes) add_note(row.note, note);
    add_note(row.note, scores.note);
    if (row.valid_pixels > 0) add_note(row.note, without_maps(protocol, annotations));
  } catch (const std::invalid_argument& e) {
    throw FrameError(FailureReason::kWrongSize, e.what());
  }
  return row;
}

class EvaluateStage : public Stage {
 public:
  explicit EvaluateStage(EvaluateOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override {
    return {options_.only_normals ? plane::kPredNormals : plane::kPred};
  }
  std::vector<std::string> adds() const override { return {}; }
  void prepare() override { protocols_ = evaluate_protocols(options_); }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) { score_frame(frame); });
  }

 private:
  void score_frame(Frame& frame) const {
    ScoredPlanes planes;
    const auto optional = [&](const char* name) {
      const auto it = frame.planes.find(name);
      return it == frame.planes.end() ? cv::Mat() : it->second;
    };
    if (!options_.only_normals) planes.pred = frame.plane(plane::kPred);
    planes.pred_normals = optional(plane::kPredNormals);
    planes.gt_normals = optional(plane::kGtNormals);
    planes.pred_mirror = optional(plane::kPredMirror);
    planes.edges = optional(plane::kEdges);
    planes.plane_labels = optional(plane::kPlaneLabels);
    const auto& camera = options_.plane_camera;
    planes.camera = {camera[0], camera[1], camera[2], camera[3]};
    const std::string missing = planes.pred.empty() ? "" : non_finite(planes.pred);
    if (!missing.empty() && !options_.allow_missing)
      throw FrameError(FailureReason::kNonFinite, frame.id() + ": " + missing);

    PreparedPairs pairs;
    std::vector<MetricRow> rows, ranges;
    std::string first_reason;
    FailureReason reason = FailureReason::kNone;
    const auto refused = [&](const Protocol& protocol, FailureReason why, const std::string& text) {
      if (reason == FailureReason::kNone) reason = why, first_reason = protocol.name + ": " + text;
      rows.push_back({protocol.name, 0, {}, text});
    };
    for (const Protocol& protocol : protocols_) {
      try {
        if (!protocol.normals_only()) {
          planes.gt = ground_truth(frame, protocol);
          frame.plane(plane::kPred);
        }
        MetricRow row = score_prepared(pairs, planes, protocol);
        if (row.valid_pixels < std::max<std::size_t>(protocol.min_pixels, 1))
          refused(protocol, FailureReason::kNoValidPixel, row.note);
        else
          rows.push_back(std::move(row));
        add_note(rows.back().note, missing);
        if (rows.back().valid_pixels > 0 && !protocol.normals_only())
          score_ranges(pairs, planes, protocol, ranges);
      } catch (const FrameError& e) {
        refused(protocol, e.reason(), e.what());
      }
    }
    const bool none =
        std::all_of(rows.begin(), rows.end(), [](const MetricRow& r) { return r.values.empty(); });
    if (options_.check_units) check_units(frame, planes);
    if (none) {  // a wrong scale may be why
      for (const auto& note : frame.notes) add_note(first_reason, note);
      throw FrameError(reason, frame.id() + ": " + first_reason);
    }
    for (auto& row : rows) frame.metrics.push_back(std::move(row));
    for (auto& row : ranges) frame.metrics.push_back(std::move(row));
  }

  void score_ranges(PreparedPairs& pairs, const ScoredPlanes& planes, const Protocol& protocol,
                    std::vector<MetricRow>& rows) const {
    const auto& bounds = options_.depth_ranges;
    if (bounds.empty()) return;
    const PreparedPair& pair = pairs.of(planes, protocol).pair;
    const cv::Mat pred = as_double(pair.pred, "the prediction");
    const auto parts = metrics::evaluate_ranges(view<double>(pred), view<double>(pair.gt), pair.gt.rows,
                                                pair.gt.cols, protocol, bounds);
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i].valid > 0)
        rows.push_back(
            {range_row_name({protocol.name, bounds[i], bounds[i + 1]}), parts[i].valid, parts[i].values, ""});
  }

  // Affine and disparity predictions have no unit, so only the ground truth is looked at on its own.
  void check_units(Frame& frame, const ScoredPlanes& planes) const {
    const auto note = [&](const std::string& sentence) {
      if (!sentence.empty()) frame.notes.push_back(sentence);
    };
    if (planes.gt.empty() || planes.pred.empty()) return;
    note(likely_depth_scale(planes.gt, "the ground truth"));
    const bool metric = std::any_of(protocols_.begin(), protocols_.end(), [](const Protocol& p) {
      return p.align == metrics::AlignKind::kNone && !p.disparity;
    });
    if (metric) note(likely_scale_mismatch(planes.pred, planes.gt));
  }

  static const cv::Mat& ground_truth(const Frame& frame, const Protocol& protocol) {
    if (frame.planes.contains(plane::kGt)) return frame.plane(plane::kGt);
    return frame.plane(protocol.gt == metrics::GtKind::kRaw ? plane::kRawDepth : plane::kDepth);
  }

  EvaluateOptions options_;
  std::vector<Protocol> protocols_;
};

}  // namespace

std::vector<Protocol> evaluate_protocols(const EvaluateOptions& options) {
  if (options.explain.empty()) return find_protocols(options.protocols, options.protocol_folder);
  std::vector<Protocol> steps;
  for (auto& step : metrics::explain_chain(find_protocol(options.explain.at(0), options.protocol_folder),
                                           find_protocol(options.explain.at(1), options.protocol_folder)))
    steps.push_back(std::move(step.protocol));
  return steps;
}

std::string explain_table(const EvaluateOptions& options, std::span<const FrameScore> rows) {
  const auto chain = metrics::explain_chain(find_protocol(options.explain.at(0), options.protocol_folder),
                                            find_protocol(options.explain.at(1), options.protocol_folder));
  const auto steps = evaluate_protocols(options);
  const auto totals = summarise(rows, steps);
  const auto total = [&](const std::string& protocol, const std::string& key) {
    for (const auto& t : totals)
      if (t.protocol == protocol && t.metric == key) return t.value;
    return std::nan("");
  };
  const auto text = [](double v, const char* format) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, format, v);
    return std::isnan(v) ? std::string("undefined") : std::string(buffer);
  };
  const auto& keys = chain.front().protocol.metrics;
  std::string table = "| step |", line = "|---|";
  for (const auto& key : keys) table += " " + key + " |", line += "---|";
  table += "\n" + line + "\n";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    table += "| " + (i == 0 ? options.explain[0] : "+ " + chain[i].change) + " |";
    for (const auto& key : keys) {
      const double now = total(chain[i].protocol.name, key);
      table += " " + text(now, "%.4f");
      const double before = i == 0 ? now : total(chain[i - 1].protocol.name, key);
      if (now != before && !std::isnan(now) && !std::isnan(before))
        table += " (" + text(now - before, "%+.4f") + ")";
      table += " |";
    }
    table += "\n";
  }
  return table;
}

MetricRow score(const ScoredPlanes& planes, const Protocol& protocol) {
  PreparedPairs pairs;
  return score_prepared(pairs, planes, protocol);
}

std::vector<MetricRow> score_all(const ScoredPlanes& planes, std::span<const Protocol> protocols) {
  PreparedPairs pairs;
  std::vector<MetricRow> rows;
  for (const Protocol& protocol : protocols) {
    try {
      rows.push_back(score_prepared(pairs, planes, protocol));
    } catch (const FrameError& e) {
      rows.push_back({protocol.name, 0, {}, e.what()});
    }
  }
  return rows;
}

std::unique_ptr<Stage> make_evaluate_stage(const EvaluateOptions& options) {
  if (const auto problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
  return std::make_unique<EvaluateStage>(options);
}

}  // namespace depthmill
