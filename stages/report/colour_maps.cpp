#include "stages/report/colour_maps.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgproc.hpp>

namespace depthmill::report {
namespace {

double nice_step(double span) {
  const double power = std::pow(10.0, std::floor(std::log10(span)) - 1);
  for (double factor : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0})
    if (span / (power * factor) <= 10) return power * factor;
  return power * 100;
}

cv::Mat make_error_colours() {
  // Lightness rises evenly to the middle from both sides, so that size reads the same on either side of zero.
  const cv::Vec3d stops[] = {{20, 50, 130},   {60, 125, 200}, {155, 200, 230}, {246, 246, 244},
                             {244, 180, 140}, {205, 85, 65},  {120, 15, 40}};
  cv::Mat colours(256, 1, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const double at = i / 255.0 * 6;
    const int k = std::min(5, static_cast<int>(at));
    const cv::Vec3d c = stops[k] * (1 - (at - k)) + stops[k + 1] * (at - k);
    for (int ch = 0; ch < 3; ++ch) colours.at<cv::Vec3b>(i, 0)[ch] = cv::saturate_cast<uchar>(c[ch]);
  }
  return colours;
}

cv::Mat make_depth_colours() {
  cv::Mat ramp(256, 1, CV_8UC1), bgr, rgb;
  for (int i = 0; i < 256; ++i) ramp.at<uchar>(i, 0) = static_cast<uchar>(i);
  cv::applyColorMap(ramp, bgr, cv::COLORMAP_VIRIDIS);
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

}  // namespace

const cv::Mat& depth_colours() {
  static const cv::Mat kColours = make_depth_colours();
  return kColours;
}

const cv::Mat& error_colours() {
  static const cv::Mat kColours = make_error_colours();
  return kColours;
}

ValueRange rounded_range(double from, double to) {
  if (!(to > from)) to = from + 1e-3;
  const double step = nice_step(to - from);
  ValueRange range{std::floor(from / step + 1e-9) * step, std::ceil(to / step - 1e-9) * step};
  return range;
}

std::vector<double> ticks(const ValueRange& range) {
  const double step = 2 * nice_step(range.to - range.from);
  std::vector<double> all;
  for (double k = std::ceil(range.from / step - 1e-9); k * step <= range.to + 1e-9 * step; ++k)
    all.push_back(k == 0 ? 0 : k * step);
  return all;
}

std::string tick_text(double value, const std::vector<double>& all) {
  double step = 1;
  if (all.size() > 1) step = all[1] - all[0];
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 9);
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

cv::Mat colourise(const cv::Mat& values, const cv::Mat& valid, const ValueRange& range,
                  const cv::Mat& colours) {
  CV_Assert(values.type() == CV_64FC1 && valid.type() == CV_8UC1 && values.size() == valid.size());
  cv::Mat out(values.size(), CV_8UC3);
  const double scale = 255.0 / (range.to - range.from);
  for (int row = 0; row < values.rows; ++row) {
    const double* v = values.ptr<double>(row);
    const uchar* there = valid.ptr<uchar>(row);
    cv::Vec3b* o = out.ptr<cv::Vec3b>(row);
    for (int col = 0; col < values.cols; ++col) {
      if (there[col] && !std::isnan(v[col])) {
        const double at = std::clamp((v[col] - range.from) * scale, 0.0, 255.0);
        o[col] = colours.at<cv::Vec3b>(static_cast<int>(std::lround(at)), 0);
      } else {
        const uchar gray = (row + col) % 8 < 3 ? 150 : 105;
        o[col] = {gray, gray, gray};
      }
    }
  }
  return out;
}

double quantile(const cv::Mat& values, const cv::Mat& valid, double share, double fallback) {
  std::vector<double> all;
  all.reserve(values.total());
  for (int row = 0; row < values.rows; ++row)
    for (int col = 0; col < values.cols; ++col)
      if (valid.at<uchar>(row, col) && std::isfinite(values.at<double>(row, col)))
        all.push_back(values.at<double>(row, col));
  if (all.empty()) return fallback;
  const auto k = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + static_cast<long>(k), all.end());
  return all[k];
}

}  // namespace depthmill::report
