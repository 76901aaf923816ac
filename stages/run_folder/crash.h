// When a library crashes (SIGSEGV and its like) on a damaged file, the process is lost, but not the knowledge which
// frame it was: a signal handler writes it into the journal, and the next call goes on without that frame.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {

// As long as it lives, crashes of this process are noted in the ledger's journal. One at a time.
class CrashNotes {
 public:
  explicit CrashNotes(const Ledger& ledger);
  ~CrashNotes();
  CrashNotes(const CrashNotes&) = delete;
  CrashNotes& operator=(const CrashNotes&) = delete;
};

// As long as it lives, this thread works on these frames in this stage. A crash among several, or in a thread that says
// nothing (a library's own), is put down to every frame at work, as a suspicion.
class AtWork {
 public:
  // `stage`, and the records' names, calls and looks go into the note.
  AtWork(std::string_view stage, std::span<const FrameRecord> frames);
  ~AtWork();
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  // The lines to write, whole with their checksums: nothing can be put together in a handler.
  std::string sure_, suspected_, name_;
  int slot_ = -1;
  AtWork* before_ = nullptr;
  friend struct Handler;
};

}  // namespace depthmill::run_folder
