// The ledger of a run folder: which call made what of which frame, from what, under which settings. It lies in
// <run>/journal (journal.h), a line an event:
//
//   call    which program, when, where and with what settings; at its beginning, and again at its end with what
//           came of it
//   frame   how one frame fared in the stages of a call: inputs, outputs, scores, or why it failed
//   forget  what these stages had done does not count any more (--restart)
//   crashed the process ended in a library while it worked on this frame (crash.h)
//   synced  every output of a line before this one is on the disk, and the call lives
//   lease   whose place a call takes, where locks do not tell (lease.h): what that one writes from here on is void
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
#include <unordered_set>
#include <utility>
#include <vector>

#include "stages/run_folder/journal.h"
#include "stages/run_folder/ledger_lines.h"

namespace depthmill::run_folder {

inline constexpr const char* kJournalFile = "journal";

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
  // Is anything on record of the frame?
  bool knows(std::string_view scene, std::string_view frame) const;
  // Is it on record that the frame failed, in whatever stage?
  bool failed(std::string_view scene, std::string_view frame) const;
  // Is any frame of this stage done?
  bool has_done(std::string_view stage) const;
  // Every line that counts for one of its stages, with those stages alone: in the order in which they were written;
  // or by scene, frame and stage, without outputs and scores.
  void for_each(const std::function<void(const FrameRecord&)>& visit) const;
  void for_each_in_order(const std::function<void(const FrameRecord&)>& visit) const;
  // The calls in the order in which they began, and the last one with a line about this stage.
  const std::vector<Call>& calls() const { return calls_; }
  const Call* find_call(std::string_view id) const;
  const Call* last_call_of(std::string_view stage) const;
  // The files that were derived last, each with its content.
  const std::map<std::string, std::uint64_t>& tables() const { return tables_; }

  // Takes the folder for this process. Throws BusyError when another has it, by its lock or, where locks do not reach
  // everyone, by its signs of life (lease.h).
  void take();
  // From here on after take(). Lines before that of a call that has ended are durable. Each throws
  // std::runtime_error naming the file when the disk does not take the line.
  // BusyError: another process began at the same time where locks do not tell (lease.h).
  void begin_call(const Call& call);
  void take_over(const Call& call);  // of another folder, whose frames are joined to these
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
  const Call* last_at_work() const;
  std::uint64_t append(const JournalCells& cells);  // where the line begins
  bool count(FrameRecord& record, std::uint64_t at) const;

  std::filesystem::path run_;
  std::unique_ptr<Journal> journal_;
  JournalReading reading_;
  std::vector<std::string> stages_;  // by number, beginning with stage_order
  Entries entries_;
  std::vector<Call> calls_;
  std::unordered_set<std::string>
      replaced_;  // calls whose place another has taken: no frame of theirs counts from there
  std::map<std::string, std::uint64_t> tables_;
  std::uint64_t read_to_ = 0;    // bytes of the file that were read
  std::uint64_t synced_to_ = 0;  // lines that begin before this byte are durable
  bool leased_ = false;          // locks do not tell who writes
  std::string own_call_;         // that this process has begun, where leased_
  std::int64_t last_sign_ = 0;   // when the last call was at work for certain, seconds since 1970
};

// The last call on record, without the lines before it being read where they need not be; nothing when there is none.
std::optional<Call> last_call(const std::filesystem::path& run);

}  // namespace depthmill::run_folder
