#include "stages/report/join.h"

#include <algorithm>
#include <cmath>
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

// Metrics that some of the protocols lack would leave their rows empty: `left_out` takes their keys, unless they are asked
// for by name.
std::vector<MetricName> columns_of(const std::vector<const Table*>& parts,
                                   const std::vector<std::string>& asked_for,
                                   std::vector<std::string>& left_out) {
  std::vector<MetricName> columns, all;
  for (const Table* part : parts)
    for (const MetricName& column : part->columns)
      if (std::none_of(all.begin(), all.end(), [&](const MetricName& c) { return c.key == column.key; }))
        all.push_back(column);
  for (const MetricName& column : all) {
    const bool everywhere = std::all_of(parts.begin(), parts.end(), [&](const Table* t) {
      return t->place_of(column.key) < t->columns.size();
    });
    if (everywhere || std::find(asked_for.begin(), asked_for.end(), column.key) != asked_for.end())
      columns.push_back(column);
    else
      left_out.push_back(column.key);
  }
  if (columns.empty())
    throw std::invalid_argument("protocols " + parts.front()->protocol + " and " + parts.back()->protocol +
                                " have no metric in common, so their tables are not one");
  return columns;
}

}  // namespace

std::vector<Table> joined(std::vector<Table> tables, std::span<const RunData> runs,
                          const std::vector<std::string>& protocols,
                          const std::vector<std::string>& asked_for) {
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
  std::vector<std::string> left_out;
  one.columns = columns_of(parts, asked_for, left_out);
  for (const Table* part : parts) {
    one.protocol += (one.protocol.empty() ? "" : " + ") + part->protocol;
    one.sentence += (one.sentence.empty() ? "" : " ") + part->protocol + ": " + part->sentence;
    for (const std::string& remark : part->remarks)
      if (std::find(one.remarks.begin(), one.remarks.end(), remark) == one.remarks.end())
        one.remarks.push_back(remark);
  }
  if (!left_out.empty())
    one.remarks.push_back("Not all of these protocols have " + io::name_list(left_out) +
                          ", so this table is without (--columns shows them).");
  for (const RunData& run : runs)
    for (const Table* part : parts)
      for (const Row& whole : part->rows) {
        if (whole.label != run.label) continue;
        Row& row = one.rows.emplace_back(whole);
        row.alignment = alignment_of(run, part->protocol);
        row.cells.clear();
        for (const MetricName& column : one.columns) {
          const std::size_t at = part->place_of(column.key);
          Cell& cell = row.cells.emplace_back();
          cell.value = std::nan("");
          if (at < whole.cells.size()) cell = whole.cells[at];
          cell.mark = Mark::kNone;
        }
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
