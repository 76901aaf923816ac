#include "stages/run_folder/score_tables.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using Line = std::vector<std::string>;

constexpr const char* kFramesFile = "frames.csv";
constexpr const char* kRangesFile = "frame_ranges.csv";

Line header(const std::vector<std::string>& columns) {
  Line out = {"protocol", "scene", "frame", "n"};
  out.insert(out.end(), columns.begin(), columns.end());
  out.push_back("note");
  return out;
}

// Line breaks become blanks, so that what follows a table's last one is a row that was not finished.
Line line_of(std::string_view scene, std::string_view frame, const MetricRow& row,
             const std::vector<std::string>& columns) {
  Line out = {row_name(row), std::string(scene), std::string(frame), std::to_string(row.valid_pixels)};
  out.resize(out.size() + columns.size());
  for (const auto& [key, value] : row.values) {
    const auto at = std::find(columns.begin(), columns.end(), key);
    if (at == columns.end())
      throw std::runtime_error("frames.csv has no column for the metric '" + key + "'");
    out[4 + static_cast<std::size_t>(at - columns.begin())] = io::format_number(value);
  }
  out.push_back(row.note);
  for (std::string& one : out)
    std::replace_if(
        one.begin(), one.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string table_text(std::span<const FrameScore> rows, const std::vector<std::string>& columns) {
  std::vector<Line> lines;
  for (const auto& score : rows) lines.push_back(line_of(score.scene, score.frame, score.row, columns));
  return io::csv_text(header(columns), lines);
}

struct FrameTable {
  std::vector<std::string> columns;
  std::vector<FrameScore> rows;
};

FrameTable parse_frame_table(const fs::path& file) {
  FrameTable table;
  const io::CsvTable csv = io::read_csv_file(file);
  const Line& names = csv.header;
  if (names.size() < 5 || names[0] != "protocol" || names[1] != "scene" || names[2] != "frame" ||
      names[3] != "n" || names.back() != "note")
    throw io::TextFileError(file, 1, "not a table of frame scores (protocol,scene,frame,n,...,note)");
  table.columns.assign(names.begin() + 4, names.end() - 1);
  const bool ranges = file.filename() == kRangesFile;
  for (std::size_t i = 0; i < csv.rows.size(); ++i) {
    const Line& line = csv.rows[i];
    FrameScore score{
        line[1], line[2], {line[0], static_cast<std::size_t>(csv.number(i, 3)), {}, line.back()}};
    try {
      if (ranges) {
        MetricRow named = row_named(line[0]);
        if (!named.range) throw std::invalid_argument("'" + line[0] + "' names no range of depths");
        score.row.protocol = named.protocol, score.row.range = named.range;
      }
    } catch (const std::invalid_argument& e) {
      throw io::TextFileError(file, csv.lines[i], std::string("protocol: ") + e.what());
    }
    for (std::size_t k = 0; k < table.columns.size(); ++k)
      if (!line[4 + k].empty()) score.row.values.emplace_back(table.columns[k], csv.number(i, 4 + k));
    table.rows.push_back(std::move(score));
  }
  return table;
}

}  // namespace

double FrameScore::value(std::string_view key) const {
  for (const auto& [name, v] : row.values)
    if (name == key) return v;
  return std::numeric_limits<double>::quiet_NaN();
}

std::string row_name(const MetricRow& row) {
  if (!row.range) return row.protocol;
  return row.protocol + "@" + io::format_number(row.range->from) + ":" + io::format_number(row.range->to);
}

MetricRow row_named(const std::string& name) {
  MetricRow row;
  const auto at = name.rfind('@');
  row.protocol = name.substr(0, at);
  if (at == std::string::npos) return row;
  const auto colon = name.find(':', at);
  if (colon == std::string::npos) throw std::invalid_argument("'" + name + "' names no range of depths");
  row.range = DepthRange{io::parse_number(std::string_view(name).substr(at + 1, colon - at - 1)),
                         io::parse_number(std::string_view(name).substr(colon + 1))};
  if (!(row.range->from < row.range->to))
    throw std::invalid_argument("'" + name + "' names no range of depths");
  return row;
}

std::vector<std::string> metric_columns(std::span<const metrics::Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  return metrics::in_table_order(keys);
}

std::vector<FrameScore> read_frame_table(const fs::path& file) {
  auto rows = parse_frame_table(file).rows;
  const fs::path ranges = file.parent_path() / kRangesFile;
  if (ranges != file && fs::exists(ranges)) {
    auto more = parse_frame_table(ranges).rows;
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return rows;
}

void write_frame_tables(const fs::path& folder, std::span<const FrameScore> rows,
                        const std::vector<std::string>& columns) {
  std::vector<FrameScore> frames, ranges;
  for (const auto& score : rows) (score.row.range ? ranges : frames).push_back(score);
  io::write_whole_file(folder / kFramesFile, table_text(frames, columns));
  if (ranges.empty())
    fs::remove(folder / kRangesFile);
  else
    io::write_whole_file(folder / kRangesFile, table_text(ranges, columns));
}

}  // namespace depthmill
