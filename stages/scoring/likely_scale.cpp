#include "stages/scoring/likely_scale.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <vector>

#include "metrics/align.h"
#include "stages/base/adapt.h"

namespace depthmill {
namespace {

cv::Mat in_float64(const cv::Mat& map) {
  if (map.type() == CV_64FC1 && map.isContinuous()) return map;
  cv::Mat values;
  map.convertTo(values, CV_64F);
  return values;
}

// What is asked of a map's unit is told by its medians and by what all samples have in common: of a large map some
// 32,000 pixels are looked at, evenly spread, in steps that are odd so that they do not run along columns.
std::size_t step_through(std::size_t pixels) { return pixels / 32768 | 1; }

// The values of those pixels where there is depth, and behind them the largest of the whole map.
std::vector<double> known_values(const cv::Mat& map) {
  const cv::Mat values = in_float64(map);
  const auto all = view<double>(values);
  std::vector<double> known;
  double largest = 0;
  for (const double v : all) largest = v > largest && v <= std::numeric_limits<double>::max() ? v : largest;
  for (std::size_t i = 0; i < all.size(); i += step_through(all.size()))
    if (std::isfinite(all[i]) && all[i] > 0) known.push_back(all[i]);
  if (largest > 0 && step_through(all.size()) > 1) known.push_back(largest);
  return known;
}

std::string number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", v);
  return buffer;
}

bool whole(double v) { return std::abs(v - std::round(v)) < 1e-6 * std::max(1.0, v); }

std::string seen_of(const std::string& what, double middle, double largest) {
  return what + " has a median of " + number(middle) + " m and a maximum of " + number(largest) + " m: ";
}

// Millimetres rotated left by three bits end in three zeros as long as they are below 8.192 m.
bool rotated_bits(const std::vector<double>& known, double largest) {
  return largest > 8.2 && largest <= 65.536 && !std::all_of(known.begin(), known.end(), whole) &&
         std::all_of(known.begin(), known.end(), [](double v) { return whole(v * 125); });
}

std::string rotated_text(const std::string& option) {
  return "every sample is a multiple of 8, as in SUN RGB-D, whose bits are turned by three; " + option +
         " sun-rgbd reads them";
}

// No sensor and no simulated street has half of its pixels beyond 100 m.
std::string too_far(const std::vector<double>& known, const std::string& seen, const std::string& option) {
  const double middle = metrics::median(known);
  if (middle <= 100) return "";
  return seen + "these look like " +
         (middle > 400 ? "millimetres, not metres; " + option + " 1000 reads them"
                       : "centimetres or millimetres, not metres; " + option + " 100 or 1000 reads them");
}

}  // namespace

std::string likely_too_far(const cv::Mat& map, const std::string& what, const std::string& option) {
  const auto known = known_values(map);
  if (known.size() < 16) return "";
  const double largest = *std::max_element(known.begin(), known.end());
  return too_far(known, seen_of(what, metrics::median(known), largest), option);
}

std::string likely_rotated_bits(const cv::Mat& map, const std::string& what, const std::string& option) {
  const auto known = known_values(map);
  if (known.size() < 16) return "";
  const double largest = *std::max_element(known.begin(), known.end());
  if (!rotated_bits(known, largest)) return "";
  return seen_of(what, metrics::median(known), largest) + rotated_text(option);
}

