// What LibTorch keeps once for the whole process, seen from inside forward passes: includes a header of torch.
#include "stages/networks/libtorch/libtorch.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <new>
#include <thread>

#include "stages/networks/engine/network.h"

namespace depthmill::networks {
namespace {

// Is what LibTorch would compute with now what the settings ask for?
bool in_force(const PassSettings& settings) {
  return at::globalContext().allowTF32CuDNN() == settings.tf32 &&
         at::globalContext().allowTF32CuBLAS() == settings.tf32 && at::get_num_threads() == settings.threads;
}

// Two networks of other precision and threads, in turn on one thread and at once on several.
TEST(PassScope, ANetworkComputesAsItWasAskedWhateverAnotherDoes) {
  const PassSettings first{.tf32 = false, .threads = 1}, second{.tf32 = true, .threads = 2};
  for (int i = 0; i < 3; ++i)
    for (const PassSettings& settings : {first, second}) {
      const PassScope scope(settings);
      EXPECT_TRUE(in_force(settings));
    }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, settings = t % 2 ? first : second] {
      for (int i = 0; i < 200; ++i) {
        const PassScope scope(settings);
        wrong += !in_force(settings);
        std::this_thread::yield();
        wrong += !in_force(settings);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(PassScope, EqualPassesRunSideBySide) {
  std::barrier meeting(2);  // inside both scopes: one that waited for the other would never come
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      const PassScope scope({.tf32 = false, .threads = 1});
      meeting.arrive_and_wait();
    });
  for (std::thread& t : threads) t.join();
}

TEST(PassFailure, IsToldByTypeOrElseByMessage) {
  const auto thrown = [](const std::exception_ptr& error) -> std::string {
    try {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        throw_as_pass_failure(e, "net.pt", "cuda:0");
      }
    } catch (const OutOfMemory& e) {
      return std::string("out of memory: ") + e.what();
    } catch (const BadPrediction& e) {
      return std::string("bad: ") + e.what();
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "nothing";
  };
  const std::string full = "out of memory: net.pt: out of memory on cuda:0";
  EXPECT_EQ(thrown(std::make_exception_ptr(std::bad_alloc())), full);
  EXPECT_EQ(thrown(std::make_exception_ptr(c10::OutOfMemoryError({"f", "g.cpp", 1}, "no words for it"))),
            full);
  EXPECT_EQ(thrown(std::make_exception_ptr(std::runtime_error("CUDA out of memory. Tried to allocate"))),
            full);
  EXPECT_EQ(thrown(std::make_exception_ptr(BadPrediction("two maps"))), "bad: two maps");
  EXPECT_EQ(thrown(std::make_exception_ptr(std::runtime_error("trace\nRuntimeError: shape is wrong\n"))),
            "shape is wrong");
}

}  // namespace
}  // namespace depthmill::networks
