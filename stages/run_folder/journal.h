// The journal of a run folder: lines appended one by one, each with a checksum, so that after a kill, a power
// cut or a damaged disk every line is either there as it was written or known not to be. O(1) a line whatever
// is there already. Why a file of lines and not a database: one write a line, nothing to lock on a network
// file system, and two journals are joined by putting one behind the other.
//
//   1f3a86e42b07c95d<TAB>cell<TAB>cell ...<LF>      XXH3 (64 bits, hexadecimal) of what is behind the first tab
//
// Cells are any bytes: backslash, tab, line feed, carriage return and NUL are written as \\ \t \n \r \0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace depthmill::run_folder {

using JournalCells = std::vector<std::string>;

// One line with its checksum and line break, and its cells again; false when the line (without line break) is
// torn, overwritten or garbled.
std::string journal_line(std::span<const std::string> cells);
bool parse_journal_line(std::string_view line, JournalCells& cells);

struct JournalReading {
  std::size_t lines = 0;    // read, empty ones not counted
  std::size_t dropped = 0;  // of them, those that were not what was written
  std::uint64_t bytes = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      damaged;  // where those begin, and end before the line break
};

// Calls `visit` for each good line, in order, with the byte at which it begins; the file is not held in memory.
// `from`: begins at this byte; when it is in the middle of a line, the rest of that line is dropped. `kind`: lines whose
// first cell is another are passed over, their checksums too, which is much quicker. A file that is not there has no
// lines. Throws std::runtime_error naming the file when it cannot be read.
JournalReading read_journal(const std::filesystem::path& file,
                            const std::function<void(std::uint64_t at, const JournalCells&)>& visit,
                            std::uint64_t from = 0, std::string_view kind = {});

// Makes empty lines of what is damaged, which no reader counts. The caller has taken the journal. Throws
// std::runtime_error naming the file.
void blank_damaged_lines(const std::filesystem::path& file);

// Reads single lines again and appends more. Not for several threads at once.
class Journal {
 public:
  enum class Open { kRead, kWrite };
  // For writing, the file is made when it is not there, and a last line that was not finished is closed by a
  // line break, so that what comes stands on lines of its own. Throws std::runtime_error naming the file.
  Journal(std::filesystem::path file, Open how);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The line that begins at this byte, as read_journal or append told it; empty when it is no longer there.
  JournalCells at(std::uint64_t place) const;

  // One write: the line survives the process from then on. Returns where it begins. Throws std::runtime_error
  // (disk full, ...).
  std::uint64_t append(std::span<const std::string> cells);
  std::uint64_t end() const { return size_; }  // behind the last line that was appended
  // What was appended survives a power cut from then on. Throws std::runtime_error.
  void sync();

  // One writer: takes the file for this process, until it ends. kNoLocks: the file system has none.
  enum class Lock { kTaken, kBusy, kNoLocks };
  Lock lock();

  const std::filesystem::path& file() const { return file_; }
  int descriptor() const { return descriptor_; }  // for a signal handler, which can do no more than write

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Has a process taken the journal? Without locks in the file system: no.
bool in_other_hands(const std::filesystem::path& journal);

}  // namespace depthmill::run_folder
