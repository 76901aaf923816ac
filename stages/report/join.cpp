#include "stages/report/join.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "metrics/sentence.h"
#include "stages/io/suggest.h"

namespace depthmill::report {
namespace {

std::string alignment_of(const RunData& run, const std::string& protocol) {
  const ProtocolScores* scores = run.find(protocol);
  return scores && scores->protocol ? metrics::alignment_words(*scores->protocol) : protocol;
}

// Metrics of one protocol alone would leave the other rows empty.
std::vector<MetricName> shared_columns(const std::vector<const Table*>& parts) {
  std::vector<MetricName> columns;
  for (const MetricName& column : parts.front()->columns)
    if (std::all_of(parts.begin(), parts.end(),
                    [&](const Table* t) { return t->place_of(column.key) < t->columns.size(); }))
      columns.push_back(column);
  if (columns.empty())
    throw std::invalid_argument("protocols " + parts.front()->protocol + " and " + parts.back()->protocol +
                                " have no metric in common, so their tables are not one");
  return columns;
}

}  // namespace

std::vector<Table> joined(std::vector<Table> tables, std::span<const RunData> runs,
                          const std::vector<std::string>& protocols) {
  if (protocols.empty()) return tables;
  std::vector<std::string> known;
  for (const Table& table : tables) known.push_back(table.protocol);
  std::vector<const Table*> parts;
  for (const std::string& protocol : protocols) {
    const auto at = std::find(known.begin(), known.end(), protocol);
    if (at == known.end())
      throw std::invalid_argument("no table is of protocol '" + protocol + "'" +
                                  io::did_you_mean(protocol, known) + " (there are: " + io::name_list(known) +
                                  ")");
    const Table* part = &tables[static_cast<std::size_t>(at - known.begin())];
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  Table one;
  one.columns = shared_columns(parts);
  for (const Table* part : parts) {
    one.protocol += (one.protocol.empty() ? "" : " + ") + part->protocol;
    one.sentence += (one.sentence.empty() ? "" : " ") + part->protocol + ": " + part->sentence;
    for (const std::string& remark : part->remarks)
      if (std::find(one.remarks.begin(), one.remarks.end(), remark) == one.remarks.end())
        one.remarks.push_back(remark);
  }
  for (const RunData& run : runs)
    for (const Table* part : parts)
      for (const Row& whole : part->rows) {
        if (whole.label != run.label) continue;
        Row& row = one.rows.emplace_back(whole);
        row.alignment = alignment_of(run, part->protocol);
        row.cells.clear();
        for (const MetricName& column : one.columns)
          row.cells.push_back(whole.cells[part->place_of(column.key)]);
        for (Cell& cell : row.cells) cell.mark = Mark::kNone;
      }
  for (std::size_t c = 0; c < one.columns.size(); ++c) mark_column(one, c);
  std::vector<Table> out;
  bool stands = false;
  for (const Table& table : tables) {
    if (std::find(parts.begin(), parts.end(), &table) == parts.end())
      out.push_back(table);
    else if (!std::exchange(stands, true))
      out.push_back(one);
  }
  return out;
}

}  // namespace depthmill::report
