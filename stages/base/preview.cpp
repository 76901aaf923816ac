#include "stages/base/preview.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace depthmill {

cv::Mat preview_of(const cv::Mat& map) {
  cv::Mat single;
  map.convertTo(single, CV_32F);
  std::vector<float> values;
  for (int y = 0; y < single.rows; ++y)
    values.insert(values.end(), single.ptr<float>(y), single.ptr<float>(y) + single.cols);
  const auto at = [&](double share) {
    const auto place =
        values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return static_cast<double>(*place);
  };
  const double low = at(0.02), high = at(0.98);
  const double scale = high > low ? 255 / (high - low) : 0;
  cv::Mat gray, colour;
  single.convertTo(gray, CV_8U, scale, -low * scale);  // rounds and saturates
  cv::applyColorMap(gray, colour, cv::COLORMAP_VIRIDIS);
  cv::cvtColor(colour, colour, cv::COLOR_BGR2RGB);
  return colour;
}

}  // namespace depthmill
