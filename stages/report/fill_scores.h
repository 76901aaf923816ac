// How good is a fill? Scores of pixels that were hidden from it, by method and by what was hidden: over frames as
// protocol completion-holdout has them, pooled by the distance to the nearest reading that was left, and by true depth.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill::report {

// Sums over pixels.
struct ErrorSums {
  std::uint64_t pixels = 0, close = 0;  // close: max(p / g, g / p) < 1.25, as d1
  double absolute = 0, squared = 0, relative = 0;

  void add(double pred, double truth);  // metres; a prediction of 0 counts with its whole error
  void add(const ErrorSums& other);
  // Metres and shares; NaN without a pixel.
  double mae() const;
  double rmse() const;
  double abs_rel() const;
  double d1() const;
};

// Upper ends of the bins, the last of which has none: pixels to the nearest reading, metres of true depth.
inline constexpr std::array<double, 7> kDistanceEnds{1, 2, 4, 8, 16, 32, 64};
inline constexpr std::array<double, 6> kDepthEnds{1, 2, 3, 4, 6, 10};

struct FillErrors {
  ErrorSums all;
  std::array<ErrorSums, kDistanceEnds.size() + 1> by_distance;
  std::array<ErrorSums, kDepthEnds.size() + 1> by_depth;
  void add(const FillErrors& other);
};

// filled, truth: CV_64FC1 metres; scored: CV_8UC1, pixels that are not 0 and have a truth above 0 count; given: CV_64FC1,
// what the fill was given, whose readings (above 0) the distances are to.
FillErrors fill_errors(const cv::Mat& filled, const cv::Mat& truth, const cv::Mat& scored,
                       const cv::Mat& given);

// One frame, one way of hiding, one method.
struct FillScore {
  std::string scene, frame;
  MetricRow holdout;   // over the hidden pixels
  MetricRow nyu = {};  // by completion-nyu, over the whole map; no values where the frame is too small for it
};

struct FillScores {
  std::string title;      // what was filled
  std::string reference;  // "the readings that were hidden", or what else the truth is
  std::string dense;      // what the truth of completion-nyu is
  std::uint64_t seed = 0;
  std::size_t frames = 0;
  using Key = std::pair<std::string, std::string>;  // rule, method
  std::vector<Key> order;
  std::map<Key, std::vector<FillScore>> by_frame;  // in the order of the frames
  std::map<Key, FillErrors> pooled;
  std::vector<std::string> remarks;
};

// frames.csv: scene, frame, hidden, method, n and the metrics of the protocol.
std::string fill_frames_csv(const FillScores& scores);
// summary.csv: hidden, method, frames, pixels and the mean over frames of each metric.
std::string fill_summary_csv(const FillScores& scores);
// completion_nyu.csv: hidden, method, frames and the mean over frames of each metric of completion-nyu.
std::string fill_nyu_csv(const FillScores& scores);
// by_distance.csv and by_depth.csv: hidden, method, from, to, pixels, mae, rmse, abs_rel, d1; pooled over pixels.
std::string fill_distance_csv(const FillScores& scores);
std::string fill_depth_csv(const FillScores& scores);
std::string fill_markdown(const FillScores& scores);
// One HTML file that needs nothing but `pictures`, by their paths from it, each with a caption.
std::string fill_page(const FillScores& scores,
                      const std::vector<std::pair<std::string, std::string>>& pictures);

}  // namespace depthmill::report
