#include "stages/run_folder/score_tables.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/run_folder/frame_table.h"

namespace depthmill {

namespace frame_table {

std::string cell(double value) { return io::format_number(value); }

std::string record(const Line& cells) { return io::csv_line(cells) + "\n"; }

Line header(const std::vector<std::string>& columns) {
  Line out = {"protocol", "scene", "frame", "n"};
  out.insert(out.end(), columns.begin(), columns.end());
  out.push_back("note");
  return out;
}

Line line(std::string_view scene, std::string_view frame, const MetricRow& row,
          const std::vector<std::string>& columns) {
  Line out = {row.protocol, std::string(scene), std::string(frame), std::to_string(row.valid_pixels)};
  out.resize(out.size() + columns.size());
  for (const auto& [key, value] : row.values) {
    const auto at = std::find(columns.begin(), columns.end(), key);
    if (at == columns.end())
      throw std::runtime_error("frames.csv has no column for the metric '" + key + "'");
    out[4 + static_cast<std::size_t>(at - columns.begin())] = cell(value);
  }
  out.push_back(row.note);
  for (std::string& one : out)
    std::replace_if(
        one.begin(), one.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string text(std::span<const FrameScore> rows, const std::vector<std::string>& columns) {
  std::string out = record(header(columns));
  for (const auto& score : rows) out += record(line(score.scene, score.frame, score.row, columns));
  return out;
}

// Any list of keys in table order, each once; keys that are in no table follow in order of name.
std::vector<std::string> in_table_order(const std::set<std::string>& keys) {
  std::vector<std::string> out;
  for (const auto& metric : metrics::metric_table())
    if (keys.contains(std::string(metric.key))) out.emplace_back(metric.key);
  for (const auto& key : keys)
    if (!metrics::find_metric(key)) out.push_back(key);
  return out;
}

}  // namespace frame_table

namespace {

namespace fs = std::filesystem;
using frame_table::Line;
using metrics::Protocol;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct FrameTable {
  std::vector<std::string> columns;
  std::vector<FrameScore> rows;
  std::size_t complete_bytes = 0;
};

// Rows hold no line breaks, so what follows the last one is a row that was not finished.
FrameTable parse_frame_table(const fs::path& file) {
  std::string text = io::read_text_file(file);
  FrameTable table;
  table.complete_bytes = text.rfind('\n') + 1;  // npos + 1 is 0
  text.resize(table.complete_bytes);
  if (text.empty()) return table;
  const io::CsvTable csv = io::parse_csv(text, file);
  const Line& header = csv.header;
  if (header.size() < 5 || header[0] != "protocol" || header[1] != "scene" || header[2] != "frame" ||
      header[3] != "n" || header.back() != "note")
    throw io::TextFileError(file, 1, "not a table of frame scores (protocol,scene,frame,n,...,note)");
  table.columns.assign(header.begin() + 4, header.end() - 1);
  for (std::size_t i = 0; i < csv.rows.size(); ++i) {
    const Line& line = csv.rows[i];
    FrameScore score{
        line[1], line[2], {line[0], static_cast<std::size_t>(csv.number(i, 3)), {}, line.back()}};
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
  return kNan;
}

std::vector<std::string> metric_columns(std::span<const Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  return frame_table::in_table_order(keys);
}

std::string scene_type(std::string_view scene) {
  const auto last = scene.rfind('_');
  if (last == std::string_view::npos || last + 1 == scene.size()) return std::string(scene);
  std::string_view number = scene.substr(last + 1);
  if (number.back() >= 'a' && number.back() <= 'z') number.remove_suffix(1);
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return std::string(digits ? scene.substr(0, last) : scene);
}

std::string range_row_name(const RangeName& range) {
  return range.protocol + "@" + io::format_number(range.from) + ":" + io::format_number(range.to);
}

std::optional<RangeName> parse_range_row_name(std::string_view row_protocol) {
  const auto at = row_protocol.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto colon = row_protocol.find(':', at);
  if (colon == std::string_view::npos) return std::nullopt;
  try {
    return RangeName{std::string(row_protocol.substr(0, at)),
                     io::parse_number(row_protocol.substr(at + 1, colon - at - 1)),
                     io::parse_number(row_protocol.substr(colon + 1))};
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

FrameTableWriter::FrameTableWriter(const fs::path& file, std::vector<std::string> columns)
    : file_(file), columns_(std::move(columns)) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  const auto table = fs::exists(file) ? parse_frame_table(file) : FrameTable{};
  if (table.complete_bytes == 0) {
    io::write_whole_file(file, frame_table::record(frame_table::header(columns_)));
  } else if (table.columns != columns_) {
    std::set<std::string> both(columns_.begin(), columns_.end());
    both.insert(table.columns.begin(), table.columns.end());
    columns_ = frame_table::in_table_order(both);
    io::write_whole_file(file, frame_table::text(table.rows, columns_));
  } else if (table.complete_bytes < fs::file_size(file)) {
    fs::resize_file(file, table.complete_bytes);
  }
  out_.open(file, std::ios::binary | std::ios::app);
  if (!out_) throw std::runtime_error(file.string() + ": cannot be written");
}

void FrameTableWriter::append(std::string_view scene, std::string_view frame, const MetricRow& row) {
  if (file_.filename() != frame_table::kRangesFile && parse_range_row_name(row.protocol)) {
    if (!ranges_)
      ranges_ = std::make_unique<FrameTableWriter>(file_.parent_path() / frame_table::kRangesFile, columns_);
    return ranges_->append(scene, frame, row);
  }
  out_ << frame_table::record(frame_table::line(scene, frame, row, columns_)) << std::flush;
  if (!out_) throw std::runtime_error(file_.string() + ": cannot be written");
}

std::vector<FrameScore> read_frame_table(const fs::path& file) {
  auto rows = parse_frame_table(file).rows;
  const fs::path ranges = file.parent_path() / frame_table::kRangesFile;
  if (ranges != file && fs::exists(ranges)) {
    auto more = parse_frame_table(ranges).rows;
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return rows;
}

}  // namespace depthmill
