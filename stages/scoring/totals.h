// From the rows of single frames to the tables of a whole evaluation: averages as each protocol says.
//
// All of them, in <run>/metrics, follow from the rows (run_folder/score_tables.h) and the protocols alone:
//   summary.csv    protocol,metric,value,n                   n = frames that the value is made from
//   intervals.csv  protocol,metric,value,low,high,n          95 % bootstrap over frames, fixed seed
//   scenes.csv     protocol,scene,frames,n,<metric keys>     averaged inside each scene, n = valid pixels
//   types.csv      protocol,scene_type,frames,n,<metric keys>        inside each type of scene (scene_type)
//   ranges.csv     protocol,from,to,n,<metric keys>          by true depth in metres, pooled over n pixels
//   protocols.csv  protocol,sentence                         each protocol in words
//   protocols/<name>.ini                                     each protocol as it was scored
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/protocol.h"
#include "stages/run_folder/score_tables.h"

namespace depthmill {

// One row of summary.csv.
struct ScoreSummary {
  std::string protocol;
  std::string metric;
  double value = std::numeric_limits<double>::quiet_NaN();  // NaN = no frame had a value
  std::size_t frames = 0;  // whose value went in; frames without one are left out
};

// Averages by protocol and metric over all rows, as each protocol says (mean of images, root of mean squares,
// pooled over pixels). Order: protocols as given, metrics in protocol order. Rows of a protocol not given are
// averaged as mean of images and follow at the end. Rows of depth ranges are left out.
std::vector<ScoreSummary> summarise(const ScoreTables& rows, std::span<const metrics::Protocol> protocols);

// One row of ranges.csv.
struct RangeSummary {
  std::string protocol;
  DepthRange range;
  std::size_t pixels = 0;
  std::vector<std::pair<std::string, double>> values;  // metric key -> value, NaN = cannot be pooled
};

// The rows of depth ranges, pooled over their pixels by protocol and range, in that order; values for each of
// `columns`. Other rows are left out.
std::vector<RangeSummary> summarise_ranges(const ScoreTables& rows, std::span<const std::string> columns);

// "home_office_0002a" -> "home_office": the scene without its number.
std::string scene_type(std::string_view scene);

// Rewrites frames.csv and frame_ranges.csv in order (protocols as given, then scene, then frame; of two rows
// of one frame the later wins) and derives the tables above. Every file appears whole or not at all; the
// bytes depend on the set of rows, not on their order. Throws std::runtime_error.
void write_metric_tables(const std::filesystem::path& folder, ScoreTables rows,
                         std::span<const metrics::Protocol> protocols);

// The protocols that write_metric_tables left beside the tables, in order of name; empty if there are none.
std::vector<metrics::Protocol> read_table_protocols(const std::filesystem::path& folder);

}  // namespace depthmill
