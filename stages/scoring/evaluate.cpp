#include "stages/scoring/evaluate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/explain.h"
#include "stages/scoring/likely_scale.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/score.h"

namespace depthmill {
namespace {

using metrics::Protocol;

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

// Bytes of the prepared pairs of a frame and of the maps that metrics make of them, under every protocol.
// Measured at 480 x 640: 70.
constexpr std::size_t kWorkspacePerPixel = 160;

constexpr std::size_t kFramesTurned = 20;  // others of a set lie alike

class EvaluateStage : public Stage {
 public:
  explicit EvaluateStage(EvaluateOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override {
    return {options_.only_normals ? plane::kPredNormals : plane::kPred};
  }
  std::vector<std::string> uses() const override;
  std::vector<std::string> adds() const override { return {}; }
  std::size_t workspace(cv::Size frame) const override {
    return kWorkspacePerPixel * static_cast<std::size_t>(frame.area());
  }
  void prepare() override { protocols_ = evaluate_protocols(options_); }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) { score_frame(frame); });
  }

 private:
  ScoredPlanes planes_of(const Frame& frame) const {
    const auto optional = [&](const char* name) {
      const auto it = frame.planes.find(name);
      return it == frame.planes.end() ? cv::Mat() : it->second;
    };
    ScoredPlanes planes;
    if (!options_.only_normals) planes.pred = frame.plane(plane::kPred);
    planes.pred_mirror = optional(plane::kPredMirror);
    planes.gt = optional(plane::kGt);
    planes.raw_depth = optional(plane::kRawDepth);
    planes.depth = optional(plane::kDepth);
    planes.edges = optional(plane::kEdges);
    planes.plane_labels = optional(plane::kPlaneLabels);
    planes.hidden = optional(plane::kHidden);
    planes.pred_normals = optional(plane::kPredNormals);
    planes.gt_normals = optional(plane::kGtNormals);
    const auto& camera = options_.plane_camera;
    planes.camera = {camera[0], camera[1], camera[2], camera[3]};
    return planes;
  }

  void score_frame(Frame& frame) const {
    const ScoredPlanes planes = planes_of(frame);
    const std::string missing = planes.pred.empty() ? "" : non_finite(planes.pred);
    if (!missing.empty() && !options_.allow_missing)
      throw FrameError(FailureReason::kNonFinite, frame.id() + ": " + missing);

    FrameScorer scorer(planes);
    std::vector<MetricRow> rows, ranges;
    std::string first_reason;
    FailureReason reason = FailureReason::kNone;
    const auto refused = [&](const Protocol& protocol, FailureReason why, const std::string& text) {
      if (reason == FailureReason::kNone) reason = why, first_reason = protocol.name + ": " + text;
    };
    for (const Protocol& protocol : protocols_) {
      try {
        MetricRow row = scorer.score(protocol);
        if (row.values.empty())
          refused(protocol, FailureReason::kNoValidPixel, row.note);
        else
          for (auto& range : scorer.score_ranges(protocol, options_.depth_ranges))
            ranges.push_back(std::move(range));
        row.add_note(missing);
        rows.push_back(std::move(row));
      } catch (const FrameError& e) {
        refused(protocol, e.reason(), e.what());
        rows.push_back({protocol.name, 0, {}, e.what()});
      }
    }
    const bool none =
        std::all_of(rows.begin(), rows.end(), [](const MetricRow& r) { return r.values.empty(); });
    if (options_.check_units) check_units(frame, planes);
    if (none) {  // a wrong scale may be why
      for (const auto& note : frame.notes) first_reason += (first_reason.empty() ? "" : "; ") + note;
      throw FrameError(reason, frame.id() + ": " + first_reason);
    }
    for (auto& row : rows) frame.metrics.push_back(std::move(row));
    for (auto& row : ranges) frame.metrics.push_back(std::move(row));
  }

