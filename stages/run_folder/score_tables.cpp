#include "stages/run_folder/score_tables.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>
#include <type_traits>

#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "stages/io/csv.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using Line = std::vector<std::string>;

constexpr const char* kFramesFile = "frames.csv";
constexpr const char* kRangesFile = "frame_ranges.csv";
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::string part_name(const std::string& protocol, const std::optional<DepthRange>& range) {
  if (!range) return protocol;
  return protocol + "@" + io::format_number(range->from) + ":" + io::format_number(range->to);
}

// Line breaks become blanks, so that what follows a table's last one is a row that was not finished.
void write_part(const ScoreTables::Part& part, const std::vector<std::string>& columns,
                const std::function<void(std::span<const std::string>)>& write) {
  const ScoreTable& table = part.table;
  std::vector<const std::vector<double>*> values;
  for (const std::string& column : columns) values.push_back(table.find(column));
  Line line(columns.size() + 5);
  for (std::size_t i = 0; i < table.size(); ++i) {
    line[0] = part_name(part.protocol, part.range);
    line[1] = table.scene(i);
    line[2] = table.frame(i);
    line[3] = std::to_string(table.valid_pixels(i));
    for (std::size_t k = 0; k < columns.size(); ++k)
      line[4 + k] = values[k] ? io::format_number((*values[k])[i]) : std::string();
    line.back() = table.note(i);
    for (std::string& cell : line)
      std::replace_if(
          cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    write(line);
  }
}

void write_table(const fs::path& file, const ScoreTables& rows, const std::vector<std::string>& columns,
                 bool ranges) {
  Line header = {"protocol", "scene", "frame", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  header.push_back("note");
  io::write_csv_file(file, header, [&](const auto& write) {
    for (const ScoreTables::Part& part : rows.parts())
      if (part.range.has_value() == ranges) write_part(part, columns, write);
  });
}

void read_rows(const fs::path& file, ScoreTables& rows) {
  io::CsvReader csv(file);
  const Line& names = csv.header();
  if (names.size() < 5 || names[0] != "protocol" || names[1] != "scene" || names[2] != "frame" ||
      names[3] != "n" || names.back() != "note")
    throw io::TextFileError(file, 1, "not a table of frame scores (protocol,scene,frame,n,...,note)");
  const bool ranges = file.filename() == kRangesFile;
  MetricRow row;
  while (csv.next()) {
    const Line& line = csv.cells();
    row.protocol = line[0], row.range.reset(), row.note = line.back();
    row.valid_pixels = static_cast<std::size_t>(csv.number(3));
    try {
      if (ranges) {
        const MetricRow named = row_named(line[0]);
        if (!named.range) throw std::invalid_argument("'" + line[0] + "' names no range of depths");
        row.protocol = named.protocol, row.range = named.range;
      }
    } catch (const std::invalid_argument& e) {
      throw io::TextFileError(file, csv.line(), std::string("protocol: ") + e.what());
    }
    row.values.clear();
    for (std::size_t k = 4; k + 1 < names.size(); ++k)
      if (!line[k].empty()) row.values.emplace_back(names[k], csv.number(k));
    rows.push_back(line[1], line[2], row);
  }
}

}  // namespace

double FrameScore::value(std::string_view key) const {
  for (const auto& [name, v] : row.values)
    if (name == key) return v;
  return kUndefined;
}

std::string row_name(const MetricRow& row) { return part_name(row.protocol, row.range); }

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

ScoreTable::Text ScoreTable::keep(std::string_view text) {
  const Text kept{texts_.size(), static_cast<std::uint32_t>(text.size())};
  texts_ += text;
  return kept;
}

void ScoreTable::push_back(std::string_view scene, std::string_view frame, const MetricRow& row) {
  Row one;
  // Frames of a scene mostly come together.
  one.scene = !empty() && this->scene(size() - 1) == scene ? rows_.back().scene : keep(scene);
  one.frame = keep(frame);
  one.note = keep(row.note);
  one.valid_pixels = row.valid_pixels;
  for (const auto& [key, value] : row.values) {
    if (find(key)) continue;
    keys_.push_back(key);
    columns_.emplace_back(size(), kUndefined);
  }
  for (std::vector<double>& column : columns_) column.push_back(kUndefined);
  for (std::size_t v = 0; v < row.values.size(); ++v) {
    const auto& [key, value] = row.values[v];
    // Mostly the same keys in the same order.
    const std::size_t k =
        v < keys_.size() && keys_[v] == key
            ? v
            : static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
    columns_[k].back() = value;
  }
  rows_.push_back(one);
}

const std::vector<double>* ScoreTable::find(std::string_view key) const {
  const auto at = std::find(keys_.begin(), keys_.end(), key);
  return at == keys_.end() ? nullptr : &columns_[static_cast<std::size_t>(at - keys_.begin())];
}

void ScoreTable::sort() {
  const auto name = [&](std::size_t i) { return std::pair(scene(i), frame(i)); };
  bool sorted = true;
  for (std::size_t i = 1; sorted && i < size(); ++i) sorted = name(i - 1) < name(i);
  if (sorted) return;
  std::vector<std::uint32_t> order(size()), kept;
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return name(a) < name(b); });
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || name(order[i]) != name(order[i + 1])) kept.push_back(order[i]);
  const auto in_order = [&](auto& values) {
    std::remove_reference_t<decltype(values)> moved;
    moved.reserve(kept.size());
    for (const std::uint32_t i : kept) moved.push_back(values[i]);
    values = std::move(moved);
  };
  in_order(rows_);
  for (std::vector<double>& column : columns_) in_order(column);
}

