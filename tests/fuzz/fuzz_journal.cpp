// Any bytes as a line of the journal, and as cells of a frame: refused, or what gives the same line again.
#include "stages/run_folder/ledger.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = fuzz::text(data, size);
  run_folder::JournalCells cells;
  if (run_folder::parse_journal_line(line, cells))
    fuzz::require(run_folder::journal_line(cells) == std::string(line) + "\n",
                  "what is read is what was written");
  // Any bytes as a cell of it.
  const run_folder::JournalCells one{std::string(line)};
  const std::string written = run_folder::journal_line(one);
  fuzz::require(run_folder::parse_journal_line(written.substr(0, written.size() - 1), cells) && cells == one,
                "a cell comes back");
  // And as the cells of a frame: what is taken for one is written and read to the same.
  cells = {"frame"};
  for (std::string_view rest = line; !rest.empty();) {
    const auto end = rest.find('\n');
    cells.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (const auto record = run_folder::record_of(cells)) {
    const auto again = run_folder::record_of(run_folder::cells_of(*record));
    fuzz::require(again && run_folder::cells_of(*again) == run_folder::cells_of(*record),
                  "a record comes back");
  }
  return 0;
}
