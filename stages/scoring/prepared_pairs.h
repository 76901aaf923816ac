// From the planes of a frame to the pair of maps a protocol scores: mirror fusion, rounding of the ground
// truth, resizing. Protocols that ask for the same get the same pair, made once.
#pragma once

#include <list>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "stages/scoring/evaluate.h"

namespace depthmill {

struct PreparedPair {
  cv::Mat pred;  // CV_32FC1 as it came where nothing is done to it, else CV_64FC1
  cv::Mat gt;    // CV_64FC1
};

// The map in double, itself if it is that already; `what` names it when it has more than one channel
// (FrameError).
cv::Mat as_double(const cv::Mat& map, const char* what);

// "480x640"
std::string size_text(const cv::Mat& map);

// The pairs of one frame, and the memory for scoring them one after the other.
class PreparedPairs {
 public:
  struct Entry {
    const metrics::Protocol* protocol;
    const unsigned char* gt;
    PreparedPair pair;
    std::vector<std::string> notes;
  };
  // Valid as long as this object, if `protocol` is. Throws FrameError(kWrongSize), std::invalid_argument.
  const Entry& of(const ScoredPlanes& planes, const metrics::Protocol& protocol);
  metrics::Workspace& workspace() { return workspace_; }

 private:
  std::list<Entry> entries_;
  metrics::Workspace workspace_;
};

}  // namespace depthmill
