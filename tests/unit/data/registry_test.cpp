#include "stages/data/registry.h"

#include <gtest/gtest.h>

#include <fstream>

#include "stages/data/plane_names.h"
#include "tests/support/test_data.h"

namespace depthmill::data {
namespace {

TEST(Registry, EveryRowGivesWhatItSays) {
  test::ScratchFolder folder;
  for (const char* scene : {"a_0001", "b_0002"}) {
    std::filesystem::create_directories(folder / scene);
    for (const char* file : {"d-1.0-1.pgm", "d-2.0-1.pgm", "r-1.0-1.ppm", "a-1.0-1.dump", "rgb_1.png",
                             "sync_depth_1.png", "rgb_2.png", "sync_depth_2.png"})
      std::ofstream(folder / scene / file) << "x";
  }
  ASSERT_EQ(datasets().size(), 3u);
  for (const Dataset& row : datasets()) {
    SCOPED_TRACE(row.name);
    ASSERT_EQ(find_dataset(row.name), &row);
    const Listing listing = row.list({.root = folder.path(), .scenes = {"b_0002", "c_0003"}, .every = 2});
    ASSERT_FALSE(listing.frames.empty());
    for (std::size_t i = 0; i < listing.frames.size(); ++i) {
      EXPECT_EQ(listing.frames[i].index, i);
      EXPECT_EQ(listing.frames[i].scene, "b_0002");
      for (const auto& [plane, source] : listing.frames[i].sources)
        EXPECT_GE(place_in_list(row.gives, plane), 0);
    }
    ASSERT_EQ(listing.failures.size(), 1u);
    EXPECT_EQ(listing.failures[0].scene, "c_0003");
  }
  // One raw image and two named ones in each scene, raw depth is none; every other one.
  EXPECT_EQ(find_dataset("images")->list({.root = folder.path(), .every = 2}).frames.size(), 4u);
  EXPECT_EQ(find_dataset("kitti"), nullptr);
}

}  // namespace
}  // namespace depthmill::data
