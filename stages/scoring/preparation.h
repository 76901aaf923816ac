// From the planes of a frame to the pair of maps that a protocol scores: choice of the ground truth, mirror
// fusion, rounding of the ground truth, resizing.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "metrics/protocol.h"

namespace depthmill {

// The planes of one frame that scoring looks at; empty = not there. Depths have one channel, float or double,
// in metres, 0 = no reading; a prediction may be disparity, in any unit.
struct ScoredPlanes {
  cv::Mat pred;
  cv::Mat pred_mirror = {};       // of the mirrored image, still mirrored; size of pred
  cv::Mat gt = {};                // the ground truth; where there is none, it is one of the two below,
  cv::Mat raw_depth = {};         // as measured, for protocols of raw depth,
  cv::Mat depth = {};             // or filled, for protocols of filled depth
  cv::Mat edges = {};             // CV_8UC1 of the prepared ground truth's size, not 0 = discontinuity
  cv::Mat plane_labels = {};      // CV_8UC1 likewise, 0 = none
  cv::Mat hidden = {};            // CV_8UC1 of the ground truth's size, not 0 = to be scored (rule listed)
  cv::Mat pred_normals = {};      // CV_32FC3
  cv::Mat gt_normals = {};        // CV_32FC3 of the size of pred_normals, (0, 0, 0) = none
  metrics::PlaneCamera camera{};  // of the ground truth, for plane_* metrics
};

// The plane that the protocol takes for the truth; empty = not there.
const cv::Mat& ground_truth(const ScoredPlanes& planes, const metrics::Protocol& protocol);

struct PreparedPair {
  cv::Mat pred;                    // CV_32FC1 as it came where nothing is done to it, else CV_64FC1
  cv::Mat gt;                      // CV_64FC1 of the same size
  std::vector<std::string> notes;  // what the protocol wanted and could not have
};

// Throws FrameError (kMissingFile, kWrongSize, kBadPrediction), std::invalid_argument where sizes do not fit.
PreparedPair prepare_pair(const ScoredPlanes& planes, const metrics::Protocol& protocol);

// Do two protocols ask for the same, given the same ground truth?
bool same_preparation(const metrics::Protocol& a, const metrics::Protocol& b);

// The map in double, itself if it is that already; `what` names it in the FrameError(kBadPrediction) for more
// than one channel.
cv::Mat as_double(const cv::Mat& map, const char* what);

// "480x640"
std::string size_text(const cv::Mat& map);

}  // namespace depthmill