std::string likely_depth_scale(const cv::Mat& map, const std::string& what, const std::string& option) {
  const auto known = known_values(map);
  if (known.size() < 16) return "";
  const double largest = *std::max_element(known.begin(), known.end());
  const double middle = metrics::median(known);
  const std::string seen = seen_of(what, middle, largest);
  if (rotated_bits(known, largest)) return seen + rotated_text("--layout");
  // Floating-point values that were never scaled, or whole samples read as metres.
  if (largest > 100 && std::all_of(known.begin(), known.end(), whole))
    return largest <= 255 ? seen + "whole numbers up to 255 look like an 8-bit image, not metres"
                          : seen + "whole numbers look like samples in millimetres, not metres; " + option +
                                " 1000 reads them";
  if (largest <= 0.256 && std::all_of(known.begin(), known.end(), [](double v) { return whole(v * 1000); }))
    return seen + "samples up to 255 look like an 8-bit image; give " + option +
           " with its samples per metre";
  if (largest < 1.2 && middle < 0.6 &&
      std::all_of(known.begin(), known.end(), [](double v) { return whole(v * 1000); }))
    return seen + "samples look like centimetres; " + option + " 100 would read them as metres";
  if (std::string far = too_far(known, seen, option); !far.empty()) return far;
  // 16 bits at 5000 samples a metre end at 13.1 m; read as millimetres they reach 65 m.
  if (largest > 20 && largest <= 65.536 && middle > 5)
    return seen +
           "read as millimetres this is far for a room; likely scales are 5000 (TUM) or 6000 samples per "
           "metre" +
           ", or 256 for driving scenes (KITTI); give " + option;
  return "";
}

namespace {

// Pearson's correlation; NaN when one of them does not vary.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean_a += a[i] / n, mean_b += b[i] / n;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    ab += x * y, aa += x * x, bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

// Pixels known in both maps, side by side.
struct Beside {
  std::vector<double> a, b;
};

Beside beside_of(const cv::Mat& a, const cv::Mat& b) {
  Beside known;
  const auto as = view<double>(a), bs = view<double>(b);
  for (std::size_t i = 0; i < as.size(); i += step_through(as.size()))
    if (std::isfinite(as[i]) && std::isfinite(bs[i]) && as[i] > 0 && bs[i] > 0)
      known.a.push_back(as[i]), known.b.push_back(bs[i]);
  return known;
}

// A prediction without unit: by its ratio of medians to the ground truth, pixel by pixel beside it.
std::string likely_relative(const std::vector<double>& pred, const std::vector<double>& gt, double ratio) {
  const double r = correlation(pred, gt);
  if (r < -0.5)
    return "the prediction falls where the ground truth rises (correlation " + number(r) +
           "), as disparity does; protocols for that are marigold-disparity and midas";
  if (r > 0.8 && std::abs(std::log(ratio)) > std::log(2.0))
    return "the prediction follows the ground truth (correlation " + number(r) +
           ") in another unit (ratio of medians " + number(ratio) +
           "); if it is relative, protocols that align it are marigold (scale and shift) and metric3d-median "
           "(scale)";
  return "";
}

// The scale in use that is nearest to `scale`, within a tenth; 0: none is.
double scale_in_use(double scale) {
  for (const double known : {1., 25.5, 100., 256., 512., 1000., 4000., 5000., 6000., 6553.5})
    if (std::abs(std::log(scale / known)) < 0.09) return known;
  return 0;
}

// Of a pair of which one scale was told at least: a factor between the two may be either's fault.
std::string likely_told_wrong(double ratio, const ToldScales& told) {
  if (std::abs(std::log(ratio)) < std::log(2.0)) return "";
  constexpr double kNotTold = 1000;
  const double pred = told.pred > 0 ? told.pred : kNotTold, gt = told.gt > 0 ? told.gt : kNotTold;
  const double better_pred = scale_in_use(pred * ratio), better_gt = scale_in_use(gt / ratio);
  if (better_pred == 0 && better_gt == 0) return "";
  const auto samples = [](double scale) {
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", scale);
    return std::string(text);
  };
  std::string remedy = better_pred > 0 ? "--pred-scale " + samples(better_pred) : "";
  if (better_gt > 0) remedy += (remedy.empty() ? "" : " or ") + ("--gt-scale " + samples(better_gt));
  return "prediction and ground truth, read at " + samples(pred) + " and " + samples(gt) +
         " samples a metre, have medians of a ratio of " + number(ratio) + "; " + remedy +
         " would make them alike";
}

}  // namespace

