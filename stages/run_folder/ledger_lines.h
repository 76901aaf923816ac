// What the lines of the ledger (ledger.h) say and look like: what a call was, and what it made of a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/base/frame.h"
#include "stages/run_folder/identity.h"
#include "stages/run_folder/journal.h"
#include "stages/run_folder/manifest.h"

namespace depthmill::run_folder {

// The reason of a frame that a library crashed on; others are reason_name()s.
inline constexpr const char* kCrashReason = "crashed";

// A file that a run left, by its path below the run folder.
struct OutputFile {
  std::string path;
  FileLook look;
  std::uint64_t content = 0;
};

// Scores of a frame under one protocol, and the hash of the protocol's text.
struct KeptScore {
  MetricRow row;
  std::uint64_t protocol = 0;
};

// What one call made of one frame.
struct FrameRecord {
  std::string scene, frame;
  std::vector<std::string> stages;  // in flow order; of a failure, the one that failed
  RowStatus status = RowStatus::kOk;
  std::string reason, detail;  // of a failure: reason_name() and sentence; else "" and remarks
  std::string call;            // Call::id
  MadeFrom made_from;
  std::vector<OutputFile> outputs;
  std::vector<KeptScore> scores;
  bool alone = true;  // of a crash: no other frame was in the hands of that thread

  std::string id() const { return scene.empty() ? frame : scene + "/" + frame; }  // as Frame::id()
};

// Of a stage that writes planes, the value that says the unit of 16-bit files.
inline constexpr const char* kDepthScaleValue = "output.depth-scale";

// The settings of a stage that shape what it makes: "fill.alpha" -> "1", in order of name, and the contents of files
// they name.
struct StageSettings {
  std::string stage;
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::string> reads, adds;  // planes
};

// Seconds that a step took, summed over threads.
struct StepTime {
  std::string name;
  double seconds = 0;
  bool operator==(const StepTime&) const = default;
};

// What a run waited for: its threads spent most of their time on reading, on computing or on writing, or on nothing but
// recording, which one thread does and which then takes four fifths of the wall time. `step` is the longest of its steps.
struct Bound {
  std::string by;  // "reading", "computing", "writing", "recording"; "" without times
  std::string step;
  double share = 0;  // of the time of all steps
};
// times: as of a Call, with "read", "write", "record" and "wall" among them; the others are stages.
Bound bound_of(std::span<const StepTime> times);

// One call of the program that worked on the folder.
struct Call {
  std::string id;       // 16 hexadecimal digits, its own
  std::string program;  // "depthmill 1.0 (commit)"
  std::string host;
  std::string job;                                   // of a scheduler: "Slurm job 12_3, restart 1"; "" = none
  std::int64_t process = 0, started = 0, ended = 0;  // seconds since 1970; 0 = not ended, or not properly
  std::filesystem::path working_folder;
  std::vector<std::string> arguments;  // with the command in front
  std::vector<StageSettings> stages;
  std::string settings;                                        // the whole configuration as INI text
  std::vector<std::pair<std::string, std::string>> protocols;  // under which it scored: name and text
  std::size_t frames = 0, done_before = 0;                     // on its list; of these, done by earlier calls
  std::size_t done = 0, failed = 0;                            // by this call, once it has ended
  std::vector<StepTime> times;                                 // "wall" is the last

  const StageSettings* find(std::string_view stage) const;
  // "depthmill fill --in runs/raw", as a shell takes it.
  std::string command_line() const;
};

// The line of a frame, and back; nothing when the cells are no such line.
JournalCells cells_of(const FrameRecord& record);
std::optional<FrameRecord> record_of(const JournalCells& cells);
// The record without its outputs and scores, which are most of the work.
std::optional<FrameRecord> heading_of(const JournalCells& cells);

// The line of a call, and back. Throws an exception of the standard library when the cells are no such line.
JournalCells cells_of(const Call& call);
Call call_of(const JournalCells& cells);

// Every output of a line before this byte was on the disk.
struct SyncMark {
  std::uint64_t to = 0;
  std::size_t done = 0, failed = 0;  // frames of the call so far, for who asks how it goes
  std::int64_t time = 0;             // seconds since 1970
};
JournalCells cells_of(const SyncMark& mark);
SyncMark mark_of(const JournalCells& cells);  // throws as call_of

// The line of derived files, and back. Throws as call_of.
JournalCells cells_of_tables(std::span<const OutputFile> tables);
std::vector<OutputFile> tables_of(const JournalCells& cells);

}  // namespace depthmill::run_folder
