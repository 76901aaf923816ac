// The tables of a whole evaluation read back as they were written by write_metric_tables (totals.h, which
// says their columns). A table that is not there has no rows, unless said; one that is damaged throws
// std::runtime_error naming file and line.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stages/scoring/totals.h"

namespace depthmill {

// summary.csv. Throws when it is not there, or when a metric is there twice under one protocol.
std::vector<ScoreSummary> read_summary_table(const std::filesystem::path& folder);

// A row of scenes.csv or types.csv.
struct GroupTotal {
  std::string protocol;
  std::string group;  // scene, or type of scene
  std::size_t frames = 0;
  std::vector<std::pair<std::string, double>>
      values;  // metric key -> value; cells that are empty are left out
};
std::vector<GroupTotal> read_scene_table(const std::filesystem::path& folder);
std::vector<GroupTotal> read_type_table(const std::filesystem::path& folder);

// A row of intervals.csv: the 95 % interval of a metric's value.
struct MetricInterval {
  std::string protocol, metric;
  double low = 0, high = 0;  // NaN = none
};
std::vector<MetricInterval> read_interval_table(const std::filesystem::path& folder);

// ranges.csv.
std::vector<RangeSummary> read_range_table(const std::filesystem::path& folder);

// protocols.csv: each protocol's name, and the protocol in words.
std::vector<std::pair<std::string, std::string>> read_sentences(const std::filesystem::path& folder);

}  // namespace depthmill