std::string likely_scale_mismatch(const cv::Mat& pred, const cv::Mat& gt, const ToldScales& told,
                                  const SampleKinds& samples) {
  const bool beside = pred.size() == gt.size();
  const auto [a, b] =
      beside ? beside_of(in_float64(pred), in_float64(gt)) : Beside{known_values(pred), known_values(gt)};
  if (a.size() < 16 || b.size() < 16) return "";
  const double ratio = metrics::median(a) / metrics::median(b);
  if (told.pred > 0 || told.gt > 0) return likely_told_wrong(ratio, told);
  struct Known {
    double ratio;
    const char *text, *samples;  // a metre
    bool whole;                  // of files of whole samples, else of floating-point ones
  };
  constexpr Known kKnown[] = {{5, "1/5000 (TUM) read as millimetres", "5000", true},
                              {6, "1/6000 read as millimetres", "6000", true},
                              {0.256, "1/256 (KITTI) read as millimetres", "256", true},
                              {0.1, "centimetres read as millimetres", "100", true},
                              {100, "centimetres read as metres", "100", false},
                              {1000, "millimetres read as metres", "1000", false},
                              {0.0255, "an 8-bit image (255 = 10 m) read as millimetres", "25.5", true},
                              {25.5, "an 8-bit image (255 = 10 m) read as metres", "25.5", false}};
  for (const Known& known : kKnown) {
    for (const bool of_pred : {true, false}) {
      if (known.whole != (of_pred ? samples.pred_whole : samples.gt_whole)) continue;
      const double expected = of_pred ? known.ratio : 1 / known.ratio;
      if (std::abs(std::log(ratio / expected)) < 0.09)
        return std::string(of_pred ? "the prediction" : "the ground truth") + " looks like " + known.text +
               " (ratio of medians, prediction to ground truth, " + number(ratio) + "); " +
               (of_pred ? "--pred-scale " : "--gt-scale ") + known.samples + " would read it so";
    }
  }
  std::string doubt = beside ? likely_relative(a, b, ratio) : "";
  if (doubt.empty() && std::abs(std::log(ratio)) > std::log(20.0))
    doubt = "prediction and ground truth have medians of a ratio of " + number(ratio) +
            ", more than any model is wrong by: are both in metres? --pred-scale and --gt-scale say their "
            "samples "
            "a metre";
  return doubt;
}

std::string likely_turned(const cv::Mat& pred, const cv::Mat& gt) {
  const cv::Mat p = in_float64(pred), g = in_float64(gt);
  const auto fit = [&](const cv::Mat& turned) {
    if (turned.size() != g.size()) return -1.0;
    const Beside known = beside_of(turned, g);
    const double r = known.a.size() < 16 ? -1 : correlation(known.a, known.b);
    return std::isfinite(r) ? r : -1.0;
  };
  constexpr double kFits = 0.7, kClearlyBetter = 0.3;
  const double as_it_lies = fit(p);
  // What falls where depth rises is disparity, unless it is of the size of metres.
  if (p.size() == g.size() && as_it_lies < -kFits) {
    const Beside known = beside_of(p, g);
    if (std::abs(std::log(metrics::median(known.a) / metrics::median(known.b))) > std::log(1.5)) return "";
  }
  struct Turn {
    cv::RotateFlags flag;
    const char* text;
  };
  for (const auto& [flag, text] : {Turn{cv::ROTATE_180, "upside down"},
                                   {cv::ROTATE_90_CLOCKWISE, "turned clockwise"},
                                   {cv::ROTATE_90_COUNTERCLOCKWISE, "turned anticlockwise"}}) {
    cv::Mat turned;
    cv::rotate(p, turned, flag);
    const double r = fit(turned);
    if (r > kFits && r > as_it_lies + kClearlyBetter)
      return std::string("the prediction fits the ground truth better ") + text + " (correlation " +
             number(r) + (as_it_lies > -1 ? ", as it lies " + number(as_it_lies) : "") +
             "): does the truth lie as its camera read it, and the prediction upright?";
  }
  return "";
}

std::string likely_exchanged(const cv::Mat& pred, const cv::Mat& gt) {
  const auto of_pred = known_values(pred).size(), of_gt = known_values(gt).size();
  if (of_gt < gt.total() || of_pred == pred.total() || of_pred == 0) return "";
  return "the ground truth has no hole and the prediction has " + std::to_string(pred.total() - of_pred) +
         ": is it filled depth, or were --pred and --gt exchanged?";
}

}  // namespace depthmill
