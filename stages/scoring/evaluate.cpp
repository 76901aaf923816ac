#include "stages/scoring/evaluate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "metrics/errors.h"
#include "stages/base/adapt.h"
#include "stages/io/plane_file.h"
#include "stages/scoring/clips.h"
#include "stages/scoring/explain.h"
#include "stages/scoring/likely_scale.h"
#include "stages/scoring/poses.h"
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
// Measured at 480 x 640: 70; where clips are fitted (their frames are read once more) or points are made, 270.
constexpr std::size_t kWorkspacePerPixel = 160, kLargeWorkspacePerPixel = 400;

bool needs_large_workspace(const Protocol& protocol) {
  constexpr unsigned kLarge =
      metrics::kTemporal | metrics::kPoints | metrics::kCloud | metrics::kDiscBoundary;
  return protocol.align_group == metrics::AlignGroup::kClip || metrics::fits_sample(protocol.align) ||
         std::any_of(protocol.metrics.begin(), protocol.metrics.end(),
                     [](const std::string& key) { return (metrics::find_metric(key)->needs & kLarge) != 0; });
}

// Does it look at more than depth: at the rays of a camera?
bool has_rays(const Protocol& protocol) {
  constexpr unsigned kRays = metrics::kPlanes | metrics::kPoints | metrics::kCloud;
  return std::any_of(protocol.metrics.begin(), protocol.metrics.end(),
                     [](const std::string& key) { return (metrics::find_metric(key)->needs & kRays) != 0; });
}

const cv::Size kNyuFrame(640, 480);
constexpr metrics::PlaneCamera kNyuCamera{518.857901, 519.469611, 325.582449, 253.736166};

constexpr std::size_t kFramesTurned = 20;  // others of a set lie alike

class EvaluateStage : public Stage {
 public:
  explicit EvaluateStage(EvaluateOptions options) : options_(std::move(options)), poses_(options_.poses) {}

