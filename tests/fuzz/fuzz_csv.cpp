// Any text as a CSV table; what is read can be written and read back.
#include "stages/io/csv.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto table = io::parse_csv(fuzz::text(data, size), "input.csv");
    fuzz::require(table.rows.size() == table.lines.size(), "every row has its line");
    for (const auto& row : table.rows)
      fuzz::require(row.size() == table.header.size(), "every row is as long as the header");
    for (std::size_t i = 0; i < table.rows.size() && i < 10; ++i) {
      try {
        table.number(i, 0);
      } catch (const io::TextFileError&) {
      }
    }
    // A lone empty cell writes an empty line, which is no row.
    if (table.header.size() < 2) return 0;
    const auto again = io::parse_csv(io::csv_text(table.header, table.rows), "again.csv");
    fuzz::require(again.header == table.header && again.rows == table.rows,
                  "written and read back, it is the same");
  } catch (const io::TextFileError&) {
  }
  return 0;
}
