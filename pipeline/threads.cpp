#include "pipeline/threads.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <tbb/global_control.h>
#include <tbb/info.h>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <opencv2/core/utility.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

namespace depthmill::pipeline {

struct ThreadBudget::Limit {
  explicit Limit(int threads)
      : control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)) {}
  tbb::global_control control;
};

int resolve_threads(int requested) {
  if (requested > 0) return requested;
  return std::max(1, tbb::info::default_concurrency());
}

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest it takes
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

std::string stack_problem() {
  constexpr rlim_t kLeast = 512 << 10;
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kLeast)
    return "";
  return "the stack may have " + std::to_string(limit.rlim_cur >> 10) + " kB only (ulimit -s); " +
         std::to_string(kLeast >> 10) + " kB are needed";
}

namespace {

// Has all of them at once, as the run will.
void start_and_end(int threads) {
  std::atomic<bool> over{false};
  std::vector<std::thread> started;
  bool all = true;
  try {
    for (int i = 0; i < threads; ++i) started.emplace_back([&over] { over.wait(false); });
  } catch (const std::exception&) {
    all = false;
  }
  over = true;
  over.notify_all();
  for (std::thread& thread : started) thread.join();
  if (!all)
    throw std::runtime_error("only " + std::to_string(started.size()) + " of " + std::to_string(threads) +
                             " threads can be started (ulimit -u, ulimit -v): fewer --threads need less");
}

}  // namespace

ThreadBudget::ThreadBudget(int threads) : threads_(threads), limit_(std::make_unique<Limit>(threads)) {
  // Beside those that work: one that watches, and one that some libraries keep for themselves.
  start_and_end(threads + 2);
  keep_freed_memory();
  cv::setNumThreads(0);  // frames are the unit of parallelism; OpenCV runs inside one task
}

ThreadBudget::~ThreadBudget() = default;

}  // namespace depthmill::pipeline
