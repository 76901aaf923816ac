#include "stages/report/depth_ranges.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "stages/base/adapt.h"
#include "stages/report/planes.h"
#include "stages/scoring/clips.h"
#include "stages/scoring/score.h"
#include "stages/scoring/totals.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kMostFrames = 200;
constexpr double kFarthest = 1000;

// 0, step, 2 step, ... beyond the largest true depth of the frame.
std::vector<double> bounds_of(const cv::Mat& truth, double step) {
  double deepest = 0;
  if (!truth.empty()) {
    const cv::Mat metres = as_double(truth, "the ground truth");
    for (double g : view<double>(metres))
      if (g > deepest && g <= kFarthest) deepest = g;
  }
  std::vector<double> bounds{0};
  while (bounds.back() <= deepest) bounds.push_back(static_cast<double>(bounds.size()) * step);
  return bounds;
}

void add_ranges_of(ProtocolScores& scores, const PlaneFinder& finder, const std::string& label) {
  const metrics::Protocol& protocol = *scores.protocol;
  const double step = protocol.range.max > 15 ? 10 : 1;
  const std::size_t count = std::min(kMostFrames, scores.frames.size());
  ScoreTables rows;
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i * scores.frames.size() / count;
    const std::string scene(scores.frames.scene(at)), frame(scores.frames.frame(at));
    try {
      ScoredPlanes planes = finder.read_scored(scene, frame, protocol);
      const auto bounds = bounds_of(ground_truth(planes, protocol), step);
      for (const MetricRow& part : FrameScorer(std::move(planes)).score_ranges(protocol, bounds))
        rows.push_back(scene, frame, part);
      ++used;
    } catch (
        const FrameError&) {  // planes that are not there, or of sizes that the protocol is not meant for
    }
  }
  for (const RangeSummary& part : summarise_ranges(rows, scores.keys)) {
    RangeRow& range = scores.ranges.emplace_back();
    range = {part.range.from, part.range.to, static_cast<double>(part.pixels), {}};
    for (const auto& [key, value] : part.values) range.values.push_back(value);
  }
  if (used > 0)
    scores.range_note = label + ": valid pixels of " + std::to_string(used) + " of " +
                        std::to_string(scores.frames.size()) + " images, pooled.";
}

}  // namespace

void add_depth_ranges(RunData& run, const ReportOptions& options, bool of_all_protocols) {
  std::optional<PlaneFinder> finder;  // lists folders, so only for who needs it
  for (ProtocolScores& scores : run.protocols) {
    if (!scores.protocol || scores.frames.empty()) continue;
    if (scores.ranges.empty() && fits_clip(*scores.protocol)) {
      scores.range_note = run.label + ": " + scores.name +
                          " fits a whole clip at once, so its errors by true depth are those of evaluate "
                          "--depth-ranges alone.";
    } else if (scores.ranges.empty()) {
      if (!finder) finder.emplace(run, options);
      add_ranges_of(scores, *finder, run.label);
    }
    if (!of_all_protocols) return;
  }
}

}  // namespace depthmill::report
