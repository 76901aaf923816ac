#include "stages/io/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "stages/base/quote.h"
#include "stages/io/atomic_file.h"
#include "stages/io/ordinary_file.h"
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

void unguard(std::string& cell) {
  if (const std::size_t guards = guards_of(cell); guards > 0 && is_formula(cell, guards)) cell.erase(0, 1);
}

// Reads one record from `in`, which has characters, into `cells`, whose memory is used again; leaves what follows its
// line break and counts the breaks passed.
template <class Source>
void next_record(Source& in, std::vector<std::string>& cells, std::size_t& breaks) {
  std::size_t count = 0;
  const auto new_cell = [&]() -> std::string* {
    if (count == cells.size()) cells.emplace_back();
    cells[count].clear();
    return &cells[count++];
  };
  std::string* cell = new_cell();
  bool quoted = false;  // inside quotes
  bool closed = false;  // this cell's quotes have ended
  while (in.more()) {
    const char c = in.get();
    if (quoted) {
      if (c == '\n') ++breaks;
      if (c != '"') {
        *cell += c;
      } else if (in.more() && in.peek() == '"') {
        *cell += in.get();
      } else {
        quoted = false;
        closed = true;
      }
    } else if (c == ',') {
      cell = new_cell();
      closed = false;
    } else if (c == '\n' || (c == '\r' && in.more() && in.peek() == '\n')) {
      if (c == '\r') in.get();
      ++breaks;
      break;
    } else if (closed) {
      throw std::invalid_argument("text follows the closing quote of a cell");
    } else if (c == '"' && cell->empty()) {
      quoted = true;
    } else {
      *cell += c;
    }
  }
  if (quoted) throw std::invalid_argument("a quoted cell is not closed");
  cells.resize(count);
  for (std::string& one : cells) unguard(one);
}

double number_in(const std::filesystem::path& file, std::size_t line, const std::string& column,
                 const std::string& cell) {
  try {
    return parse_number(cell);
  } catch (const std::invalid_argument& e) {
    throw TextFileError(file, line, "column " + in_quotes(column) + ": " + e.what());
  }
}

// Characters of a text.
struct Text {
  std::string_view rest;
  bool more() const { return !rest.empty(); }
  char peek() const { return rest.front(); }
  char get() {
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }
};

}  // namespace

std::vector<std::string> split_csv_line(std::string_view record) {
  Text in{record};
  std::size_t breaks = 0;
  std::vector<std::string> cells;
  next_record(in, cells, breaks);
  if (in.more()) throw std::invalid_argument("more than one record");
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
  return number_in(file, lines.at(row), header.at(column), rows.at(row).at(column));
}

// Characters of a text, or of a file block by block.
class CsvReader::Characters {
 public:
  explicit Characters(std::string_view text) : rest_(text) { skip_mark(); }
  explicit Characters(const std::filesystem::path& file) : file_(file), block_(std::size_t{1} << 16, '\0') {
    if (const auto refusal = refusal_of(file)) throw TextFileError(file, 0, refusal->why);
    in_.open(file, std::ios::binary);
    if (!in_) throw TextFileError(file, 0, "cannot be opened");
    skip_mark();
  }
  bool more() { return !rest_.empty() || refill(); }
  char peek() const { return rest_.front(); }
  char get() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

 private:
  void skip_mark() {
    if (more() && rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }
  bool refill() {
    if (!in_.is_open()) return false;
    in_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    if (in_.bad()) throw TextFileError(file_, 0, "cannot be read to its end");
    rest_ = std::string_view(block_).substr(0, static_cast<std::size_t>(in_.gcount()));
    return !rest_.empty();
  }

  std::string_view rest_;
  std::filesystem::path file_;
  std::ifstream in_;
  std::string block_;
};

CsvReader::CsvReader(const std::filesystem::path& file)
    : CsvReader(std::make_unique<Characters>(file), file) {}
CsvReader::CsvReader(std::string_view text, const std::filesystem::path& file)
    : CsvReader(std::make_unique<Characters>(text), file) {}

CsvReader::CsvReader(std::unique_ptr<Characters> in, const std::filesystem::path& file)
    : file_(file), in_(std::move(in)) {
  if (!record()) throw TextFileError(file, 0, "is empty: no header line");
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (std::find(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(i), cells_[i]) !=
        cells_.begin() + static_cast<std::ptrdiff_t>(i))
      throw TextFileError(file, line_, "two columns are called " + in_quotes(cells_[i]));
  header_ = std::move(cells_);
  cells_.clear();
}

CsvReader::~CsvReader() = default;

bool CsvReader::record() {
  while (in_->more()) {
    line_ = next_line_;
    const bool in_quotes_at_once = in_->peek() == '"';
    try {
      next_record(*in_, cells_, next_line_);
    } catch (const std::invalid_argument& e) {
      throw TextFileError(file_, line_, e.what());
    }
    // A line with nothing on it is skipped; a line with an empty quoted cell is a row.
    if (cells_.size() > 1 || !cells_[0].empty() || in_quotes_at_once) return true;
  }
  return false;
}

bool CsvReader::next() {
  if (!record()) return false;
  if (cells_.size() != header_.size())
    throw TextFileError(
        file_, line_,
        "row has " + std::to_string(cells_.size()) + " cells, the header " + std::to_string(header_.size()));
  return true;
}

double CsvReader::number(std::size_t column) const {
  return number_in(file_, line_, header_.at(column), cells_.at(column));
}

namespace {

CsvTable whole(CsvReader& reader, const std::filesystem::path& file) {
  CsvTable table{file, reader.header(), {}, {}};
  while (reader.next()) {
    table.rows.push_back(reader.cells());
    table.lines.push_back(reader.line());
  }
  return table;
}

}  // namespace

CsvTable parse_csv(std::string_view text, const std::filesystem::path& file) {
  CsvReader reader(text, file);
  return whole(reader, file);
}

CsvTable read_csv_file(const std::filesystem::path& file) {
  CsvReader reader(file);
  return whole(reader, file);
}

void write_csv_file(
    const std::filesystem::path& file, std::span<const std::string> header,
    const std::function<void(const std::function<void(std::span<const std::string>)>&)>& rows) {
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    std::uintmax_t bytes = 0;
    const auto write = [&](std::span<const std::string> cells) {
      const std::string line = csv_line(cells) + '\n';
      out << line;
      bytes += line.size();
    };
    write(header);
    rows(write);
    out.close();
    // A quota on a network's disk may cut a file off without a word.
    std::error_code unknown;
    if (!out || std::filesystem::file_size(temporary, unknown) != bytes || unknown)
      throw std::runtime_error(file.string() + ": cannot be written (is the disk full?)");
  });
}

std::string csv_text(std::span<const std::string> header, std::span<const std::vector<std::string>> rows) {
  std::string text = csv_line(header) + "\n";
  for (const auto& row : rows) text += csv_line(row) + "\n";
  return text;
}

}  // namespace depthmill::io
