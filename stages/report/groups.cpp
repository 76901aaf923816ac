#include "stages/report/groups.h"

#include <algorithm>
#include <cmath>

#include "stages/io/csv.h"

namespace depthmill::report {
namespace {

struct Part {
  std::string name;
  std::size_t count;
  const std::vector<double>* values;
};

std::vector<Part> parts_of(const ProtocolScores& scores, Grouping by) {
  std::vector<Part> parts;
  if (by == Grouping::kDepth) {
    for (const RangeRow& range : scores.ranges)
      parts.push_back({io::format_number(range.from) + " to " + io::format_number(range.to) + " m",
                       static_cast<std::size_t>(range.n), &range.values});
    return parts;
  }
  const std::vector<ScoreRow>& rows = by == Grouping::kScene ? scores.scenes : scores.types;
  if (rows.size() > 1)
    for (const ScoreRow& row : rows) parts.push_back({row.scene, row.n, &row.values});
  return parts;
}

void push_row(Table& table, const RunData& run, const ProtocolScores& scores, const Part& part) {
  Row& row = table.rows.emplace_back();
  row.label = run.label;
  row.protocol = scores.name;
  row.images = part.count;
  row.group = part.name;
  for (const MetricName& column : table.columns) {
    const int key = scores.key_index(column.key);
    Cell& cell = row.cells.emplace_back();
    cell.value = key < 0 ? std::nan("") : part.values->at(static_cast<std::size_t>(key));
    cell.text = printed(cell.value);
  }
}

}  // namespace

std::vector<Table> group_tables(std::span<const Table> wholes, std::span<const RunData> runs, Grouping by) {
  std::vector<Table> tables;
  for (const Table& whole : wholes) {
    struct Of {
      const RunData* run;
      const ProtocolScores* scores;
      std::vector<Part> parts;
    };
    std::vector<Of> all;
    std::vector<std::pair<double, std::string>> names;  // depths by their near end, others by place
    Table table;
    table.protocol = whole.protocol, table.sentence = whole.sentence, table.columns = whole.columns;
    table.by = by;
    for (const RunData& run : runs)
      if (const ProtocolScores* scores = run.find(whole.protocol)) {
        all.push_back({&run, scores, parts_of(*scores, by)});
        for (std::size_t i = 0; i < all.back().parts.size(); ++i) {
          const std::string& name = all.back().parts[i].name;
          const double place =
              by == Grouping::kDepth ? scores->ranges[i].from : static_cast<double>(names.size());
          if (std::none_of(names.begin(), names.end(), [&](const auto& n) { return n.second == name; }))
            names.emplace_back(place, name);
        }
        if (by == Grouping::kDepth && !scores->range_note.empty())
          table.remarks.push_back(scores->range_note);
      }
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [place, name] : names)
      for (const Of& of : all)
        for (const Part& part : of.parts)
          if (part.name == name) push_row(table, *of.run, *of.scores, part);
    if (table.rows.empty()) continue;
    for (std::size_t c = 0; c < table.columns.size(); ++c) mark_column(table, c);
    tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<Table> all_groups(std::span<const Table> wholes, std::span<const RunData> runs) {
  std::vector<Table> tables;
  for (const Table& whole : wholes)
    for (const Grouping by : {Grouping::kType, Grouping::kScene, Grouping::kDepth})
      for (Table& table : group_tables({&whole, 1}, runs, by)) tables.push_back(std::move(table));
  return tables;
}

std::vector<Table> with_groups(std::span<const Table> wholes, std::span<const Table> groups,
                               std::span<const Grouping> by) {
  std::vector<Table> tables;
  for (const Table& whole : wholes) {
    tables.push_back(whole);
    for (const Table& group : groups)
      if (std::find(by.begin(), by.end(), group.by) != by.end() &&
          std::any_of(whole.rows.begin(), whole.rows.end(),
                      [&](const Row& row) { return row.protocol == group.protocol; }))
        tables.push_back(group);
  }
  return tables;
}

}  // namespace depthmill::report
