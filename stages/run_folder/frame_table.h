// Lines of frames.csv, shared by the writer that appends and the one that rewrites. Internal to the metric
// tables.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/run_folder/score_tables.h"

namespace depthmill::frame_table {

using Line = std::vector<std::string>;

// NaN becomes an empty cell.
std::string cell(double value);
// One CSV record with its line break.
std::string record(const Line& cells);
Line header(const std::vector<std::string>& columns);
// Throws std::runtime_error when the row has a metric that is no column. Line breaks become blanks.
Line line(std::string_view scene, std::string_view frame, const MetricRow& row,
          const std::vector<std::string>& columns);
// The whole table.
std::string text(std::span<const FrameScore> rows, const std::vector<std::string>& columns);
// Keys in the order of the table of metrics, each once; unknown ones follow in order of name.
std::vector<std::string> in_table_order(const std::set<std::string>& keys);

inline constexpr const char* kRangesFile = "frame_ranges.csv";

}  // namespace depthmill::frame_table
