#include "stages/report/groups.h"

#include <algorithm>
#include <cmath>
#include <map>

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
    Table table;
    table.protocol = whole.protocol, table.sentence = whole.sentence, table.columns = whole.columns;
    table.by = by;
    struct Member {
      const RunData* run;
      const ProtocolScores* scores;
      Part part;
    };
    struct Group {
      double near;  // of a depth; others stay as they are met
      std::vector<Member> members;
    };
    std::vector<Group> groups;
    std::map<std::string, std::size_t> places;
    for (const RunData& run : runs) {
      const ProtocolScores* scores = run.find(whole.protocol);
      if (!scores) continue;
      const std::vector<Part> parts = parts_of(*scores, by);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto [place, is_new] = places.emplace(parts[i].name, groups.size());
        if (is_new) groups.push_back({by == Grouping::kDepth ? scores->ranges[i].from : 0, {}});
        groups[place->second].members.push_back({&run, scores, parts[i]});
      }
      if (by == Grouping::kDepth && !scores->range_note.empty()) table.remarks.push_back(scores->range_note);
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return a.near < b.near; });
    for (const Group& group : groups)
      for (const Member& member : group.members) push_row(table, *member.run, *member.scores, member.part);
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
