// The scores of one frame under a protocol, from the planes as they were read: everything between a pair of
// files and a row of frames.csv. Whoever puts a protocol's name on a number or a picture takes it from here:
// the evaluate stage, the report's depth ranges and error pictures, the validation of a training.
//
//   FrameScorer scorer({.pred = pred, .gt = gt});
//   for (const Protocol& protocol : protocols) rows.push_back(scorer.score(protocol));
#pragma once

#include <limits>
#include <list>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/frame.h"
#include "stages/scoring/preparation.h"

namespace depthmill {

// A prediction and its ground truth as the metrics of a protocol compare them, both CV_64FC1 in metres and of
// one size: prepared, and the prediction aligned and turned from disparity into depth. Not clamped.
struct ComparedPair {
  cv::Mat pred, gt;
};

// What a frame's clip adds to its scores.
struct ClipScores {
  std::optional<metrics::Alignment> alignment;  // of a protocol that fits clips
  double temporal_error = std::numeric_limits<double>::quiet_NaN();
};

// One frame. What several protocols ask for alike (fusing, rounding, resizing) is done once. All members
// throw FrameError: kMissingFile when the frame has no prediction or no such ground truth, kWrongSize when
// the protocol does not fit the sizes, kBadPrediction for a map of several channels.
class FrameScorer {
 public:
  explicit FrameScorer(ScoredPlanes planes) : planes_(std::move(planes)) {}

  // Valid pixels, the protocol's metrics, and a note of what is undefined or left out. A frame with fewer
  // valid pixels than the protocol asks for has no values, and a note that says so.
  MetricRow score(const metrics::Protocol& protocol, const ClipScores& clip = {});

  // A row for each interval bounds[i] <= true depth < bounds[i + 1] (metres, ascending) that has valid
  // pixels, aligned over all of them. Metrics of whole maps are NaN. None for a protocol of normals.
  std::vector<MetricRow> score_ranges(const metrics::Protocol& protocol, std::span<const double> bounds,
                                      const ClipScores& clip = {});

  // The prediction as the metrics see it, where the protocol crops it: of protocols that fit clips.
  cv::Mat scored_crop(const metrics::Protocol& protocol, const metrics::Alignment& alignment);

  // Throws FrameError(kNoValidPixel) where `score` gives no values. Protocols that fit clips fit the frame alone here.
  ComparedPair compared(const metrics::Protocol& protocol);

 private:
  struct Prepared {
    metrics::Protocol protocol;
    PreparedPair pair;
  };
  const PreparedPair& prepared(const metrics::Protocol& protocol);
  metrics::Scores evaluate(const PreparedPair& pair, const metrics::Protocol& protocol,
                           const metrics::Annotations& annotations);

  ScoredPlanes planes_;
  std::list<Prepared> prepared_;
  metrics::Workspace workspace_;
};

}  // namespace depthmill
