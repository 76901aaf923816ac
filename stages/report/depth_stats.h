// What a data set holds: frames, sizes, holes and the distribution of its depth, scene by scene and in all, as tables and
// as a page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <opencv2/core.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace depthmill::report {

// Readings by depth, in steps of a centimetre up to 100 m; the last one holds all that is beyond.
class DepthHistogram {
 public:
  static constexpr std::size_t kSteps = 10'000;
  static constexpr double kStep = 0.01, kEnd = 100;  // metres

  void add(double metres);
  void add(const DepthHistogram& other);
  // Readings from `from` up to, not including, `to`; both multiples of kStep, at most kSteps of them.
  std::uint64_t between(std::size_t from, std::size_t to) const;
  std::uint64_t beyond() const { return counts_.empty() ? 0 : counts_[kSteps]; }
  // The depth in metres below which this share of the readings lies, to a centimetre; infinity where that is
  // beyond 100 m, NaN without any.
  double quantile(double share) const;

 private:
  std::vector<std::uint64_t> counts_;  // kSteps + 1, or none
};

// Of one frame, or of many together.
struct DepthFacts {
  std::size_t frames = 0, failed = 0, with_rgb = 0;
  std::set<std::pair<int, int>> sizes;  // rows, columns
  std::set<std::string> units;          // what the samples of its files are: "1000 a metre"
  std::uint64_t pixels = 0, readings = 0;
  double sum = 0, least = 0, greatest = 0;  // of readings, metres
  DepthHistogram histogram;

  void add(const DepthFacts& other);
  double hole_share() const;  // NaN without a pixel
  double mean() const;        // NaN without a reading
};

// `depth`: CV_64FC1 or CV_32FC1 metres; what is not finite or not above 0 is no reading.
DepthFacts facts_of(const cv::Mat& depth);

struct DepthStats {
  std::string title;  // what was looked at
  std::string plane;  // which of its planes
  std::map<std::string, DepthFacts> scenes;
  std::vector<std::string> remarks;

  DepthFacts all() const;
};

// One row a scene and one, called "(all)", for everything.
std::string stats_csv(const DepthStats& stats);
// scene,from,to,readings; metres. The steps are those of the page's plots.
std::string histogram_csv(const DepthStats& stats);
std::string stats_markdown(const DepthStats& stats);
// One HTML file that needs nothing else.
std::string stats_page(const DepthStats& stats);

// Steps of kStep in a bar of a plot that reaches to `greatest` metres: a round number of centimetres, 40 bars at most.
std::size_t steps_a_bar(double greatest);

}  // namespace depthmill::report
