// Depth as a picture to look at.
#pragma once

#include <opencv2/core.hpp>

namespace depthmill {

namespace plane {
inline constexpr const char* kDepthPreview = "depth_preview";  // of depth, as kPreview is of pred
}

// A picture (CV_8UC3, R G B) of a map of numbers (CV_32FC1 or CV_64FC1, finite, one pixel at least): viridis from the 2nd
// to the 98th percentile, low values dark; values beyond have the colours of the ends.
cv::Mat preview_of(const cv::Mat& map);

}  // namespace depthmill
