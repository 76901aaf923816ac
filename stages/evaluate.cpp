#include "stages/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <tuple>

#include "metrics/errors.h"
#include "metrics/explain.h"
#include "stages/adapt.h"
#include "stages/depth_units.h"
#include "stages/protocol_file.h"
#include "stages/resize.h"

namespace depthmill {
namespace {

using metrics::ClampAt;
using metrics::Flip;
using metrics::Protocol;

std::string size_text(const cv::Mat& m) { return std::to_string(m.rows) + "x" + std::to_string(m.cols); }

cv::Mat as_double(const cv::Mat& m, const char* what) {
  if (m.channels() != 1)
    throw FrameError(FailureReason::kBadPrediction,
                     std::string(what) + " has " + std::to_string(m.channels()) + " channels instead of one");
  if (m.type() == CV_64FC1 && m.isContinuous()) return m;
  cv::Mat out;
  m.convertTo(out, CV_64F);
  return out;
}

cv::Mat clamped(const cv::Mat& m, double low, double high) {
  cv::Mat out = m.clone();
  for (double& v : view_mut<double>(out)) v = v < low ? low : (v > high ? high : v);  // NaN passes
  return out;
}

cv::Mat mirrored(const cv::Mat& m) {
  cv::Mat out;
  cv::flip(m, out, 1);
  return out;
}

// NeWCRFs: near the left border the mirrored-back output alone counts less and the direct one more, and the
// other way round at the right border; in between their mean.
cv::Mat blend_edges(const cv::Mat& direct, const cv::Mat& back) {
  cv::Mat out(direct.size(), CV_64FC1);
  for (int c = 0; c < out.cols; ++c) {
    const auto left_weight = [&](int column) {
      const double x = out.cols > 1 ? static_cast<double>(column) / (out.cols - 1) : 0.0;
      return 1 - std::clamp(20 * (x - 0.05), 0.0, 1.0);
    };
    const double left = left_weight(c), right = left_weight(out.cols - 1 - c);
    for (int r = 0; r < out.rows; ++r) {
      const double a = direct.at<double>(r, c), b = back.at<double>(r, c);
      out.at<double>(r, c) = right * a + left * b + (1 - left - right) * (a + b) / 2;
    }
  }
  return out;
}

// The prediction as it came where the protocol does nothing to it here: then no copy is made.
cv::Mat fuse(const ScoredPlanes& planes, const Protocol& protocol, std::vector<std::string>& notes) {
  const bool clamp_first = protocol.clamp_at == ClampAt::kBeforeFlip;
  const bool fused = protocol.flip != Flip::kNone && !planes.pred_mirror.empty();
  if (protocol.flip != Flip::kNone && !fused)
    notes.push_back("no mirrored prediction: scored without flip averaging");
  if (!clamp_first && !fused && planes.pred.type() == CV_32FC1 && planes.pred.isContinuous())
    return planes.pred;
  cv::Mat pred = as_double(planes.pred, "the prediction");
  if (clamp_first) pred = clamped(pred, protocol.clamp_min, protocol.clamp_max);
  if (!fused) return pred;
  if (planes.pred_mirror.size() != planes.pred.size())
    throw FrameError(FailureReason::kWrongSize, "the mirrored prediction is " +
                                                    size_text(planes.pred_mirror) + ", the prediction " +
                                                    size_text(planes.pred));
  cv::Mat back = mirrored(as_double(planes.pred_mirror, "the mirrored prediction"));
  if (clamp_first) back = clamped(back, protocol.clamp_min, protocol.clamp_max);
  if (protocol.flip == Flip::kBlendEdges) return blend_edges(pred, back);
  return (pred + back) * 0.5;
}

// Cut to whole millimetres in single precision, as sources do. A depth that was whole millimetres before it
// was stored may come out a last place below its own millimetre and must not lose one.
double whole_mm(double v) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds to a whole number
  const float mm = static_cast<float>(v) * 1000.0f;
  const bool fits = mm >= 0 && mm < 4.0e6f;  // beyond that, single precision holds whole millimetres only
  const float whole = (mm + kRounder) - kRounder;
  const float below = whole > mm ? whole - 1 : whole;
  const float cut = std::abs(mm - whole) <= whole * 2.4e-7f ? whole : below;
  return fits ? cut / 1000.0 : v;
}

cv::Mat truncate_mm(const cv::Mat& gt) {
  // What is whole already up to single precision, as from a 16-bit image, stays and is not copied.
  std::size_t differing = 0;
  for (double v : view<double>(gt)) differing += std::abs(whole_mm(v) - v) > 1e-6 * v ? 1 : 0;
  if (differing == 0) return gt;
  cv::Mat out = gt.clone();
  for (double& v : view_mut<double>(out)) v = whole_mm(v);
  return out;
}

cv::Mat place_kb_crop(const cv::Mat& pred, int rows, int cols) {
  if (pred.rows > rows || pred.cols > cols) return pred;
  cv::Mat out = cv::Mat::zeros(rows, cols, CV_64FC1);
  pred.copyTo(out(cv::Rect((cols - pred.cols) / 2, rows - pred.rows, pred.cols, pred.rows)));
  return out;
}

struct Pair {
  cv::Mat pred, gt;
};

Pair prepare_pair(const ScoredPlanes& planes, const Protocol& protocol, std::vector<std::string>& notes) {
  Pair pair{fuse(planes, protocol, notes), as_double(planes.gt, "the ground truth")};
  if (protocol.gt_rounding == metrics::GtRounding::kTruncateMm) pair.gt = truncate_mm(pair.gt);
  const bool equal = pair.pred.size() == pair.gt.size();
  if (!protocol.prepare.empty() && (protocol.prepare_equal_sizes || !equal)) {
    const int rows = pair.pred.rows, cols = pair.pred.cols;
    pair.gt = prepare_map(pair.gt, protocol.prepare, rows, cols);
    if (equal)
      pair.pred =
          prepare_map(as_double(pair.pred, "the prediction"), protocol.prepare, rows, cols, protocol.resize);
  }
  if (pair.pred.size() == pair.gt.size()) return pair;
  pair.pred = as_double(pair.pred, "the prediction");
  if (protocol.placement == metrics::Placement::kKbCrop)
    pair.pred = place_kb_crop(pair.pred, pair.gt.rows, pair.gt.cols);
  pair.pred = resize_map(pair.pred, pair.gt.rows, pair.gt.cols, protocol.resize);
  return pair;
}

// Do two protocols ask for the same pair of maps?
bool same_preparation(const Protocol& a, const Protocol& b) {
  const auto step = [](const metrics::PrepareStep& s) {
    return std::tie(s.kind, s.rows, s.cols, s.interpolation);
  };
  const auto early_clamp = [](const Protocol& p) {
    const bool early = p.clamp_at == ClampAt::kBeforeFlip;
    return std::tuple(early, early ? p.clamp_min : 0.0, early ? p.clamp_max : 0.0);
  };
  return early_clamp(a) == early_clamp(b) && a.flip == b.flip && a.gt_rounding == b.gt_rounding &&
         a.prepare_equal_sizes == b.prepare_equal_sizes && a.placement == b.placement &&
         a.resize == b.resize &&
         std::equal(a.prepare.begin(), a.prepare.end(), b.prepare.begin(), b.prepare.end(),
                    [&](const auto& x, const auto& y) { return step(x) == step(y); });
}

// The pairs of one frame, each made once.
class PreparedPairs {
 public:
  struct Entry {
    const Protocol* protocol;
    const unsigned char* gt;
    Pair pair;
    std::vector<std::string> notes;
  };
  // The reference holds until the next call.
  const Entry& of(const ScoredPlanes& planes, const Protocol& protocol) {
    for (const Entry& entry : entries_)
      if (entry.gt == planes.gt.data && same_preparation(*entry.protocol, protocol)) return entry;
    Entry entry{&protocol, planes.gt.data, {}, {}};
    entry.pair = prepare_pair(planes, protocol, entry.notes);
    entries_.push_back(std::move(entry));
    return entries_.back();
  }

