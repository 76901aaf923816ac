// One budget of threads for the whole process: TBB's limit is set here, and every library with a pool of its
// own gets its share from here, so that loops never nest into more threads than were asked for.
#pragma once

#include <memory>

namespace depthmill::pipeline {

// Threads to use for `requested` (0 = all the process may run on, as its CPU affinity and cgroup say).
int resolve_threads(int requested);

// Holds TBB to `threads` while it lives, and turns OpenCV's own pool off.
class ThreadBudget {
 public:
  explicit ThreadBudget(int threads);
  ~ThreadBudget();
  int threads() const { return threads_; }

 private:
  struct Limit;
  int threads_;
  std::unique_ptr<Limit> limit_;
};

}  // namespace depthmill::pipeline
