// The rows of scores that a run leaves behind, one a protocol and frame, in two tables of one form:
//   <run>/metrics/frames.csv         protocol,scene,frame,n,<metric keys>,note
//   <run>/metrics/frame_ranges.csv   the same for intervals of true depth, protocol as eigen@1:2.5
// n = valid pixels. Metric keys are columns, the union over all protocols in the order of the table of
// metrics (metrics/errors.h). An empty cell is an undefined value, never a number; doubles read back bit for
// bit. All other tables of an evaluation follow from these rows (scoring/totals.h).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill {

namespace metrics {
struct Protocol;
}

// One row: whose scores, and the scores.
struct FrameScore {
  std::string scene;  // "" when the data has no scenes
  std::string frame;  // Frame::name
  MetricRow row;

  // The value under `key`; NaN when the protocol has no such metric or it is undefined for this frame.
  double value(std::string_view key) const;
};

// The protocol's name, with the range behind it where there is one: "eigen", "eigen@1:2.5".
std::string row_name(const MetricRow& row);
// The inverse: a row without values. A name without a range is the protocol's; throws std::invalid_argument when what
// stands behind an @ is no range.
MetricRow row_named(const std::string& name);

// The metric keys of all protocols, each once, in table order: the columns of their common table.
std::vector<std::string> metric_columns(std::span<const metrics::Protocol> protocols);

// Reads frames.csv, and frame_ranges.csv beside it if it is there. Each row holds the keys whose cells are
// not empty. Throws std::runtime_error naming file and
// line when it is not such a table.
std::vector<FrameScore> read_frame_table(const std::filesystem::path& file);

// Replaces frames.csv and frame_ranges.csv (which goes when there are no rows with a range) by these rows in this
// order.
// Each appears whole or not at all. Throws std::runtime_error when a row has a key that is no column, or when the disk
// does not take it.
void write_frame_tables(const std::filesystem::path& folder, std::span<const FrameScore> rows,
                        const std::vector<std::string>& columns);

}  // namespace depthmill
