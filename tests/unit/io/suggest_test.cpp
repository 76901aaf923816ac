#include "stages/io/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace depthmill::io {
namespace {

TEST(Suggest, CountsEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("alhpa", "alpha"), 1u);
  EXPECT_EQ(edit_distance("Depth-Format", "depth_format"), 0u);
}

TEST(Suggest, FindsTheNearestOrNothing) {
  const std::vector<std::string> names = {"alpha", "batch", "depth-format", "threads"};
  EXPECT_EQ(nearest_name("aplha", names), "alpha");
  EXPECT_EQ(nearest_name("bach", names), "batch");
  EXPECT_EQ(nearest_name("depth", names), "depth-format");
  EXPECT_EQ(nearest_name("zzzzzz", names), "");
  EXPECT_EQ(nearest_name("x", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(did_you_mean("thread", names), "; did you mean 'threads'?");
  EXPECT_EQ(did_you_mean("zzzzzz", names), "");
  EXPECT_EQ(name_list(names), "alpha, batch, depth-format, threads");
}

}  // namespace
}  // namespace depthmill::io