ScoreTables::ScoreTables(const std::vector<FrameScore>& rows) {
  for (const FrameScore& score : rows) push_back(score.scene, score.frame, score.row);
}

void ScoreTables::push_back(std::string_view scene, std::string_view frame, const MetricRow& row) {
  const auto fits = [&](const Part& part) {
    return part.protocol == row.protocol && part.range == row.range;
  };
  // The rows of a protocol come one after the other, or those of a frame do.
  if (!parts_.empty() && !fits(parts_[last_])) last_ = (last_ + 1) % parts_.size();
  if (parts_.empty() || !fits(parts_[last_])) {
    last_ = static_cast<std::size_t>(std::find_if(parts_.begin(), parts_.end(), fits) - parts_.begin());
    if (last_ == parts_.size()) parts_.push_back({row.protocol, row.range, {}});
  }
  parts_[last_].table.push_back(scene, frame, row);
}

std::size_t ScoreTables::size() const {
  std::size_t rows = 0;
  for (const Part& part : parts_) rows += part.table.size();
  return rows;
}

std::vector<std::string> metric_columns(std::span<const metrics::Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  return metrics::in_table_order(keys);
}

ScoreTables read_frame_table(const fs::path& file) {
  ScoreTables rows;
  read_rows(file, rows);
  const fs::path ranges = file.parent_path() / kRangesFile;
  if (ranges != file && fs::exists(ranges)) read_rows(ranges, rows);
  return rows;
}

void write_frame_tables(const fs::path& folder, const ScoreTables& rows,
                        const std::vector<std::string>& columns) {
  bool ranges = false;
  for (const ScoreTables::Part& part : rows.parts()) {
    ranges = ranges || part.range;
    for (const std::string& key : part.table.keys())
      if (std::find(columns.begin(), columns.end(), key) == columns.end())
        throw std::runtime_error("frames.csv has no column for the metric '" + key + "'");
  }
  write_table(folder / kFramesFile, rows, columns, false);
  if (ranges)
    write_table(folder / kRangesFile, rows, columns, true);
  else
    fs::remove(folder / kRangesFile);
}

}  // namespace depthmill
