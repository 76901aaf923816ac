// Is what lies in a run folder what its journal says? Every file of a frame on record is read and compared, every input
// looked at, every file that is on no record named.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {

enum class Fault {
  kMissing,      // a file that is on record is not there
  kAltered,      // or holds something else
  kStale,        // an input holds something else than what the result was made from
  kForeign,      // a file below planes/ or metrics/ that is on no record
  kHalfWritten,  // what a killed writer left
};
inline constexpr std::string_view kFaultNames[] = {"missing", "altered", "stale", "foreign", "half-written"};
constexpr std::string_view fault_name(Fault fault) { return kFaultNames[static_cast<std::size_t>(fault)]; }

struct Finding {
  Fault fault;
  std::string path;  // below the run folder; of a stale result, its input
  std::string scene, frame;
  std::vector<std::string> stages;  // of the frame that it belongs to; empty of a table or a foreign file
};

struct VerifyOptions {
  // Part `part` (from 1) of `parts`: of the frames by a hash of their names, so that T parts make the whole.
  std::size_t part = 1, parts = 1;
  double max_seconds = 0;  // stop after this time; 0 = when all is done
};

struct Verification {
  std::vector<Finding> findings;
  std::size_t frames = 0, files = 0;  // looked at
  std::size_t gone = 0;  // frames whose inputs are no longer there: nobody can say whether they changed
  std::size_t damaged_lines = 0;  // of the journal
  bool complete = true;           // not stopped by the time
  bool ended = true;  // the last call; what one that was killed has left belongs to nothing on record
  bool clean() const { return findings.empty() && damaged_lines == 0; }
};

// Throws std::runtime_error when there is no journal or a file cannot be read for another reason than being gone.
Verification verify(const std::filesystem::path& run, const std::vector<std::string>& stage_order,
                    const VerifyOptions& options);

// Takes what is missing, altered or stale off the record, so that the calls that made it make it again, and lines of the
// journal that are damaged out of it; returns what the record said. Throws BusyError.
std::vector<FrameRecord> take_off_record(const std::filesystem::path& run,
                                         const std::vector<std::string>& stage_order,
                                         const std::vector<Finding>& findings);
// Of that, what was not made again (a call that could not be repeated) goes back, so that it is still found to be wrong.
// Returns how many.
std::size_t put_back_on_record(const std::filesystem::path& run, const std::vector<std::string>& stage_order,
                               const std::vector<FrameRecord>& taken);

// How a run folder stands.
struct Progress {
  bool running = false;
  Call last;                         // as it began, or ended
  std::size_t done = 0, failed = 0;  // by the last call so far, and its frames
  struct Count {
    std::size_t ok = 0, failed = 0, skipped = 0;
  };
  std::map<std::string, Count> stages;
  struct Reason {
    std::size_t frames = 0;
    std::string example;  // a sentence
  };
  std::map<std::string, Reason> reasons;  // of all failures on record
  std::size_t damaged_lines = 0;
  std::size_t done_before = 0;   // by earlier calls
  double frames_per_second = 0;  // of the last call; 0 = not known

  // Takes another folder's numbers to its own, but `last`.
  void add(const Progress& other);
  double seconds_left() const;  // 0 = not running, or not known
};
// Reads the journal, also while another process writes it. Throws std::runtime_error when there is none.
Progress progress_of(const std::filesystem::path& run, const std::vector<std::string>& stage_order);

}  // namespace depthmill::run_folder
