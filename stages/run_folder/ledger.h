// The ledger of a run folder: which call made what of which frame, from what, under which settings. It lies in
// <run>/journal (journal.h), a line an event:
//
//   call    which program, when, where and with what settings; at its beginning, and again at its end with what
//           came of it
//   frame   how one frame fared in the stages of a call: inputs, outputs, scores, or why it failed
//   forget  what these stages had done does not count any more (--restart)
//   crashed the process ended in a library while it worked on this frame (crash.h)
//   synced  every output of a line before this one is on the disk
//   tables  the files that were derived from the lines before, with their contents
//
// Of two lines about one frame and stage the later counts. What is held in memory is 8 bytes a frame and stage and
// where its line begins, so that 400,000 frames take some 40 MB; a line is read again when it is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stages/base/frame.h"
#include "stages/run_folder/identity.h"
#include "stages/run_folder/journal.h"
#include "stages/run_folder/manifest.h"

namespace depthmill::run_folder {

inline constexpr const char* kJournalFile = "journal";

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

// One call of the program that worked on the folder.
struct Call {
  std::string id;       // 16 hexadecimal digits, its own
  std::string program;  // "depthmill 1.0 (commit)"
  std::string host;
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

// The folder is in another process's hands. `what()` says whose.
class BusyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Ledger {
 public:
  // Reads <run>/journal where there is one; changes nothing. `stage_order` ranks stages within a frame; those it lacks
  // come last, by name. Throws std::runtime_error naming the file when it cannot be read.
  Ledger(std::filesystem::path run, std::vector<std::string> stage_order);
  ~Ledger();
  Ledger(Ledger&&) = default;

  std::filesystem::path file() const { return run_ / kJournalFile; }
  bool exists() const { return journal_ != nullptr; }
  std::size_t dropped() const { return reading_.dropped; }  // lines that were torn or garbled

  // The line that counts for a frame and stage.
  std::optional<FrameRecord> find(std::string_view scene, std::string_view frame,
                                  std::string_view stage) const;
  // Was that line, with all before it, on the disk when the machine may have stopped?
  bool durable(std::string_view scene, std::string_view frame, std::string_view stage) const;
  // Is any frame of this stage done?
  bool has_done(std::string_view stage) const;
  // Every line that counts for one of its stages, with those stages alone: in the order in which they were written,
  // or by scene, frame and stage.
  void for_each(const std::function<void(const FrameRecord&)>& visit) const;
  void for_each_in_order(const std::function<void(const FrameRecord&)>& visit) const;
  // The calls in the order in which they began, and the last one with a line about this stage.
  const std::vector<Call>& calls() const { return calls_; }
  const Call* find_call(std::string_view id) const;
  const Call* last_call_of(std::string_view stage) const;
  // The files that were derived last, each with its content.
  const std::map<std::string, std::uint64_t>& tables() const { return tables_; }
  // Frames and time of the last mark of the call that is at work, or was last.
  struct Mark {
    std::size_t done = 0, failed = 0;
    std::int64_t time = 0;
  };
  const Mark& last_mark() const { return mark_; }

  // Takes the folder for this process. Throws BusyError when another has it.
  void take();
  // From here on after take(). Lines before that of a call that has ended are durable. Each throws
  // std::runtime_error naming the file when the disk does not take the line.
  void begin_call(const Call& call);
  void end_call(const Call& call);
  void record(const FrameRecord& record);
  void forget(std::span<const std::string> stages);
  void forget_frame(const std::string& scene, const std::string& frame, std::span<const std::string> stages);
  void put_tables(std::span<const OutputFile> tables);
  // The outputs of all lines before this byte are on the disk: they count after a power cut too. `done` and
  // `failed`: of this call so far, for who asks how it goes.
  void mark_synced(std::uint64_t to, std::size_t done, std::size_t failed);
  std::uint64_t end() const { return journal_->end(); }  // the byte at which the next line will begin
  // For the note of a crash.
  int descriptor() const { return journal_->descriptor(); }

 private:
  struct Entry {
    std::uint64_t at : 54;
    std::uint64_t stage : 8;
    std::uint64_t status : 2;
    bool is(RowStatus s) const { return static_cast<RowStatus>(status) == s; }
  };
  using Entries = std::unordered_map<std::uint64_t, Entry>;
  void read();
  std::uint64_t key(std::string_view scene, std::string_view frame, std::size_t stage) const;
  std::size_t stage_number(std::string_view stage) const;  // kNoStage when it was never on record
  std::size_t add_stage(std::string_view stage);
  const Entry* entry(std::string_view scene, std::string_view frame, std::string_view stage) const;
  void index(const FrameRecord& record, std::uint64_t at);
  void take_line(std::uint64_t at, const JournalCells& cells);
  void append(const JournalCells& cells);
  std::optional<FrameRecord> counted(std::uint64_t at, const JournalCells& cells) const;

  std::filesystem::path run_;
  std::unique_ptr<Journal> journal_;
  JournalReading reading_;
  std::vector<std::string> stages_;  // by number, beginning with stage_order
  Entries entries_;
  std::vector<Call> calls_;
  std::map<std::string, std::uint64_t> tables_;
  std::uint64_t read_to_ = 0;    // bytes of the file that were read
  std::uint64_t synced_to_ = 0;  // lines that begin before this byte are durable
  Mark mark_;
};

// The last call on record, without the lines before it being read where they need not be; nothing when there is none.
std::optional<Call> last_call(const std::filesystem::path& run);

// What the ledger's line of a frame looks like, and back; nothing when the cells are no such line.
JournalCells cells_of(const FrameRecord& record);
std::optional<FrameRecord> record_of(const JournalCells& cells);

}  // namespace depthmill::run_folder
