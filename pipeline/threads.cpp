#include "pipeline/threads.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <tbb/global_control.h>
#include <tbb/info.h>

#include <algorithm>
#include <opencv2/core/utility.hpp>

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

ThreadBudget::ThreadBudget(int threads) : threads_(threads), limit_(std::make_unique<Limit>(threads)) {
  keep_freed_memory();
  cv::setNumThreads(0);  // frames are the unit of parallelism; OpenCV runs inside one task
}

ThreadBudget::~ThreadBudget() = default;

}  // namespace depthmill::pipeline
