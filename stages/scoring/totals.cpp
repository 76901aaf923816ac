// The tables derived from rows of frames: sorting, averaging, intervals, comparison.
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "metrics/aggregate.h"
#include "metrics/errors.h"
#include "metrics/protocol.h"
#include "metrics/sentence.h"
#include "metrics/statistics.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/ini_folder.h"
#include "stages/run_folder/frame_table.h"
#include "stages/run_folder/score_tables.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using frame_table::cell;
using frame_table::Line;
using frame_table::record;
using metrics::Averaging;
using metrics::Pool;
using metrics::Protocol;
using Rows = std::vector<const FrameScore*>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const Protocol* find(std::span<const Protocol> protocols, const std::string& name) {
  for (const auto& protocol : protocols)
    if (protocol.name == name) return &protocol;
  return nullptr;
}

// Protocol names in the order given, then those only rows know.
std::vector<std::string> protocol_order(std::span<const FrameScore> rows,
                                        std::span<const Protocol> protocols) {
  std::vector<std::string> order;
  for (const auto& protocol : protocols) order.push_back(protocol.name);
  std::set<std::string> others;
  for (const auto& score : rows)
    if (!find(protocols, score.row.protocol)) others.insert(score.row.protocol);
  order.insert(order.end(), others.begin(), others.end());
  return order;
}

void sort_rows(std::vector<FrameScore>& rows, std::span<const Protocol> protocols) {
  const auto order = protocol_order(rows, protocols);
  std::map<std::string, std::size_t> rank;
  for (std::size_t i = 0; i < order.size(); ++i) rank.emplace(order[i], i);
  const auto key = [&](const FrameScore& s) { return std::tie(rank.at(s.row.protocol), s.scene, s.frame); };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<FrameScore> kept;
  for (auto& row : rows) {
    if (!kept.empty() && key(kept.back()) == key(row)) kept.pop_back();
    kept.push_back(std::move(row));
  }
  rows = std::move(kept);
}

std::vector<std::string> columns_of(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::set<std::string> keys;
  for (const auto& protocol : protocols) keys.insert(protocol.metrics.begin(), protocol.metrics.end());
  for (const auto& score : rows)
    for (const auto& [key, value] : score.row.values) keys.insert(key);
  return frame_table::in_table_order(keys);
}

std::vector<std::string> keys_of(const Rows& rows, const Protocol* protocol) {
  if (protocol) return protocol->metrics;
  std::set<std::string> seen;
  for (const auto* score : rows)
    for (const auto& [key, value] : score->row.values) seen.insert(key);
  return frame_table::in_table_order(seen);
}

std::vector<metrics::ImageValue> values_of(const Rows& rows, const std::string& key) {
  std::vector<metrics::ImageValue> values;
  for (const auto* score : rows) values.push_back({score->value(key), score->row.valid_pixels});
  return values;
}

Averaging averaging_of(const Protocol* protocol, const std::string& key) {
  return protocol ? protocol->averaging_for(key) : Averaging::kMeanOfImages;
}

Pool pool_of(const std::string& key) {
  const auto* metric = metrics::find_metric(key);
  return metric ? metric->pool : Pool::kNone;
}

std::vector<ScoreSummary> summarise_rows(const Rows& rows, const std::string& name, const std::string& scene,
                                         std::span<const Protocol> protocols) {
  const Protocol* protocol = find(protocols, name);
  std::vector<ScoreSummary> out;
  for (const auto& key : keys_of(rows, protocol)) {
    const auto total = metrics::aggregate(values_of(rows, key), averaging_of(protocol, key), pool_of(key));
    out.push_back({name, scene, key, total.value, total.images, total.pixels});
  }
  return out;
}

// Ordinary rows by protocol, in order.
std::vector<std::pair<std::string, Rows>> by_protocol(std::span<const FrameScore> rows,
                                                      std::span<const Protocol> protocols) {
  std::map<std::string, Rows> chosen;
  for (const auto& score : rows)
    if (!parse_range_row_name(score.row.protocol)) chosen[score.row.protocol].push_back(&score);
  std::vector<std::pair<std::string, Rows>> out;
  for (const auto& name : protocol_order(rows, protocols))
    if (find(protocols, name) || chosen.contains(name)) out.emplace_back(name, std::move(chosen[name]));
  return out;
}

