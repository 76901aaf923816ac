// Who may run a forward pass when, and how long some pass ran: what a Predictor counts with. Private to this room.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace depthmill::networks {

// Wall time during which at least one of several overlapping activities goes on.
class AnyWatch {
 public:
  void enter() {
    std::lock_guard lock(mutex_);
    if (++inside_ == 1) since_ = std::chrono::steady_clock::now();
  }
  void leave() {
    std::lock_guard lock(mutex_);
    if (--inside_ == 0)
      sum_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - since_).count();
  }
  double seconds() const {
    std::lock_guard lock(mutex_);
    return sum_;
  }

 private:
  mutable std::mutex mutex_;
  int inside_ = 0;
  double sum_ = 0;
  std::chrono::steady_clock::time_point since_;
};

// As many holders at a time as there are slots; the others wait.
class Slots {
 public:
  void resize(int n) { free_ = total_ = std::max(1, n); }
  int total() const { return total_; }
  void acquire() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return free_ > 0; });
    --free_;
  }
  void release() {
    {
      std::lock_guard lock(mutex_);
      ++free_;
    }
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int total_ = 1, free_ = 1;
};

// One slot, held as long as the object lives.
class Lease {
 public:
  Lease(Slots& slots, AnyWatch& watch) : slots_(slots), watch_(watch) {
    slots_.acquire();
    watch_.enter();
  }
  ~Lease() {
    watch_.leave();
    slots_.release();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  Slots& slots_;
  AnyWatch& watch_;
};

}  // namespace depthmill::networks
