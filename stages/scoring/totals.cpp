#include "stages/scoring/totals.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>

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

const Protocol* find(std::span<const Protocol> protocols, const std::string& name) {
  for (const auto& protocol : protocols)
    if (protocol.name == name) return &protocol;
  return nullptr;
}

// Ranges go by name behind all others.
void sort(ScoreTables& rows, std::span<const Protocol> protocols) {
  std::map<std::string, std::size_t> rank;
  for (const auto& protocol : protocols) rank.emplace(protocol.name, rank.size());
  const auto key = [&](const ScoreTables::Part& part) {
    const auto known = rank.find(part.protocol);
    const std::size_t place = part.range            ? rank.size() + 1
                              : known != rank.end() ? known->second
                                                    : rank.size();
    return std::pair(place, row_name({part.protocol, 0, {}, {}, part.range}));
  };
  std::stable_sort(rows.parts().begin(), rows.parts().end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  for (ScoreTables::Part& part : rows.parts()) part.table.sort();
}

std::vector<std::string> columns_of(const ScoreTables& rows, std::span<const Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  for (const auto& part : rows.parts()) keys.insert(part.table.keys().begin(), part.table.keys().end());
  return metrics::in_table_order(keys);
}

// Places of rows in a table.
using Places = std::vector<std::uint32_t>;

Places all_of(const ScoreTable& table) {
  Places places(table.size());
  std::iota(places.begin(), places.end(), std::uint32_t{0});
  return places;
}

std::vector<metrics::ImageValue> values_of(const ScoreTable& table, const Places& places,
                                           std::string_view key) {
  const std::vector<double>* column = table.find(key);
  std::vector<metrics::ImageValue> values;
  values.reserve(places.size());
  for (const std::uint32_t i : places)
    values.push_back(
        {column ? (*column)[i] : std::numeric_limits<double>::quiet_NaN(), table.valid_pixels(i)});
  return values;
}

std::size_t pixels_of(const ScoreTable& table, const Places& places) {
  std::size_t pixels = 0;
  for (const std::uint32_t i : places) pixels += table.valid_pixels(i);
  return pixels;
}

Averaging averaging_of(const Protocol* protocol, const std::string& key) {
  return protocol ? protocol->averaging_for(key) : Averaging::kMeanOfImages;
}

Pool pool_of(const std::string& key) {
  const auto* metric = metrics::find_metric(key);
  return metric ? metric->pool : Pool::kNone;
}

// Ordinary rows of one protocol, and what is averaged over them.
struct Group {
  std::string name;
  const Protocol* protocol = nullptr;  // as given; none when rows alone know it
  const ScoreTable* table = nullptr;
  Places places;

  std::vector<std::string> keys() const {
    return protocol
               ? protocol->metrics
               : metrics::in_table_order(std::set<std::string>(table->keys().begin(), table->keys().end()));
  }
  // Of frames, or of clips where the protocol goes by them.
  std::vector<metrics::ImageValue> values(const std::string& key) const {
    const std::vector<metrics::ImageValue> frames = values_of(*table, places, key);
    const Averaging averaging = averaging_of(protocol, key);
    if (!metrics::by_clips(averaging)) return frames;
    std::map<std::string_view, std::vector<metrics::ImageValue>> clips;
    for (std::size_t i = 0; i < places.size(); ++i) clips[table->scene(places[i])].push_back(frames[i]);
    std::vector<metrics::ImageValue> values;
    for (const auto& [scene, of_clip] : clips) {
      const auto total = metrics::aggregate(of_clip, metrics::averaging_in_clip(averaging), pool_of(key));
      values.push_back({total.value, total.pixels});
    }
    return values;
  }
  metrics::Aggregate total(const std::string& key) const {
    return metrics::aggregate(values(key), averaging_of(protocol, key), pool_of(key));
  }
};

// Protocols in the order given, then those only rows know, by name. Those without a row have no totals.
std::vector<Group> by_protocol(const ScoreTables& rows, std::span<const Protocol> protocols) {
  std::map<std::string, const ScoreTable*> tables;
  for (const auto& part : rows.parts())
    if (!part.range) tables[part.protocol] = &part.table;
  std::vector<Group> groups;
  for (const auto& protocol : protocols)
    if (const auto own = tables.find(protocol.name); own != tables.end())
      groups.push_back({protocol.name, &protocol, own->second, all_of(*own->second)});
  for (const auto& [name, table] : tables)
    if (!find(protocols, name)) groups.push_back({name, nullptr, table, all_of(*table)});
  return groups;
}

// One line a protocol and part: name of the part, frames, pixels, metrics averaged inside it.
std::string group_table(const ScoreTables& rows, std::span<const Protocol> protocols,
                        const std::vector<std::string>& columns, const char* title,
                        std::string (*part_of)(std::string_view scene)) {
  Line header = {"protocol", title, "frames", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::vector<Line> lines;
  for (const Group& group : by_protocol(rows, protocols)) {
    std::map<std::string, Places> parts;
    for (const std::uint32_t i : group.places) parts[part_of(group.table->scene(i))].push_back(i);
    for (auto& [name, places] : parts) {
      const Group part{group.name, group.protocol, group.table, std::move(places)};
      Line line = {group.name, name, std::to_string(part.places.size()),
                   std::to_string(pixels_of(*part.table, part.places))};
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

std::string interval_table(const ScoreTables& rows, std::span<const Protocol> protocols) {
  std::vector<Line> lines;
  for (const Group& group : by_protocol(rows, protocols)) {
    const std::vector<std::string> keys = group.keys();
    std::vector<metrics::Averaged> averaged;
    for (const auto& key : keys)
      averaged.push_back({group.values(key), averaging_of(group.protocol, key), pool_of(key)});
    const std::vector<metrics::Interval> intervals = metrics::bootstrap_intervals(averaged);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const auto& [images, averaging, pool] = averaged[k];
      const auto total = metrics::aggregate(images, averaging, pool);
      lines.push_back({group.name, keys[k], format_number(total.value), format_number(intervals[k].low),
                       format_number(intervals[k].high), std::to_string(total.images)});
    }
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

std::string summary_table(const ScoreTables& rows, std::span<const Protocol> protocols) {
  std::vector<Line> lines;
  for (const auto& row : summarise(rows, protocols))
    lines.push_back({row.protocol, row.metric, format_number(row.value), std::to_string(row.frames)});
  return io::csv_text(Line{"protocol", "metric", "value", "n"}, lines);
}

}  // namespace

std::vector<ScoreSummary> summarise(const ScoreTables& rows, std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const Group& group : by_protocol(rows, protocols))
    for (const auto& key : group.keys()) {
      const auto total = group.total(key);
      out.push_back({group.name, key, total.value, total.images});
    }
  return out;
}

std::vector<RangeSummary> summarise_ranges(const ScoreTables& rows, std::span<const std::string> columns) {
  std::map<std::pair<std::string, DepthRange>, const ScoreTable*> ranges;
  for (const auto& part : rows.parts())
    if (part.range) ranges[{part.protocol, *part.range}] = &part.table;
  std::vector<RangeSummary> out;
  for (const auto& [key, table] : ranges) {
    const Places all = all_of(*table);
    RangeSummary part{key.first, key.second, pixels_of(*table, all), {}};
    for (const auto& column : columns)
      part.values.emplace_back(
          column,
          metrics::aggregate(values_of(*table, all, column), Averaging::kPooled, pool_of(column)).value);
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

void write_metric_tables(const fs::path& folder, ScoreTables rows, std::span<const Protocol> protocols) {
  sort(rows, protocols);
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