// One line a protocol and group: name of the group, frames, pixels, metrics averaged inside it.
std::string group_table(std::span<const FrameScore> rows, std::span<const Protocol> protocols,
                        const std::vector<std::string>& columns, const char* title,
                        std::string (*group_of)(std::string_view scene)) {
  Line header = {"protocol", title, "frames", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::string text = record(header);
  for (const auto& [name, all] : by_protocol(rows, protocols)) {
    std::map<std::string, Rows> groups;
    for (const auto* score : all) groups[group_of(score->scene)].push_back(score);
    for (const auto& [group, members] : groups) {
      std::size_t pixels = 0;
      for (const auto* score : members) pixels += score->row.valid_pixels;
      Line line = {name, group, std::to_string(members.size()), std::to_string(pixels)};
      line.resize(header.size());
      for (const auto& part : summarise_rows(members, name, group, protocols)) {
        const auto at = std::find(columns.begin(), columns.end(), part.metric) - columns.begin();
        line[4 + static_cast<std::size_t>(at)] = cell(part.value);
      }
      text += record(line);
    }
  }
  return text;
}

std::string interval_table(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::string text = record({"protocol", "metric", "value", "low", "high", "n"});
  for (const auto& [name, members] : by_protocol(rows, protocols)) {
    const Protocol* protocol = find(protocols, name);
    for (const auto& key : keys_of(members, protocol)) {
      const auto values = values_of(members, key);
      const auto total = metrics::aggregate(values, averaging_of(protocol, key), pool_of(key));
      const auto interval = metrics::bootstrap_interval(values, averaging_of(protocol, key), pool_of(key));
      text += record({name, key, cell(total.value), cell(interval.low), cell(interval.high),
                      std::to_string(total.images)});
    }
  }
  return text;
}

// Rows of depth ranges, pooled over pixels; what cannot be pooled stays empty.
std::string range_table(std::span<const FrameScore> rows, const std::vector<std::string>& columns) {
  std::map<std::tuple<std::string, double, double>, Rows> ranges;
  for (const auto& score : rows)
    if (const auto range = parse_range_row_name(score.row.protocol))
      ranges[{range->protocol, range->from, range->to}].push_back(&score);
  Line header = {"protocol", "from", "to", "n"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::string text = record(header);
  for (const auto& [range, members] : ranges) {
    std::size_t pixels = 0;
    for (const auto* score : members) pixels += score->row.valid_pixels;
    Line line = {std::get<0>(range), cell(std::get<1>(range)), cell(std::get<2>(range)),
                 std::to_string(pixels)};
    for (const auto& key : columns)
      line.push_back(
          cell(metrics::aggregate(values_of(members, key), Averaging::kPooled, pool_of(key)).value));
    text += record(line);
  }
  return text;
}

}  // namespace

std::vector<ScoreSummary> summarise(std::span<const FrameScore> rows, std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const auto& [name, members] : by_protocol(rows, protocols)) {
    const auto part = summarise_rows(members, name, "", protocols);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

std::vector<ScoreSummary> summarise_scenes(std::span<const FrameScore> rows,
                                           std::span<const Protocol> protocols) {
  std::vector<ScoreSummary> out;
  for (const auto& [name, members] : by_protocol(rows, protocols)) {
    std::map<std::string, Rows> scenes;
    for (const auto* score : members) scenes[score->scene].push_back(score);
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
  std::vector<FrameScore> frames, ranges;
  for (auto& score : rows)
    (parse_range_row_name(score.row.protocol) ? ranges : frames).push_back(std::move(score));

  std::string sentences = record({"protocol", "sentence"});
  for (const auto& protocol : protocols) {
    io::write_whole_file(folder / "protocols" / (protocol.name + ".ini"), protocol_text(protocol));
    sentences += record({protocol.name, metrics::protocol_sentence(protocol)});
  }
  io::write_whole_file(folder / "protocols.csv", sentences);
  io::write_whole_file(folder / "frames.csv", frame_table::text(frames, columns));
  io::write_whole_file(folder / "scenes.csv",
                       group_table(frames, protocols, columns, "scene",
                                   [](std::string_view scene) { return std::string(scene); }));
  io::write_whole_file(folder / "types.csv",
                       group_table(frames, protocols, columns, "scene_type", scene_type));
  if (!ranges.empty()) {
    io::write_whole_file(folder / frame_table::kRangesFile, frame_table::text(ranges, columns));
    io::write_whole_file(folder / "ranges.csv", range_table(ranges, columns));
  }
  std::string summary = record({"protocol", "metric", "value", "n"});
  for (const auto& row : summarise(frames, protocols))
    summary += record({row.protocol, row.metric, cell(row.value), std::to_string(row.frames)});
  io::write_whole_file(folder / "intervals.csv", interval_table(frames, protocols));
  io::write_whole_file(folder / "summary.csv", summary);
}

std::string comparison_table(std::span<const FrameScore> first, std::span<const FrameScore> second,
                             std::span<const Protocol> protocols) {
  std::string text =
      record({"protocol", "metric", "first", "second", "difference", "low", "high", "p_value", "frames"});
  for (const auto& [name, members] : by_protocol(first, protocols)) {
    std::map<std::pair<std::string, std::string>, const FrameScore*> partner;
    for (const auto& score : second)
      if (score.row.protocol == name) partner[{score.scene, score.frame}] = &score;
    Rows ours, theirs;
    for (const auto* score : members)
      if (const auto found = partner.find({score->scene, score->frame}); found != partner.end())
        ours.push_back(score), theirs.push_back(found->second);
    for (const auto& key : keys_of(ours, find(protocols, name))) {
      std::vector<double> a, b;
      for (const auto* score : ours) a.push_back(score->value(key));
      for (const auto* score : theirs) b.push_back(score->value(key));
      const auto result = metrics::compare_paired(a, b);
      if (result.images == 0) continue;
      double sum_a = 0, sum_b = 0;
      for (std::size_t i = 0; i < a.size(); ++i)
        if (!std::isnan(a[i]) && !std::isnan(b[i])) sum_a += a[i], sum_b += b[i];
      const double n = static_cast<double>(result.images);
      text += record({name, key, cell(sum_a / n), cell(sum_b / n), cell(result.mean_difference),
                      cell(result.interval.low), cell(result.interval.high), cell(result.p_value),
                      std::to_string(result.images)});
    }
  }
  return text;
}

std::vector<Protocol> read_table_protocols(const fs::path& folder) {
  std::vector<Protocol> protocols;
  for (const auto& name : io::list_ini(folder / "protocols"))
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
