// Tables as people want to see them: chosen columns, digits, order.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "stages/io/suggest.h"
#include "stages/report/tables.h"

namespace depthmill::report {
namespace {

bool is_share(const MetricName& column) { return column.better == Better::kHigher && column.unit.empty(); }

void hold_keys(const std::vector<Table>& tables, const std::vector<std::string>& keys) {
  std::vector<std::string> known;
  for (const Table& table : tables)
    for (const MetricName& column : table.columns)
      if (std::find(known.begin(), known.end(), column.key) == known.end()) known.push_back(column.key);
  for (const std::string& key : keys)
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw std::invalid_argument("no table has a metric '" + key + "'" + io::did_you_mean(key, known) +
                                  " (there are: " + io::name_list(known) + ")");
}

void keep_columns(Table& table, const std::vector<std::string>& keys) {
  std::vector<std::size_t> kept;
  for (const std::string& key : keys)
    if (const std::size_t at = table.place_of(key); at < table.columns.size()) kept.push_back(at);
  const auto pick = [&](const auto& all) {
    std::remove_cvref_t<decltype(all)> some;
    for (const std::size_t at : kept) some.push_back(all[at]);
    return some;
  };
  table.columns = pick(table.columns);
  for (Row& row : table.rows) row.cells = pick(row.cells);
}

std::string with_digits(double value, int digits) {
  if (digits < 0 || !std::isfinite(value)) return printed(value);
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

void write_cells(Table& table, const Arrangement& how) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool in_percent = how.percent && is_share(table.columns[c]);
    if (in_percent)
      table.columns[c].unit = "%", table.columns[c].plain += " (%)", table.columns[c].latex += " (\\%)";
    for (Row& row : table.rows) {
      Cell& cell = row.cells[c];
      for (double* number : {&cell.value, &cell.low, &cell.high}) *number *= in_percent ? 100 : 1;
      cell.text = with_digits(cell.value, how.digits);
      cell.mark = Mark::kNone;
      if (how.intervals && !std::isnan(cell.low) && !std::isnan(cell.high))
        cell.interval =
            "[" + with_digits(cell.low, how.digits) + ", " + with_digits(cell.high, how.digits) + "]";
    }
    mark_column(table, c);
  }
}

// Within a group. Values that are not there come last.
void sort_rows(Table& table, const std::string& key) {
  const std::size_t at = table.place_of(key);
  if (at == table.columns.size()) {
    if (table.rows.size() > 1)
      table.remarks.push_back("Not sorted: protocol " + table.protocol + " has no metric " + key + ".");
    return;
  }
  const bool higher = table.columns[at].better == Better::kHigher;
  for (auto begin = table.rows.begin(), end = begin; begin != table.rows.end(); begin = end) {
    end = std::find_if(begin, table.rows.end(), [&](const Row& row) { return row.group != begin->group; });
    std::stable_sort(begin, end, [&](const Row& a, const Row& b) {
      const double x = a.cells[at].value, y = b.cells[at].value;
      if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
      return higher ? x > y : x < y;
    });
  }
}

}  // namespace

std::vector<Table> arranged(std::vector<Table> tables, const Arrangement& how) {
  std::vector<std::string> keys = how.columns;
  if (!how.sort.empty()) keys.push_back(how.sort);
  // Parts of runs may lack what the whole has.
  if (!tables.empty() && tables.front().by == Grouping::kNone) hold_keys(tables, keys);
  for (Table& table : tables) {
    if (!how.sort.empty()) sort_rows(table, how.sort);
    if (!how.columns.empty()) keep_columns(table, how.columns);
    write_cells(table, how);
  }
  std::erase_if(tables, [](const Table& table) { return table.columns.empty(); });
  return tables;
}

}  // namespace depthmill::report
