// Comma-separated tables after RFC 4180: a cell with a comma, a quote or a line break stands in double
// quotes, a quote inside is doubled. Written with "\n"; "\r\n" is read too. A cell that a spreadsheet would take for a formula
// (text that begins with = + - or @) stands behind an apostrophe, which is dropped when it is read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/text_file.h"

namespace depthmill::io {

// The cells of one record (without its line break). Throws std::invalid_argument when a quote is left open or
// letters follow a closed one. An empty record has one empty cell.
std::vector<std::string> split_csv_line(std::string_view record);

// One record, without line break. The inverse of split_csv_line for at least one cell.
std::string csv_line(std::span<const std::string> cells);

// Shortest decimal text that reads back as exactly this double ("0.1", "1e-09"); NaN is the empty cell,
// because an undefined value is no number; infinities are "inf" and "-inf".
std::string format_number(double value);

// The inverse: empty = NaN. Throws std::invalid_argument when the text as a whole is not a number.
double parse_number(std::string_view text);

// A table with its names in the first record, read row by row: it may be larger than memory.
class CsvReader {
 public:
  // Reads the names. Throws TextFileError naming file and line when the file cannot be read, there is no name at all,
  // or two columns have one.
  explicit CsvReader(const std::filesystem::path& file);
  CsvReader(std::string_view text, const std::filesystem::path& file);  // `file`: for messages
  ~CsvReader();

  const std::vector<std::string>& header() const { return header_; }
  // The next row, valid until the one after it; false behind the last. Blank lines are skipped. Throws TextFileError
  // when a row has more or fewer cells than the header, a quote stays open, or the disk refuses.
  bool next();
  const std::vector<std::string>& cells() const { return cells_; }
  std::size_t line() const { return line_; }  // of the file, on which the row begins, from 1
  // One cell as a number (empty = NaN). Throws TextFileError naming file, line and column.
  double number(std::size_t column) const;

 private:
  class Characters;
  CsvReader(std::unique_ptr<Characters> in, const std::filesystem::path& file);
  bool record();

  std::filesystem::path file_;
  std::unique_ptr<Characters> in_;
  std::vector<std::string> header_, cells_;
  std::size_t line_ = 0, next_line_ = 1;
};

// A table held as a whole.
struct CsvTable {
  std::filesystem::path file;                  // for messages
  std::vector<std::string> header;             // names of the columns
  std::vector<std::vector<std::string>> rows;  // each as long as the header
  std::vector<std::size_t> lines;              // line of the file on which each row begins, from 1

  // Index of a column. Throws TextFileError that names the file and the columns there are.
  std::size_t column(std::string_view name) const;
  bool has_column(std::string_view name) const;
  // One cell as a number (empty = NaN). Throws TextFileError naming file, line and column.
  double number(std::size_t row, std::size_t column) const;
};

// Throws TextFileError naming file and line when a row has more or fewer cells than the header, a quote stays
// open, two columns have one name, or there is no header at all. Blank lines are skipped. A byte-order mark
// is dropped.
CsvTable parse_csv(std::string_view text, const std::filesystem::path& file);
CsvTable read_csv_file(const std::filesystem::path& file);

// Writes a table row by row, as write_whole_file does a text: `rows` hands each one to its argument.
void write_csv_file(
    const std::filesystem::path& file, std::span<const std::string> header,
    const std::function<void(const std::function<void(std::span<const std::string>)>& row)>& rows);

// Header and rows as text, to be given to write_whole_file.
std::string csv_text(std::span<const std::string> header, std::span<const std::vector<std::string>> rows);

}  // namespace depthmill::io
