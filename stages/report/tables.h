// The comparison tables: one a protocol, rows are runs, columns are metrics.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "stages/report/load.h"
#include "stages/report/metric_names.h"
#include "stages/report/report.h"

namespace depthmill::report {

enum class Mark { kNone, kBest, kSecond };

struct Cell {
  double value = 0;  // NaN = undefined
  std::string text;  // as printed, "" when undefined
  Mark mark = Mark::kNone;
  double low = std::numeric_limits<double>::quiet_NaN();  // 95 % interval over images, NaN = not known
  double high = std::numeric_limits<double>::quiet_NaN();
  std::string interval = {};  // as printed behind it, "" = not shown
  std::string stars = {};     // "*", "**", "***": sure to differ from a reference (stars.h)
};

struct Row {
  std::string label;
  std::size_t images = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  bool has_manifest = false;  // without one the two counts are unknown, not zero
  std::vector<Cell> cells;    // as many as Table::columns
  std::string protocol = {};  // that of its table, or of the one that it was joined from
  // Joined tables: how predictions were fitted to the ground truth, "" = a table of one protocol.
  std::string alignment = {};
  std::string group = {};  // the scene, kind of scene or interval of depth; rows of one group stand together
};

struct Table {
  std::string protocol;
  std::string sentence;
  std::vector<MetricName> columns;
  std::vector<Row> rows;
  std::vector<std::string> remarks;  // what must be known before rows are compared
  Grouping by = Grouping::kNone;     // else Row::images counts those of the group, of depths the pixels
  std::string stars_note = {};       // what the stars mean, "" without any

  // Of the metric with this key among the columns; their number where it is none of them.
  std::size_t place_of(const std::string& key) const;
  // What stands left of the metrics, and over it: group, run, alignment, those that the table has.
  std::vector<std::string> heads() const;
  std::vector<std::string> titles(const Row& row) const;
};

// Tables in the order in which protocols are met. A run that lacks a protocol has no row in its table. Values
// that print alike share a mark; one row alone is not marked, and two rows have no second.
std::vector<Table> make_tables(std::span<const RunData> runs);

// Marks the best and the second of a column in each group, of those that print otherwise; undefined and infinite values
// take no part.
void mark_column(Table& table, std::size_t column);

// How people want to see them; files for programs keep all columns and digits.
struct Arrangement {
  std::vector<std::string> columns = {};  // metric keys, in this order; empty = all
  int digits = -1;                        // decimals; -1 = as printed()
  bool percent = false;                   // shares (d1, d2, ...) in per cent
  std::string sort = {};   // metric key by which rows are sorted, the best first; "" = as they were named
  bool intervals = false;  // with the 95 % interval over images, where it is known
};

// Throws std::invalid_argument for a key that no table has, naming those there are. A table without any of the columns
// is left out.
std::vector<Table> arranged(std::vector<Table> tables, const Arrangement& how);

// Four decimals below 10, fewer above so that columns stay narrow, an exponent below 0.001; "" for NaN.
std::string printed(double value);

// Marks as **best** and <ins>second</ins>; counts and protocol beside the numbers.
std::string tables_markdown(std::span<const Table> tables);

// Long-lived form: protocol,run,images,failed,skipped and the union of the metric keys; full precision, no
// marks; <key>_low and <key>_high where a run has intervals.
std::string tables_csv(std::span<const Table> tables);
// protocol,by,group,run,count and the union of the metric keys, of the tables of groups.h.
std::string groups_csv(std::span<const Table> tables);

}  // namespace depthmill::report
