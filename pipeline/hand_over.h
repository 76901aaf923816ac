// oneTBB's order, where the thread sanitizer can see it.
#pragma once

#include <atomic>

namespace depthmill::pipeline {

// What one thread has written is seen by the one that goes on with it. TBB sees to that, but where the thread sanitizer
// cannot look; here it can.
class HandOver {
 public:
  class Turn {  // of a thread, from taking to giving
   public:
    explicit Turn(HandOver& from) : from_(from) { from_.mark_.load(std::memory_order_acquire); }
    ~Turn() { from_.mark_.fetch_add(1, std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    HandOver& from_;
  };

 private:
  std::atomic<unsigned> mark_{0};
};

}  // namespace depthmill::pipeline
