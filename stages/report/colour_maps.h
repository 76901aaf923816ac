// Values to colours, and the scale that says which colour means what.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace depthmill::report {

// Closed interval of values that the colours span; what lies outside takes the end colour.
struct ValueRange {
  double from = 0;
  double to = 1;
};

// Sequential (viridis): near is dark, far is bright; readable in print and with any colour vision.
const cv::Mat& depth_colours();  // 256x1 CV_8UC3 RGB
// Diverging: blue = too near, white = right, red = too far.
const cv::Mat& error_colours();  // 256x1 CV_8UC3 RGB

// Ends moved outwards to the nearest step of 1, 2 or 5 times a power of ten that gives 4 to 10 steps.
ValueRange rounded_range(double from, double to);
// Round values inside the range, ends included where they are round.
std::vector<double> ticks(const ValueRange& range);
// "0", "0.5", "2": as few decimals as the step between ticks needs.
std::string tick_text(double value, const std::vector<double>& all);

// `values` CV_64FC1, `valid` CV_8UC1 (0 = not there); CV_8UC3 RGB of the same size, with a gray hatch, which
// is a colour of neither map, where nothing is there.
cv::Mat colourise(const cv::Mat& values, const cv::Mat& valid, const ValueRange& range,
                  const cv::Mat& colours);

// The share-th (0..1) value of those that are valid and finite; `fallback` when there are none.
double quantile(const cv::Mat& values, const cv::Mat& valid, double share, double fallback);

}  // namespace depthmill::report
