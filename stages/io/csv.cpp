#include "stages/io/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "stages/base/quote.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_number(const std::string& cell) {
  try {
    parse_number(cell);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

// Would a spreadsheet take a cell for a formula that begins with one of these, behind so many guards?
constexpr char kGuard = '\'';
bool is_formula(std::string_view cell, std::size_t guards) {
  return guards < cell.size() && std::string_view("=+-@\t\r").find(cell[guards]) != std::string_view::npos;
}

std::size_t guards_of(std::string_view cell) { return std::min(cell.find_first_not_of(kGuard), cell.size()); }

// A cell that is text for a spreadsheet too: one guard before what would be a formula, or would lose a guard of its
// own when it is read.
std::string guarded(const std::string& cell) {
  const std::size_t guards = guards_of(cell);
  return is_formula(cell, guards) && (guards > 0 || !is_number(cell)) ? kGuard + cell : cell;
}

std::string unguarded(std::string cell) {
  if (const std::size_t guards = guards_of(cell); guards > 0 && is_formula(cell, guards)) cell.erase(0, 1);
  return cell;
}

// Reads one record that starts at `at`; leaves `at` behind its line break and counts the breaks passed.
std::vector<std::string> next_record(std::string_view text, std::size_t& at, std::size_t& breaks) {
  std::vector<std::string> cells(1);
  bool quoted = false;  // inside quotes
  bool closed = false;  // this cell's quotes have ended
  while (at < text.size()) {
    const char c = text[at++];
    if (quoted) {
      if (c == '\n') ++breaks;
      if (c != '"') {
        cells.back() += c;
      } else if (at < text.size() && text[at] == '"') {
        cells.back() += '"';
        ++at;
      } else {
        quoted = false;
        closed = true;
      }
    } else if (c == ',') {
      cells.emplace_back();
      closed = false;
    } else if (c == '\n' || (c == '\r' && at < text.size() && text[at] == '\n')) {
      if (c == '\r') ++at;
      ++breaks;
      return cells;
    } else if (closed) {
      throw std::invalid_argument("text follows the closing quote of a cell");
    } else if (c == '"' && cells.back().empty()) {
      quoted = true;
    } else {
      cells.back() += c;
    }
  }
  if (quoted) throw std::invalid_argument("a quoted cell is not closed");
  return cells;
}

}  // namespace

std::vector<std::string> split_csv_line(std::string_view record) {
  std::size_t at = 0, breaks = 0;
  auto cells = next_record(record, at, breaks);
  if (at != record.size()) throw std::invalid_argument("more than one record");
  for (std::string& cell : cells) cell = unguarded(std::move(cell));
  return cells;
}

std::string csv_line(std::span<const std::string> cells) {
  std::string line;
  bool first = true;
  for (const std::string& text : cells) {
    if (!first) line += ',';
    first = false;
    const std::string cell = guarded(text);
    // A byte-order mark is letters inside a table but would be dropped at its start.
    if (cell.find_first_of(",\"\r\n") == std::string::npos && !cell.starts_with(kByteOrderMark)) {
      line += cell;
      continue;
    }
    line += '"';
    for (char c : cell) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line;
}

std::string format_number(double value) {
  if (std::isnan(value)) return "";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

double parse_number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::string_view digits = text;
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw std::invalid_argument(in_quotes(text) + " is not a number");
  return value;
}

bool CsvTable::has_column(std::string_view name) const {
  return std::find(header.begin(), header.end(), name) != header.end();
}

std::size_t CsvTable::column(std::string_view name) const {
  const auto it = std::find(header.begin(), header.end(), name);
  if (it != header.end()) return static_cast<std::size_t>(it - header.begin());
  throw TextFileError(file, 1,
                      "has no column " + in_quotes(name) + " (there are: " + name_list(header) + ")");
}

double CsvTable::number(std::size_t row, std::size_t column) const {
  try {
    return parse_number(rows.at(row).at(column));
  } catch (const std::invalid_argument& e) {
    throw TextFileError(file, lines.at(row), "column " + in_quotes(header.at(column)) + ": " + e.what());
  }
}

CsvTable parse_csv(std::string_view text, const std::filesystem::path& file) {
  CsvTable table;
  table.file = file;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::size_t at = 0, line = 1;
  while (at < text.size()) {
    const std::size_t start_line = line;
    std::vector<std::string> cells;
    try {
      std::size_t breaks = 0;
      const std::size_t start = at;
      cells = next_record(text, at, breaks);
      line += breaks;
      for (std::string& cell : cells) cell = unguarded(std::move(cell));
      // A line with nothing on it is skipped; a line with an empty quoted cell is a row.
      if (cells.size() == 1 && cells[0].empty() && text[start] != '"') continue;
    } catch (const std::invalid_argument& e) {
      throw TextFileError(file, start_line, e.what());
    }
    if (table.header.empty()) {
      for (std::size_t i = 0; i < cells.size(); ++i)
        if (std::find(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(i), cells[i]) !=
            cells.begin() + static_cast<std::ptrdiff_t>(i))
          throw TextFileError(file, start_line, "two columns are called " + in_quotes(cells[i]));
      table.header = std::move(cells);
      continue;
    }
    if (cells.size() != table.header.size())
      throw TextFileError(file, start_line,
                          "row has " + std::to_string(cells.size()) + " cells, the header " +
                              std::to_string(table.header.size()));
    table.rows.push_back(std::move(cells));
    table.lines.push_back(start_line);
  }
  if (table.header.empty()) throw TextFileError(file, 0, "is empty: no header line");
  return table;
}

CsvTable read_csv_file(const std::filesystem::path& file) { return parse_csv(read_text_file(file), file); }

std::string csv_text(std::span<const std::string> header, std::span<const std::vector<std::string>> rows) {
  std::string text = csv_line(header) + "\n";
  for (const auto& row : rows) text += csv_line(row) + "\n";
  return text;
}

}  // namespace depthmill::io