 private:
  std::vector<Entry> entries_;
};

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
                       ((needs & metrics::kPlanes) && annotations.plane_labels.empty());
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

MetricRow score_prepared(PreparedPairs& pairs, const ScoredPlanes& planes, const Protocol& protocol) {
  MetricRow row{protocol.name, 0, {}, ""};
  try {
    const auto& [unused_protocol, unused_gt, pair, notes] = pairs.of(planes, protocol);
    const metrics::Annotations annotations{
        annotation(planes.edges, pair.gt), annotation(planes.plane_labels, pair.gt), {}, planes.camera};
    const auto evaluated = [&](auto pred) {
      return metrics::evaluate(pred, view<double>(pair.gt), pair.gt.rows, pair.gt.cols, protocol,
                               annotations);
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
  std::vector<std::string> needs() const override { return {plane::kPred}; }
  std::vector<std::string> adds() const override { return {}; }
  void prepare() override { protocols_ = evaluate_protocols(options_); }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) { score_frame(frame); });
  }

 private:
  void score_frame(Frame& frame) const {
    ScoredPlanes planes;
    planes.pred = frame.plane(plane::kPred);
    const auto optional = [&](const char* name) {
      const auto it = frame.planes.find(name);
      return it == frame.planes.end() ? cv::Mat() : it->second;
    };
    planes.pred_mirror = optional(plane::kPredMirror);
    planes.edges = optional(plane::kEdges);
    planes.plane_labels = optional(plane::kPlaneLabels);
    planes.camera = options_.camera;
    const std::string missing = non_finite(planes.pred);
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
        planes.gt = ground_truth(frame, protocol);
        MetricRow row = score_prepared(pairs, planes, protocol);
        if (row.valid_pixels < std::max<std::size_t>(protocol.min_pixels, 1))
          refused(protocol, FailureReason::kNoValidPixel, row.note);
        else
          rows.push_back(std::move(row));
        add_note(rows.back().note, missing);
        if (rows.back().valid_pixels > 0) score_ranges(pairs, planes, protocol, ranges);
      } catch (const FrameError& e) {
        refused(protocol, e.reason(), e.what());
      }
    }
    const bool none =
        std::all_of(rows.begin(), rows.end(), [](const MetricRow& r) { return r.values.empty(); });
    if (none) throw FrameError(reason, frame.id() + ": " + first_reason);
    if (options_.check_units) check_units(frame, planes);
    for (auto& row : rows) frame.metrics.push_back(std::move(row));
    for (auto& row : ranges) frame.metrics.push_back(std::move(row));
  }

  void score_ranges(PreparedPairs& pairs, const ScoredPlanes& planes, const Protocol& protocol,
                    std::vector<MetricRow>& rows) const {
    const auto& bounds = options_.depth_ranges;
    if (bounds.empty()) return;
    const Pair& pair = pairs.of(planes, protocol).pair;
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
    if (planes.gt.empty()) return;
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

std::string EvaluateOptions::problem() const {
  if (protocols.empty() && explain.empty()) return "evaluate.protocols: name at least one protocol, or all";
  if (!explain.empty() && explain.size() != 2) return "evaluate.explain: name two protocols, FROM and TO";
  if (depth_ranges.size() == 1) return "evaluate.depth_ranges: at least two bounds make a range";
  for (std::size_t i = 0; i + 1 < depth_ranges.size(); ++i)
    if (!(depth_ranges[i] < depth_ranges[i + 1])) return "evaluate.depth_ranges: bounds must ascend";
  return "";
}

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
