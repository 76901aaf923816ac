#include "stages/metrics_csv.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "metrics/aggregate.h"
#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/protocol_file.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using metrics::Protocol;
using Line = std::vector<std::string>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string cell(double value) { return io::format_number(value); }

std::string record(const Line& cells) { return io::csv_line(cells) + "\n"; }

bool is_line_break(char c) { return c == '\n' || c == '\r'; }

Line frame_header(const std::vector<std::string>& columns) {
  Line header = {"protocol", "scene", "frame", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  header.push_back("note");
  return header;
}

Line frame_line(std::string_view scene, std::string_view frame, const MetricRow& row,
                const std::vector<std::string>& columns) {
  Line line = {row.protocol, std::string(scene), std::string(frame), std::to_string(row.valid_pixels)};
  line.resize(line.size() + columns.size());
  for (const auto& [key, value] : row.values) {
    const auto at = std::find(columns.begin(), columns.end(), key);
    if (at == columns.end())
      throw std::runtime_error("frames.csv has no column for the metric '" + key + "'");
    line[4 + static_cast<std::size_t>(at - columns.begin())] = cell(value);
  }
  line.push_back(row.note);
  for (std::string& text : line) std::replace_if(text.begin(), text.end(), is_line_break, ' ');
  return line;
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

std::vector<std::string> columns_of(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  for (const auto& score : rows)
    for (const auto& [key, value] : score.row.values) keys.insert(key);
  return in_table_order(keys);
}

std::string frame_table_text(std::span<const FrameScore> rows, const std::vector<std::string>& columns) {
  std::string text = record(frame_header(columns));
  for (const auto& score : rows) text += record(frame_line(score.scene, score.frame, score.row, columns));
  return text;
}

// Protocol names in the order given, then those only rows know.
std::vector<std::string> protocol_order(std::span<const FrameScore> rows,
                                        std::span<const Protocol> protocols) {
  std::vector<std::string> order;
  const auto add = [&](const std::string& name) {
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  };
  for (const auto& protocol : protocols) add(protocol.name);
  std::set<std::string> others;
  for (const auto& score : rows) others.insert(score.row.protocol);
  for (const auto& name : others) add(name);
  return order;
}

void sort_rows(std::vector<FrameScore>& rows, std::span<const Protocol> protocols) {
  const auto order = protocol_order(rows, protocols);
  std::map<std::string, std::size_t> rank;
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  const auto key = [&](const FrameScore& s) { return std::tie(rank.at(s.row.protocol), s.scene, s.frame); };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<FrameScore> kept;
  for (auto& row : rows) {
    if (!kept.empty() && key(kept.back()) == key(row)) kept.pop_back();
    kept.push_back(std::move(row));
  }
  rows = std::move(kept);
}

std::vector<ScoreSummary> summarise_rows(const std::vector<const FrameScore*>& rows, const std::string& name,
                                         const std::string& scene, std::span<const Protocol> protocols) {
  const auto known =
      std::find_if(protocols.begin(), protocols.end(), [&](const auto& p) { return p.name == name; });
  std::vector<std::string> keys;
  if (known != protocols.end()) {
    keys = known->metrics;
  } else {
    std::set<std::string> seen;
    for (const auto* score : rows)
      for (const auto& [key, value] : score->row.values) seen.insert(key);
    keys = in_table_order(seen);
  }
  std::vector<ScoreSummary> out;
  for (const auto& key : keys) {
    std::vector<metrics::ImageValue> values;
    for (const auto* score : rows) values.push_back({score->value(key), score->row.valid_pixels});
    const auto averaging =
        known == protocols.end() ? metrics::Averaging::kMeanOfImages : known->averaging_for(key);
    const auto* metric = metrics::find_metric(key);
    const auto total = metrics::aggregate(values, averaging, metric ? metric->pool : metrics::Pool::kNone);
    out.push_back({name, scene, key, total.value, total.images, total.pixels});
  }
  return out;
}

std::string scene_table_text(std::span<const FrameScore> rows, std::span<const Protocol> protocols,
                             const std::vector<std::string>& columns) {
  Line header = {"protocol", "scene", "frames", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::string text = record(header);
  const auto cells = summarise_scenes(rows, protocols);
  for (std::size_t i = 0; i < cells.size();) {
    std::size_t frames = 0, pixels = 0;
    for (const auto& score : rows)
      if (score.row.protocol == cells[i].protocol && score.scene == cells[i].scene)
        ++frames, pixels += score.row.valid_pixels;
    Line line = {cells[i].protocol, cells[i].scene, std::to_string(frames), std::to_string(pixels)};
    line.resize(header.size());
    const auto first = i;
    for (; i < cells.size() && cells[i].protocol == cells[first].protocol &&
           cells[i].scene == cells[first].scene;
         ++i) {
      const auto at = std::find(columns.begin(), columns.end(), cells[i].metric) - columns.begin();
      line[4 + static_cast<std::size_t>(at)] = cell(cells[i].value);
    }
    text += record(line);
  }
  return text;
}

}  // namespace

double FrameScore::value(std::string_view key) const {
  for (const auto& [name, v] : row.values)
    if (name == key) return v;
  return kNan;
}

std::vector<std::string> metric_columns(std::span<const Protocol> protocols) {
  return columns_of({}, protocols);
}

FrameTableWriter::FrameTableWriter(const fs::path& file, std::vector<std::string> columns)
    : file_(file), columns_(std::move(columns)) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  const auto table = fs::exists(file) ? parse_frame_table(file) : FrameTable{};
  if (table.complete_bytes == 0) {
    io::write_whole_file(file, record(frame_header(columns_)));
  } else if (table.columns != columns_) {
    std::set<std::string> both(columns_.begin(), columns_.end());
    both.insert(table.columns.begin(), table.columns.end());
    columns_ = in_table_order(both);
    io::write_whole_file(file, frame_table_text(table.rows, columns_));
  } else if (table.complete_bytes < fs::file_size(file)) {
    fs::resize_file(file, table.complete_bytes);
  }
  out_.open(file, std::ios::binary | std::ios::app);
  if (!out_) throw std::runtime_error(file.string() + ": cannot be written");
}

void FrameTableWriter::append(std::string_view scene, std::string_view frame, const MetricRow& row) {
  out_ << record(frame_line(scene, frame, row, columns_)) << std::flush;
  if (!out_) throw std::runtime_error(file_.string() + ": cannot be written");
}

std::vector<FrameScore> read_frame_table(const fs::path& file) { return parse_frame_table(file).rows; }

std::vector<ScoreSummary> summarise(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const auto& name : protocol_order(rows, protocols)) {
    std::vector<const FrameScore*> chosen;
    for (const auto& score : rows)
      if (score.row.protocol == name) chosen.push_back(&score);
    const auto part = summarise_rows(chosen, name, "", protocols);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

std::vector<ScoreSummary> summarise_scenes(std::span<const FrameScore> rows,
                                           std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const auto& name : protocol_order(rows, protocols)) {
    std::map<std::string, std::vector<const FrameScore*>> scenes;
    for (const auto& score : rows)
      if (score.row.protocol == name) scenes[score.scene].push_back(&score);
    for (const auto& [scene, chosen] : scenes) {
      const auto part = summarise_rows(chosen, name, scene, protocols);
      out.insert(out.end(), part.begin(), part.end());
    }
  }
  return out;
}

void write_metric_tables(const fs::path& folder, std::vector<FrameScore> rows,
                         std::span<const Protocol> protocols) {
  sort_rows(rows, protocols);
  const auto columns = columns_of(rows, protocols);
  fs::create_directories(folder / "protocols");
  for (const auto& protocol : protocols)
    io::write_whole_file(folder / "protocols" / (protocol.name + ".ini"), protocol_text(protocol));
  io::write_whole_file(folder / "frames.csv", frame_table_text(rows, columns));
  io::write_whole_file(folder / "scenes.csv", scene_table_text(rows, protocols, columns));
  std::string summary = record({"protocol", "metric", "value", "n"});
  for (const auto& row : summarise(rows, protocols))
    summary += record({row.protocol, row.metric, cell(row.value), std::to_string(row.frames)});
  io::write_whole_file(folder / "summary.csv", summary);
}

std::vector<Protocol> read_table_protocols(const fs::path& folder) {
  std::vector<Protocol> protocols;
  for (const auto& name : list_protocols(folder / "protocols"))
    protocols.push_back(read_protocol(folder / "protocols" / (name + ".ini")));
  return protocols;
}

std::vector<ScoreSummary> read_summary_table(const fs::path& file) {
  const io::CsvTable csv = io::read_csv_file(file);
  const auto protocol = csv.column("protocol"), metric = csv.column("metric"), value = csv.column("value"),
             n = csv.column("n");
  std::vector<ScoreSummary> rows;
  for (std::size_t i = 0; i < csv.rows.size(); ++i)
    rows.push_back({csv.rows[i][protocol], "", csv.rows[i][metric], csv.number(i, value),
                    static_cast<std::size_t>(csv.number(i, n)), 0});
  return rows;
}

}  // namespace depthmill
