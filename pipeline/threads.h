// One budget of threads for the whole process: TBB's limit is set here, and every library with a pool of its
// own gets its share from here, so that loops never nest into more threads than were asked for.
#pragma once

#include <memory>
#include <string>

namespace depthmill::pipeline {

// Threads to use for `requested` (0 = all the process may run on, as its CPU affinity and cgroup say).
int resolve_threads(int requested);

// Memory of one frame serves the next instead of going back to the system (up to 256 MB of it): the maps of a
// frame are megabytes each, and mapping fresh pages took half the time of scoring it under all protocols.
void keep_freed_memory();

// Why this process cannot run, empty when it can: the limit of its stack (ulimit -s), which no library asks for before
// it runs over it.
std::string stack_problem();

// Keeps freed memory, holds TBB to `threads` while it lives, and turns OpenCV's own pool off.
class ThreadBudget {
 public:
  // Throws std::runtime_error when the system does not start that many threads (ulimit -u, ulimit -v): found out here,
  // since a library that cannot start one ends the process.
  explicit ThreadBudget(int threads);
  ~ThreadBudget();
  int threads() const { return threads_; }

 private:
  struct Limit;
  int threads_;
  std::unique_ptr<Limit> limit_;
};

}  // namespace depthmill::pipeline