  std::string_view name() const override { return "evaluate"; }
  std::vector<std::string> needs() const override {
    return {options_.only_normals ? plane::kPredNormals : plane::kPred};
  }
  std::vector<std::string> uses() const override;
  std::vector<std::string> adds() const override { return {}; }
  std::size_t workspace(cv::Size frame) const override {
    const bool large = std::any_of(protocols_.begin(), protocols_.end(), needs_large_workspace);
    return (large ? kLargeWorkspacePerPixel : kWorkspacePerPixel) * static_cast<std::size_t>(frame.area());
  }
  std::vector<std::pair<std::string, std::filesystem::path>> files() const override {
    std::error_code absent;
    if (!std::filesystem::is_regular_file(options_.poses, absent)) return {};
    return {{"poses", options_.poses}};
  }
  void expect_frames(const FrameList& frames) override { list_ = &frames; }
  void prepare() override {
    protocols_ = evaluate_protocols(options_);
    has_rays_ = !options_.all() && std::any_of(protocols_.begin(), protocols_.end(), has_rays);
    clips_ = std::make_unique<Clips>(protocols_, options_.allow_missing);
    if (list_) clips_->expect(*list_);
    if (options_.all() && list_) growth_ = growth_of_list();
  }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [&](Frame& frame) { score_frame(frame); });
  }

 private:
  ScoredPlanes planes_of(const Frame& frame) const {
    if (!options_.only_normals) frame.plane(plane::kPred);  // or says that it is not there
    ScoredPlanes planes = scored_planes(frame);
    planes.camera = camera_for(planes);
    return planes;
  }

  // Not known where nobody gave it and the map is no frame of NYU Depth V2.
  metrics::PlaneCamera camera_for(const ScoredPlanes& planes) const {
    const auto& camera = options_.plane_camera;
    if (!camera.empty()) return {camera[0], camera[1], camera[2], camera[3]};
    for (const cv::Mat* map : {&planes.gt, &planes.raw_depth, &planes.depth})
      if (!map->empty()) return map->size() == kNyuFrame ? kNyuCamera : metrics::PlaneCamera{};
    return {};
  }

  void score_frame(Frame& frame) const {
    const ScoredPlanes planes = planes_of(frame);
    if (options_.plane_camera.empty() && planes.camera.known() && has_rays_)
      frame.notes.push_back(
          "points and planes are seen by the camera of NYU Depth V2, for no --plane-camera was given");
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
    const Growth growth = !options_.all() ? Growth::kUnknown : list_ ? growth_ : growth_of(planes);
    for (const Protocol& protocol : protocols_) {
      if (const char* why = other_kind(protocol, growth)) {
        rows.push_back({protocol.name, 0, {}, why});
        continue;
      }
      try {
        if (const std::string why = clips_->left_out(protocol, frame); !why.empty()) {
          rows.push_back({protocol.name, 0, {}, why});
          continue;
        }
        std::string note;
        const ClipScores clip = clip_scores(protocol, frame, planes, scorer, note);
        MetricRow row = scorer.score(protocol, clip);
        if (row.values.empty())
          refused(protocol, FailureReason::kNoValidPixel, row.note);
        else
          for (auto& range : scorer.score_ranges(protocol, options_.depth_ranges, clip))
            ranges.push_back(std::move(range));
        row.add_note(note);
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
    if (none && reason != FailureReason::kNone) {  // a wrong scale may be why
      for (const auto& note : frame.notes) first_reason += (first_reason.empty() ? "" : "; ") + note;
      throw FrameError(reason, frame.id() + ": " + first_reason);
    }
    for (auto& row : rows) frame.metrics.push_back(std::move(row));
    for (auto& row : ranges) frame.metrics.push_back(std::move(row));
  }

  // Of all protocols those are scored that take what the predictions are: depth or disparity.
  enum class Growth { kUnknown, kWithDepth, kAgainstDepth };

  // By the correlation of the two maps where both are known; kUnknown where it says little.
  static Growth growth_of(const ScoredPlanes& planes) {
    const cv::Mat& truth = !planes.gt.empty()          ? planes.gt
                           : !planes.raw_depth.empty() ? planes.raw_depth
                                                       : planes.depth;
    if (planes.pred.empty() || truth.empty() || planes.pred.channels() != 1 || truth.channels() != 1)
      return Growth::kUnknown;
    cv::Mat pred, gt;
    planes.pred.convertTo(pred, CV_64F), truth.convertTo(gt, CV_64F);
    double n = 0, p1 = 0, g1 = 0, pp = 0, pg = 0, gg = 0;
    for (int r = 0; r < gt.rows; ++r)
      for (int c = 0; c < gt.cols; ++c) {
        const double g = gt.at<double>(r, c);
        const double p = pred.at<double>(r * pred.rows / gt.rows, c * pred.cols / gt.cols);
        if (!(g > 0) || !std::isfinite(g) || !std::isfinite(p)) continue;
        n += 1, p1 += p, g1 += g, pp += p * p, pg += p * g, gg += g * g;
      }
    const double spread = (n * pp - p1 * p1) * (n * gg - g1 * g1);
    if (!(spread > 0)) return Growth::kUnknown;
    const double correlation = (n * pg - p1 * g1) / std::sqrt(spread);
    if (std::abs(correlation) < 0.2) return Growth::kUnknown;
    return correlation > 0 ? Growth::kWithDepth : Growth::kAgainstDepth;
  }

  // Of the first frame of the run that says it, so that all frames are scored by the same protocols.
  Growth growth_of_list() const {
    constexpr std::size_t kLookedAt = 8;
    for (std::size_t i = 0, looked = 0; i < list_->size() && looked < kLookedAt; ++i) {
      if (!list_->ok(i)) continue;
      ++looked;
      try {
        Frame frame = (*list_)[i];
        read_for_scoring(frame);
        if (const Growth growth = growth_of(scored_planes(frame)); growth != Growth::kUnknown) return growth;
      } catch (const FrameError&) {  // is said when its turn comes
      }
    }
    return Growth::kUnknown;
  }

  static const char* other_kind(const Protocol& protocol, Growth growth) {
    if (protocol.normals_only() || growth == Growth::kUnknown) return nullptr;
    if (protocol.disparity && growth == Growth::kWithDepth)
      return "takes disparity, and these predictions grow with depth";
    if (!protocol.disparity && growth == Growth::kAgainstDepth)
      return "takes depth, and these predictions fall with depth";
    return nullptr;
  }

  // What the other frames of its clip say of this one; `note` takes what went without them.
  ClipScores clip_scores(const Protocol& protocol, const Frame& frame, const ScoredPlanes& planes,
                         FrameScorer& scorer, std::string& note) const {
    ClipScores clip;
    if (fits_clip(protocol)) {
      const Clips::Fit fit = clips_->fit(protocol, frame, planes);
      clip.alignment = fit.alignment;
      if (fit.without > 0)
        note = "the clip was fitted without " + std::to_string(fit.without) +
               " of its frames, which have no "
               "usable maps";
    }
    const bool temporal = std::any_of(
        protocol.metrics.begin(), protocol.metrics.end(),
        [](const std::string& key) { return metrics::find_metric(key)->needs == metrics::kTemporal; });
    const char* lacking = !poses_.given()          ? "no poses for tae"
                          : !planes.camera.known() ? "no camera for tae"
                                                   : nullptr;
    if (temporal && lacking)
      note += std::string(note.empty() ? "" : "; ") + lacking;
    else if (temporal)
      clip.temporal_error = temporal_error(protocol, frame, planes, scorer, clip);
    return clip;
  }

  // Percent; NaN for the last frame of a clip and where a pose or the neighbour is not there.
  double temporal_error(const Protocol& protocol, const Frame& frame, const ScoredPlanes& planes,
                        FrameScorer& scorer, const ClipScores& clip) const {
    const double none = std::nan("");
    const auto own = poses_.of(frame.scene, frame.name);
    if (!own) return none;
    const auto behind = clips_->next(protocol, frame);
    if (!behind) return none;
    const auto other = poses_.of(behind->scene, behind->name);
    if (!other) return none;
    const metrics::Alignment alignment = clip.alignment.value_or(metrics::Alignment());
    FrameScorer second(scored_planes(*behind));
    const cv::Mat here = scorer.scored_crop(protocol, alignment),
                  there = second.scored_crop(protocol, alignment);
    if (here.size() != there.size())
      throw FrameError(FailureReason::kWrongSize,
                       "the next frame of the clip is " + size_text(there) + ", this one " + size_text(here));
    const metrics::Pose motion = metrics::times(metrics::inverse(*other), *own);
    const auto error = [&](const cv::Mat& from, const cv::Mat& to, const metrics::Pose& by) {
      return metrics::temporal_error(view<double>(from), view<double>(to), from.rows, from.cols,
                                     planes.camera, by);
    };
    return 50 * (error(here, there, motion) + error(there, here, metrics::inverse(motion)));
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
  Poses poses_;
  const FrameList* list_ = nullptr;
  bool has_rays_ = false;  // has a protocol that was asked for by name?
  Growth growth_ = Growth::kUnknown;
  std::unique_ptr<Clips> clips_;
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
