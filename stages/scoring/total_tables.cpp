#include "stages/scoring/total_tables.h"

#include <cmath>
#include <set>

#include "stages/io/csv.h"
#include "stages/io/text_file.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;

// A count of frames or pixels; 0 for an empty cell.
std::size_t count_cell(const io::CsvTable& table, std::size_t row, std::size_t column) {
  const double value = table.number(row, column);
  if (std::isnan(value)) return 0;
  if (value < 0 || value > 1e15 || value != std::floor(value))
    throw io::TextFileError(table.file, table.lines[row],
                            table.header[column] + ": '" + table.rows[row][column] + "' is no count");
  return static_cast<std::size_t>(value);
}

// Calls `visit(table, row)` for each row of a table that may be absent.
template <class Visit>
void for_each_row(const fs::path& file, Visit&& visit) {
  if (!fs::exists(file)) return;
  const io::CsvTable table = io::read_csv_file(file);
  for (std::size_t r = 0; r < table.rows.size(); ++r) visit(table, r);
}

// The cells of the metrics, which stand behind column n.
std::vector<std::pair<std::string, double>> metric_cells(const io::CsvTable& table, std::size_t row) {
  std::vector<std::pair<std::string, double>> values;
  for (std::size_t c = table.column("n") + 1; c < table.header.size(); ++c)
    if (!table.rows[row][c].empty()) values.emplace_back(table.header[c], table.number(row, c));
  return values;
}

std::vector<GroupTotal> read_groups(const fs::path& file, const char* title) {
  std::vector<GroupTotal> groups;
  for_each_row(file, [&](const io::CsvTable& table, std::size_t r) {
    groups.push_back({table.rows[r][table.column("protocol")], table.rows[r][table.column(title)],
                      count_cell(table, r, table.column("frames")), metric_cells(table, r)});
  });
  return groups;
}

}  // namespace

std::vector<ScoreSummary> read_summary_table(const fs::path& folder) {
  const io::CsvTable table = io::read_csv_file(folder / "summary.csv");
  const auto protocol = table.column("protocol"), metric = table.column("metric"),
             value = table.column("value"), n = table.column("n");
  std::vector<ScoreSummary> rows;
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& cells = table.rows[r];
    if (!seen.insert({cells[protocol], cells[metric]}).second)
      throw io::TextFileError(
          table.file, table.lines[r],
          "metric '" + cells[metric] + "' is there twice under protocol '" + cells[protocol] + "'");
    rows.push_back({cells[protocol], cells[metric], table.number(r, value), count_cell(table, r, n)});
  }
  return rows;
}

std::vector<GroupTotal> read_scene_table(const fs::path& folder) {
  return read_groups(folder / "scenes.csv", "scene");
}

std::vector<GroupTotal> read_type_table(const fs::path& folder) {
  return read_groups(folder / "types.csv", "scene_type");
}

std::vector<MetricInterval> read_interval_table(const fs::path& folder) {
  std::vector<MetricInterval> rows;
  for_each_row(folder / "intervals.csv", [&](const io::CsvTable& table, std::size_t r) {
    rows.push_back({table.rows[r][table.column("protocol")], table.rows[r][table.column("metric")],
                    table.number(r, table.column("low")), table.number(r, table.column("high"))});
  });
  return rows;
}

std::vector<RangeSummary> read_range_table(const fs::path& folder) {
  std::vector<RangeSummary> rows;
  for_each_row(folder / "ranges.csv", [&](const io::CsvTable& table, std::size_t r) {
    const DepthRange range{table.number(r, table.column("from")), table.number(r, table.column("to"))};
    rows.push_back({table.rows[r][table.column("protocol")], range, count_cell(table, r, table.column("n")),
                    metric_cells(table, r)});
  });
  return rows;
}

std::vector<std::pair<std::string, std::string>> read_sentences(const fs::path& folder) {
  std::vector<std::pair<std::string, std::string>> rows;
  for_each_row(folder / "protocols.csv", [&](const io::CsvTable& table, std::size_t r) {
    rows.emplace_back(table.rows[r][table.column("protocol")], table.rows[r][table.column("sentence")]);
  });
  return rows;
}

}  // namespace depthmill
