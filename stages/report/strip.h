// One picture of a frame: its panels side by side, each with a caption, and a colour scale where one applies.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stages/report/colour_maps.h"

namespace depthmill::report {

// How a value panel was coloured. `below`, `above`: values beyond the ends exist and took the end colour.
struct Scale {
  std::string title;  // "depth (m)"
  ValueRange range;
  const cv::Mat* colours = nullptr;
  bool below = false;
  bool above = false;
};

struct Panel {
  std::string title;  // "prediction"
  std::string alt;    // a sentence for those who do not see it
  cv::Mat image;      // CV_8UC3 RGB
  int scale = -1;     // index into FrameView::scales, -1 for a photograph
  cv::Size size{};    // of `image`, kept when the pixels are not
};

struct FrameView {
  std::string scene;
  std::string frame;
  std::string caption;  // why this frame is shown, with its score
  std::vector<Panel> panels;
  std::vector<Scale> scales;
};

// The planes of a frame as they were read; empty where there is none.
struct FramePlanes {
  cv::Mat rgb;                // CV_8UC3 RGB
  cv::Mat raw_depth;          // CV_64FC1 metres, 0 = hole
  cv::Mat depth;              // CV_64FC1
  cv::Mat gt;                 // CV_64FC1, when it is neither of the two above
  cv::Mat pred;               // CV_64FC1
  cv::Mat pred_mirror;        // CV_64FC1 of the mirrored image, for protocols that average the two
  cv::Mat compared_truth;     // CV_64FC1 of the size of pred: the truth as a protocol compares pred with it
  bool truth_is_raw = false;  // without gt, raw_depth goes before depth
  std::string pred_remark;    // behind the word prediction: " (aligned)"
  // Where the errors are taken: gt, or else depth and raw_depth in the order that truth_is_raw says.
  const cv::Mat& truth() const;
  std::string truth_name() const;
};

// pred - truth in metres where both are known (truth > 0, pred finite), NaN elsewhere. The truth is
// compared_truth, or truth() where no protocol was asked. Empty when either is absent or they differ in size:
// how to resize is a protocol's to say.
cv::Mat signed_error(const FramePlanes& planes);

// Colours what is there into panels `width` pixels wide. Depths share one scale, taken from the known depths;
// `error_limit` (metres) is the end of the error scale on both sides.
FrameView make_view(const FramePlanes& planes, int width, double error_limit);

// All panels and scales in one row under a caption, CV_8UC3 RGB.
cv::Mat draw_strip(const FrameView& view);

}  // namespace depthmill::report
