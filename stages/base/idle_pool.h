// Objects that are dear to make and serve one caller at a time, such as a solver with its factorization's pattern:
// kept when their caller is done, and lent again to the next one whom they fit.
//
//   IdlePool<Solver> pool;
//   auto solver = pool.borrow([&](const Solver& s) { return s.size() == size; },
//                             [&] { return std::make_unique<Solver>(size); });
//   solver->solve(...);                              // goes back to the pool at the end of the scope
#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace depthmill {

// Safe from several threads. There are never more objects than were on loan at one time: where none at rest fits,
// the one that has rested longest makes room for a new one.
template <class Object>
class IdlePool {
 public:
  class Loan {
   public:
    Loan(IdlePool& pool, std::unique_ptr<Object> object) : pool_(pool), object_(std::move(object)) {}
    // What an exception left behind is in an unknown state and not lent again.
    ~Loan() {
      if (std::uncaught_exceptions() == exceptions_) pool_.give_back(std::move(object_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Object& operator*() { return *object_; }
    Object* operator->() { return object_.get(); }

   private:
    IdlePool& pool_;
    std::unique_ptr<Object> object_;
    int exceptions_ = std::uncaught_exceptions();
  };

  // `fits(const Object&)` says whether one at rest will do, `make()` returns a std::unique_ptr to a new one.
  template <class Fits, class Make>
  Loan borrow(const Fits& fits, const Make& make) {
    std::unique_ptr<Object> dropped;  // destroyed outside the lock
    {
      std::lock_guard lock(mutex_);
      for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
        if (!fits(std::as_const(**it))) continue;
        std::unique_ptr<Object> found = std::move(*it);
        idle_.erase(std::next(it).base());
        return {*this, std::move(found)};
      }
      if (!idle_.empty()) {
        dropped = std::move(idle_.front());
        idle_.erase(idle_.begin());
      }
    }
    dropped.reset();
    return {*this, make()};
  }

 private:
  void give_back(std::unique_ptr<Object> object) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(object));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Object>> idle_;  // the longest at rest first
};

}  // namespace depthmill
