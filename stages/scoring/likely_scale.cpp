#include "stages/scoring/likely_scale.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "metrics/align.h"
#include "stages/base/adapt.h"

namespace depthmill {
namespace {

std::vector<double> known_values(const cv::Mat& map) {
  cv::Mat values;
  map.convertTo(values, CV_64F);
  std::vector<double> known;
  for (double v : view<double>(values))
    if (std::isfinite(v) && v > 0) known.push_back(v);
  return known;
}

std::string number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", v);
  return buffer;
}

bool whole(double v) { return std::abs(v - std::round(v)) < 1e-6 * std::max(1.0, v); }

}  // namespace

std::string likely_depth_scale(const cv::Mat& map, const std::string& what) {
  const auto known = known_values(map);
  if (known.size() < 16) return "";
  const double largest = *std::max_element(known.begin(), known.end());
  const double middle = metrics::median(known);
  const std::string seen =
      what + " has a median of " + number(middle) + " m and a maximum of " + number(largest) + " m: ";
  // Floating-point values that were never scaled, or whole samples read as metres.
  if (largest > 100 && std::all_of(known.begin(), known.end(), whole))
    return largest <= 255 ? seen + "whole numbers up to 255 look like an 8-bit image, not metres"
                          : seen + "whole numbers look like samples in millimetres, not metres";
  if (largest <= 0.256 && std::all_of(known.begin(), known.end(), [](double v) { return whole(v * 1000); }))
    return seen + "samples up to 255 look like an 8-bit image; give --depth-scale with its samples per metre";
  if (largest < 1.2 && middle < 0.6 &&
      std::all_of(known.begin(), known.end(), [](double v) { return whole(v * 1000); }))
    return seen + "samples look like centimetres; --depth-scale 100 would read them as metres";
  // 16 bits at 5000 samples a metre end at 13.1 m; read as millimetres they reach 65 m.
  if (largest > 20 && largest <= 65.536 && middle > 5)
    return seen +
           "read as millimetres this is far for a room; likely scales are 5000 (TUM) or 6000 samples per "
           "metre" +
           ", or 256 for driving scenes (KITTI); give --depth-scale";
  return "";
}

std::string likely_scale_mismatch(const cv::Mat& pred, const cv::Mat& gt) {
  std::vector<double> a, b;
  if (pred.size() == gt.size()) {
    cv::Mat p, g;
    pred.convertTo(p, CV_64F);
    gt.convertTo(g, CV_64F);
    const auto ps = view<double>(p), gs = view<double>(g);
    for (std::size_t i = 0; i < ps.size(); ++i)
      if (std::isfinite(ps[i]) && std::isfinite(gs[i]) && ps[i] > 0 && gs[i] > 0)
        a.push_back(ps[i]), b.push_back(gs[i]);
  } else {  // each over its own pixels
    a = known_values(pred);
    b = known_values(gt);
  }
  if (a.size() < 16 || b.size() < 16) return "";
  const double ratio = metrics::median(a) / metrics::median(b);
  struct Known {
    double ratio;
    const char* text;
  };
  constexpr Known kKnown[] = {{5, "1/5000 (TUM) read as millimetres"},
                              {6, "1/6000 read as millimetres"},
                              {0.256, "1/256 (KITTI) read as millimetres"},
                              {0.1, "centimetres read as millimetres"},
                              {100, "centimetres read as metres"},
                              {1000, "millimetres read as metres"},
                              {0.0255, "an 8-bit image (255 = 10 m) read as millimetres"},
                              {25.5, "an 8-bit image (255 = 10 m) read as metres"}};
  for (const Known& known : kKnown) {
    for (const bool of_pred : {true, false}) {
      const double expected = of_pred ? known.ratio : 1 / known.ratio;
      if (std::abs(std::log(ratio / expected)) < 0.09)
        return std::string(of_pred ? "the prediction" : "the ground truth") + " looks like " + known.text +
               " (ratio of medians, prediction to ground truth, " + number(ratio) + "); see --depth-scale";
    }
  }
  return "";
}

}  // namespace depthmill
