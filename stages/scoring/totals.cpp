#include "stages/scoring/totals.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "metrics/aggregate.h"
#include "metrics/errors.h"
#include "metrics/sentence.h"
#include "metrics/statistics.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/ini_folder.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using io::format_number;
using metrics::Averaging;
using metrics::Pool;
using metrics::Protocol;
using Line = std::vector<std::string>;
using Rows = std::vector<const FrameScore*>;

const Protocol* find(std::span<const Protocol> protocols, const std::string& name) {
  for (const auto& protocol : protocols)
    if (protocol.name == name) return &protocol;
  return nullptr;
}

// Of two rows of one frame the later stays. Ranges go by name behind all others.
void sort_rows(std::vector<FrameScore>& rows, std::span<const Protocol> protocols) {
  std::map<std::string, std::size_t> rank;
  for (const auto& protocol : protocols) rank.emplace(protocol.name, rank.size());
  struct Key {
    std::size_t rank;
    std::string name, scene, frame;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, FrameScore> sorted;
  for (auto& score : rows) {
    const auto known = rank.find(score.row.protocol);
    const bool first = !score.row.range && known != rank.end();
    Key key{first ? known->second : rank.size() + (score.row.range ? 1 : 0), row_name(score.row), score.scene,
            score.frame};
    sorted.insert_or_assign(std::move(key), std::move(score));
  }
  rows.clear();
  for (auto& [key, score] : sorted) rows.push_back(std::move(score));
}

std::vector<std::string> columns_of(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  for (const auto& score : rows)
    for (const auto& [key, value] : score.row.values) keys.insert(key);
  return metrics::in_table_order(keys);
}

std::vector<metrics::ImageValue> values_of(const Rows& rows, const std::string& key) {
  std::vector<metrics::ImageValue> values;
  for (const auto* score : rows) values.push_back({score->value(key), score->row.valid_pixels});
  return values;
}

std::size_t pixels_of(const Rows& rows) {
  std::size_t pixels = 0;
  for (const auto* score : rows) pixels += score->row.valid_pixels;
  return pixels;
}

Averaging averaging_of(const Protocol* protocol, const std::string& key) {
  return protocol ? protocol->averaging_for(key) : Averaging::kMeanOfImages;
}

Pool pool_of(const std::string& key) {
  const auto* metric = metrics::find_metric(key);
  return metric ? metric->pool : Pool::kNone;
}

// The ordinary rows of one protocol, and what is averaged over them.
struct Group {
  std::string name;
  const Protocol* protocol = nullptr;  // as given; none when rows alone know it
  Rows rows;

  std::vector<std::string> keys() const {
    if (protocol) return protocol->metrics;
    std::set<std::string> seen;
    for (const auto* score : rows)
      for (const auto& [key, value] : score->row.values) seen.insert(key);
    return metrics::in_table_order(seen);
  }
  metrics::Aggregate total(const std::string& key) const {
    return metrics::aggregate(values_of(rows, key), averaging_of(protocol, key), pool_of(key));
  }
};

// Protocols in the order given, then those only rows know, by name. Those without a row have no totals.
std::vector<Group> by_protocol(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::map<std::string, Rows> chosen;
  for (const auto& score : rows)
    if (!score.row.range) chosen[score.row.protocol].push_back(&score);
  std::vector<Group> groups;
  for (const auto& protocol : protocols)
    if (const auto own = chosen.find(protocol.name); own != chosen.end())
      groups.push_back({protocol.name, &protocol, std::move(own->second)});
  for (auto& [name, members] : chosen)
    if (!find(protocols, name)) groups.push_back({name, nullptr, std::move(members)});
  return groups;
}

// One line a protocol and part: name of the part, frames, pixels, metrics averaged inside it.
std::string group_table(std::span<const FrameScore> rows, std::span<const Protocol> protocols,
                        const std::vector<std::string>& columns, const char* title,
                        std::string (*part_of)(std::string_view scene)) {
  Line header = {"protocol", title, "frames", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::vector<Line> lines;
  for (const Group& group : by_protocol(rows, protocols)) {
    std::map<std::string, Group> parts;
    for (const auto* score : group.rows) parts[part_of(score->scene)].rows.push_back(score);
    for (auto& [name, part] : parts) {
      part.protocol = group.protocol;
      Line line = {group.name, name, std::to_string(part.rows.size()), std::to_string(pixels_of(part.rows))};
      line.resize(header.size());
      for (const auto& key : part.keys()) {
        const auto at = std::find(columns.begin(), columns.end(), key) - columns.begin();
        line[4 + static_cast<std::size_t>(at)] = format_number(part.total(key).value);
      }
      lines.push_back(std::move(line));
    }
  }
  return io::csv_text(header, lines);
}

std::string interval_table(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::vector<Line> lines;
  for (const Group& group : by_protocol(rows, protocols))
    for (const auto& key : group.keys()) {
      const auto total = group.total(key);
      const auto interval = metrics::bootstrap_interval(values_of(group.rows, key),
                                                        averaging_of(group.protocol, key), pool_of(key));
      lines.push_back({group.name, key, format_number(total.value), format_number(interval.low),
                       format_number(interval.high), std::to_string(total.images)});
    }
  return io::csv_text(Line{"protocol", "metric", "value", "low", "high", "n"}, lines);
}

std::string range_table(std::span<const RangeSummary> ranges, const std::vector<std::string>& columns) {
  Line header = {"protocol", "from", "to", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::vector<Line> lines;
  for (const auto& part : ranges) {
    Line line = {part.protocol, format_number(part.range.from), format_number(part.range.to),
                 std::to_string(part.pixels)};
    for (const auto& [key, value] : part.values) line.push_back(format_number(value));
    lines.push_back(std::move(line));
  }
  return io::csv_text(header, lines);
}

std::string summary_table(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::vector<Line> lines;
  for (const auto& row : summarise(rows, protocols))
    lines.push_back({row.protocol, row.metric, format_number(row.value), std::to_string(row.frames)});
  return io::csv_text(Line{"protocol", "metric", "value", "n"}, lines);
}

}  // namespace

std::vector<ScoreSummary> summarise(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const Group& group : by_protocol(rows, protocols))
    for (const auto& key : group.keys()) {
      const auto total = group.total(key);
      out.push_back({group.name, key, total.value, total.images});
    }
  return out;
}

std::vector<RangeSummary> summarise_ranges(std::span<const FrameScore> rows,
                                           std::span<const std::string> columns) {
  std::map<std::pair<std::string, DepthRange>, Rows> ranges;
  for (const auto& score : rows)
    if (score.row.range) ranges[{score.row.protocol, *score.row.range}].push_back(&score);
  std::vector<RangeSummary> out;
  for (const auto& [key, members] : ranges) {
    RangeSummary part{key.first, key.second, pixels_of(members), {}};
    for (const auto& column : columns)
      part.values.emplace_back(
          column, metrics::aggregate(values_of(members, column), Averaging::kPooled, pool_of(column)).value);
    out.push_back(std::move(part));
  }
  return out;
}

std::string scene_type(std::string_view scene) {
  const auto last = scene.rfind('_');
  if (last == std::string_view::npos || last + 1 == scene.size()) return std::string(scene);
  std::string_view number = scene.substr(last + 1);
  if (number.back() >= 'a' && number.back() <= 'z') number.remove_suffix(1);
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return std::string(digits ? scene.substr(0, last) : scene);
}

void write_metric_tables(const fs::path& folder, std::vector<FrameScore> rows,
                         std::span<const Protocol> protocols) {
  sort_rows(rows, protocols);
  const auto columns = columns_of(rows, protocols);
  std::vector<Line> sentences;
  for (const auto& protocol : protocols) {
    io::write_whole_file(folder / "protocols" / (protocol.name + ".ini"), protocol_text(protocol));
    sentences.push_back({protocol.name, metrics::protocol_sentence(protocol)});
  }
  io::write_whole_file(folder / "protocols.csv", io::csv_text(Line{"protocol", "sentence"}, sentences));
  write_frame_tables(folder, rows, columns);
  io::write_whole_file(folder / "scenes.csv",
                       group_table(rows, protocols, columns, "scene",
                                   [](std::string_view scene) { return std::string(scene); }));
  io::write_whole_file(folder / "types.csv", group_table(rows, protocols, columns, "scene_type", scene_type));
  if (const auto ranges = summarise_ranges(rows, columns); !ranges.empty())
    io::write_whole_file(folder / "ranges.csv", range_table(ranges, columns));
  io::write_whole_file(folder / "intervals.csv", interval_table(rows, protocols));
  io::write_whole_file(folder / "summary.csv", summary_table(rows, protocols));
}

std::vector<Protocol> read_table_protocols(const fs::path& folder) {
  std::vector<Protocol> protocols;
  for (const auto& name : io::list_ini(folder / "protocols"))
    protocols.push_back(read_protocol(folder / "protocols" / (name + ".ini")));
  return protocols;
}

}  // namespace depthmill
