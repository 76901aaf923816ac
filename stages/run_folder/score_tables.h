// The CSV tables of an evaluation: <run>/metrics/{frames,scenes,summary}.csv and
// <run>/metrics/protocols/*.ini.
//
// frames.csv is the source of everything; the other two are derived from its rows and the protocols alone.
//   frames.csv   protocol,scene,frame,n,<metric keys>,note     one row a protocol and frame; n = valid pixels
//   scenes.csv   protocol,scene,frames,n,<metric keys>         averaged inside each scene; n = valid pixels
//   summary.csv  protocol,metric,value,n                       long; n = frames the value is made from
//   types.csv    protocol,scene_type,frames,n,<metric keys>    averaged inside each scene type (see
//   scene_type) intervals.csv  protocol,metric,value,low,high,n            95 % bootstrap interval over
//   frames, fixed seed ranges.csv   protocol,from,to,n,<metric keys>              per true depth in metres,
//   pooled over n pixels frame_ranges.csv  as frames.csv, protocol <name>@<from>:<to> protocols.csv
//   protocol,sentence                           each protocol in words
// Metric keys are columns, the union over all protocols in the order of the table of metrics
// (metrics/errors.h). An empty cell is an undefined value, never a number. Doubles are written so that
// reading gives the same bits. Text with a comma, quote or line break is quoted (RFC 4180).
#pragma once

#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"

namespace depthmill {

namespace metrics {
struct Protocol;
}

// One row of frames.csv: whose scores, and the scores.
struct FrameScore {
  std::string scene;  // "" when the data has no scenes
  std::string frame;  // Frame::name
  MetricRow row;

  // The value under `key`; NaN when the protocol has no such metric or it is undefined for this frame.
  double value(std::string_view key) const;
};

// One row of summary.csv (scene empty) or one cell of scenes.csv.
struct ScoreSummary {
  std::string protocol;
  std::string scene;
  std::string metric;
  double value = std::numeric_limits<double>::quiet_NaN();  // NaN = no frame had a value
  std::size_t frames = 0;  // frames whose value went in; frames without one are left out and so counted
  std::size_t pixels = 0;  // their valid pixels
};

// "home_office_0002a" -> "home_office": the scene without its number.
std::string scene_type(std::string_view scene);

// Rows of depth ranges carry their range in the protocol's name: "eigen@1:2.5". They are kept in
// frame_ranges.csv.
struct RangeName {
  std::string protocol;
  double from = 0, to = 0;  // metres, from <= true depth < to
};
std::string range_row_name(const RangeName& range);
std::optional<RangeName> parse_range_row_name(std::string_view row_protocol);  // nullopt for an ordinary row

// Appends rows to frames.csv while a run is going on, flushed one by one, so that a killed run loses at most
// the row being written. Not for several threads at once.
//   FrameTableWriter table(run / "metrics" / "frames.csv", metric_columns(protocols));
//   for (const MetricRow& row : frame.metrics) table.append(frame.scene, frame.name, row);
//   ... at the end: write_metric_tables(run / "metrics", read_frame_table(file), protocols);
class FrameTableWriter {
 public:
  // Creates the file (and its folder), or continues it: an unfinished last line is cut off, and a file with
  // other columns is rewritten to the union of both. Throws std::runtime_error naming the file.
  FrameTableWriter(const std::filesystem::path& file, std::vector<std::string> columns);
  // Throws std::runtime_error when the row has a key that is no column, or when the disk does not take it.
  void append(std::string_view scene, std::string_view frame, const MetricRow& row);
  const std::vector<std::string>& columns() const { return columns_; }

 private:
  std::filesystem::path file_;
  std::vector<std::string> columns_;
  std::ofstream out_;
  std::unique_ptr<FrameTableWriter> ranges_;  // frame_ranges.csv, from its first row on
};

// The metric keys of all protocols, each once, in table order: the columns of their common frames.csv.
std::vector<std::string> metric_columns(std::span<const metrics::Protocol> protocols);

// Reads frames.csv, and frame_ranges.csv beside it if it is there. Each row holds the keys whose cells are
// not empty. An unfinished last line (no line break) is left out. Throws std::runtime_error naming file and
// line when it is not such a table.
std::vector<FrameScore> read_frame_table(const std::filesystem::path& file);

// Averages by protocol and metric over all rows, as each protocol says (mean of images, root of mean squares,
// pooled by n). Order: protocols as given, metrics in protocol order. Rows of a protocol not given are
// averaged as mean of images and follow at the end. Rows of depth ranges are left out.
std::vector<ScoreSummary> summarise(std::span<const FrameScore> rows,
                                    std::span<const metrics::Protocol> protocols);
// The same inside each scene; scenes in order of name.
std::vector<ScoreSummary> summarise_scenes(std::span<const FrameScore> rows,
                                           std::span<const metrics::Protocol> protocols);

// Rewrites frames.csv in order (protocols as given, then scene, then frame; of two rows of one frame the
// later wins) and derives scenes.csv, summary.csv and protocols/<name>.ini. Every file is written under a
// temporary name and renamed; the bytes depend on the set of rows only, not on their order. Throws
// std::runtime_error.
void write_metric_tables(const std::filesystem::path& folder, std::vector<FrameScore> rows,
                         std::span<const metrics::Protocol> protocols);

// Metrics of two runs on the frames both have scored, second minus first:
// protocol,metric,first,second,difference, low,high,p_value,frames as CSV text (95 % bootstrap interval;
// two-sided p by random exchange; fixed seed).
std::string comparison_table(std::span<const FrameScore> first, std::span<const FrameScore> second,
                             std::span<const metrics::Protocol> protocols);

// The protocols that write_metric_tables left beside the tables, in order of name; empty if there are none.
std::vector<metrics::Protocol> read_table_protocols(const std::filesystem::path& folder);

// Reads summary.csv as written (`pixels` is not in it and stays 0). Throws std::runtime_error.
std::vector<ScoreSummary> read_summary_table(const std::filesystem::path& file);

}  // namespace depthmill
