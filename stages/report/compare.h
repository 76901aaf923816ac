// Two runs on the same images: is the difference more than chance?
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "metrics/statistics.h"
#include "stages/report/load.h"
#include "stages/report/metric_names.h"

namespace depthmill::report {

struct Comparison {
  std::string first;
  std::string second;
  MetricName metric{};
  metrics::PairedComparison result{};  // second minus first
  std::size_t second_better = 0;       // images on which the second is better, or worse
  std::size_t second_worse = 0;
  double adjusted = 1;  // p value by Holm's procedure over the pairs of runs that are compared by this metric
};

// Values of one metric of the images that both have; NaN = none.
struct PairedValues {
  std::vector<double> first, second;
};
// The images that two have scores of, joined once by scene and name. Views of both.
class PairedFrames {
 public:
  PairedFrames(const ProtocolScores& first, const ProtocolScores& second);
  std::size_t size() const { return places_.size(); }
  PairedValues values(const std::string& key) const;

 private:
  const ProtocolScores &first_, &second_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // in the order of the first
};

// The metrics named, for each pair of runs (with more than four runs: the first against each other one), over
// the images that both have, joined by scene and name. Pairs with fewer than two common images, and metrics
// without a direction, are left out.
std::vector<Comparison> compare_runs(std::span<const RunData> runs, const std::string& protocol,
                                     const std::vector<MetricName>& metrics);

// "< 0.001", "0.032".
std::string p_value_text(double p_value);

}  // namespace depthmill::report
