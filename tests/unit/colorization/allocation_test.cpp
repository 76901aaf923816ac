// What the first fill of a filler allocates is kept: later ones ask for nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <random>

#include "colorization/levin.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DEPTHMILL_OWN_ALLOCATOR
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DEPTHMILL_OWN_ALLOCATOR
#endif

namespace {
thread_local long allocations = 0;
}

#ifndef DEPTHMILL_OWN_ALLOCATOR
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
// Everything that this program and its libraries ask for comes by here.
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace depthmill::colorization {
namespace {

struct Scene {
  Image gray, depth;
};

Scene make_scene(Index rows, Index cols, double missing, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Scene scene{Image(rows, cols), Image(rows, cols)};
  Image holes(rows / 12 + 1, cols / 12 + 1);
  for (Index p = 0; p < holes.size(); ++p) holes.data()[p] = uniform(rng);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      scene.gray(i, j) = uniform(rng);
      scene.depth(i, j) = holes(i / 12, j / 12) < missing ? 0.0 : 1 + 4 * uniform(rng);
    }
  return scene;
}

TEST(LevinFiller, AllocatesNothingAfterTheFirstFrame) {
#ifdef DEPTHMILL_OWN_ALLOCATOR
  GTEST_SKIP() << "a sanitizer counts allocations itself";
#endif
  const Index rows = 240, cols = 320;
  LevinFiller filler(rows, cols);
  Image filled(rows, cols);
  const Scene first = make_scene(rows, cols, 0.3, 1);
  const long before_first = allocations;
  ASSERT_TRUE(filler.fill(first.gray, first.depth, filled).ok());
  EXPECT_GT(allocations, before_first);  // the count counts
  // Other holes, somewhat more of them as well.
  for (unsigned seed = 2; seed < 8; ++seed) {
    const Scene scene = make_scene(rows, cols, 0.2 + 0.03 * seed, seed);
    const long before = allocations;
    ASSERT_TRUE(filler.fill(scene.gray, scene.depth, filled).ok());
    EXPECT_EQ(allocations, before) << "frame " << seed;
  }
  // Nor does a smaller one, or the size from before again.
  const Scene small = make_scene(200, 300, 0.3, 8);
  Image small_filled(200, 300);
  const long before = allocations;
  filler.resize(200, 300);
  ASSERT_TRUE(filler.fill(small.gray, small.depth, small_filled).ok());
  filler.resize(rows, cols);
  ASSERT_TRUE(filler.fill(first.gray, first.depth, filled).ok());
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace depthmill::colorization
