#include "stages/base/idle_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace depthmill {
namespace {

struct Tool {
  explicit Tool(int of_size) : size(of_size) { ++alive; }
  ~Tool() { --alive; }
  int size;
  int uses = 0;
  static inline std::atomic<int> alive{0};
};

auto borrow(IdlePool<Tool>& pool, int size) {
  return pool.borrow([size](const Tool& t) { return t.size == size; },
                     [size] { return std::make_unique<Tool>(size); });
}

TEST(IdlePool, LendsAgainWhatFits) {
  IdlePool<Tool> pool;
  Tool* first = nullptr;
  {
    auto one = borrow(pool, 3);
    first = &*one;
    auto two = borrow(pool, 3);
    EXPECT_NE(&*two, first) << "on loan to one caller at a time";
  }
  EXPECT_EQ(Tool::alive, 2);
  auto again = borrow(pool, 3);
  EXPECT_EQ(&*again, first) << "the last one back, its memory still warm";
}

// Frames of many sizes must not leave a solver of each behind.
TEST(IdlePool, KeepsNoMoreThanWereOnLoanAtOnce) {
  IdlePool<Tool> pool;
  for (int size = 0; size < 20; ++size) {
    auto one = borrow(pool, size), two = borrow(pool, size);
    EXPECT_EQ(one->size + two->size, 2 * size);
    EXPECT_EQ(Tool::alive, 2);
  }
  auto last = borrow(pool, 19);
  EXPECT_EQ(Tool::alive, 2);
}

TEST(IdlePool, DoesNotLendWhatAnExceptionLeftBehind) {
  IdlePool<Tool> pool;
  try {
    auto tool = borrow(pool, 1);
    tool->uses = 7;
    throw std::runtime_error("broken");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(Tool::alive, 0);
  EXPECT_EQ(borrow(pool, 1)->uses, 0);
}

TEST(IdlePool, OneCallerAtATimeHasAnObject) {
  IdlePool<Tool> pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&pool] {
      for (int i = 0; i < 500; ++i) {
        auto tool = borrow(pool, i % 3);
        const int before = tool->uses;
        std::this_thread::yield();
        tool->uses = before + 1;
        EXPECT_EQ(tool->size, i % 3);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_LE(Tool::alive, 4);
}

}  // namespace
}  // namespace depthmill