  // Affine and disparity predictions have no unit, so only the ground truth is looked at on its own. Of
  // several kinds of ground truth it is that of the last protocol that has its own.
  void check_units(Frame& frame, const ScoredPlanes& planes) const {
    const cv::Mat gt = last_ground_truth(planes);
    if (gt.empty() || planes.pred.empty()) return;
    const auto note = [&](const std::string& sentence) {
      if (!sentence.empty()) frame.notes.push_back(sentence);
    };
    const bool gt_known = unit_known(frame, {plane::kGt, plane::kRawDepth, plane::kDepth});
    if (!gt_known) note(likely_depth_scale(gt, "the ground truth", "--gt-scale"));
    note(likely_exchanged(planes.pred, gt));
    if (frame.index < kFramesTurned) note(likely_turned(planes.pred, gt));
    const bool pred_known = unit_known(frame, {plane::kPred});
    if (gt_known && pred_known) return;
    const bool metric = std::any_of(protocols_.begin(), protocols_.end(), [](const Protocol& p) {
      return p.align == metrics::AlignKind::kNone && !p.disparity;
    });
    if (!metric) return;
    const std::string bits =
        pred_known ? "" : likely_rotated_bits(planes.pred, "the prediction", "--pred-layout");
    note(bits.empty() ? likely_scale_mismatch(planes.pred, gt, told_scales(frame), sample_kinds(frame))
                      : bits);
  }

  // Is what the samples mean said by the user or the layout, for every one of these that the frame has?
  static bool unit_known(const Frame& frame, const std::vector<const char*>& planes) {
    bool any = false;
    for (const char* name : planes)
      if (const auto at = frame.sources.find(name); at != frame.sources.end()) {
        if (!at->second.coding.unit_known) return false;
        any = true;
      }
    return any;
  }

  static ToldScales told_scales(const Frame& frame) {
    ToldScales told;
    for (const auto& [name, source] : frame.sources) {
      if (!source.coding.unit_known) continue;
      if (name == plane::kPred) told.pred = source.depth_scale;
      if (name == plane::kGt || name == plane::kRawDepth || name == plane::kDepth)
        told.gt = source.depth_scale;
    }
    return told;
  }

  static SampleKinds sample_kinds(const Frame& frame) {
    SampleKinds kinds;
    for (const auto& [name, source] : frame.sources) {
      const io::FileFormat* format = io::find_format(source.file);
      const bool whole = format && format->depth_bits == 16;
      if (name == plane::kPred) kinds.pred_whole = whole;
      if (name == plane::kGt || name == plane::kRawDepth || name == plane::kDepth) kinds.gt_whole = whole;
    }
    return kinds;
  }

  cv::Mat last_ground_truth(const ScoredPlanes& planes) const {
    cv::Mat gt;
    for (const Protocol& protocol : protocols_)
      if (const cv::Mat& truth = ground_truth(planes, protocol); !truth.empty() && !protocol.normals_only())
        gt = truth;
    return gt;
  }

  EvaluateOptions options_;
  std::vector<Protocol> protocols_;
};

// The ground truth goes by the protocols; maps beside the depth are looked at where a frame has them.
std::vector<std::string> EvaluateStage::uses() const {
  std::vector<std::string> planes{plane::kPredNormals, plane::kGtNormals};
  if (options_.only_normals) return planes;
  for (const char* name : {plane::kGt, plane::kRawDepth, plane::kDepth, plane::kPredMirror, plane::kEdges,
                           plane::kPlaneLabels, plane::kHidden})
    planes.emplace_back(name);
  return planes;
}

}  // namespace

std::vector<Protocol> evaluate_protocols(const EvaluateOptions& options) {
  if (options.explain.empty()) return find_protocols(options.protocols, options.protocol_folder);
  return explain_steps(find_protocol(options.explain.at(0), options.protocol_folder),
                       find_protocol(options.explain.at(1), options.protocol_folder));
}

std::unique_ptr<Stage> make_evaluate_stage(const EvaluateOptions& options) {
  if (const auto problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
  return std::make_unique<EvaluateStage>(options);
}

}  // namespace depthmill
