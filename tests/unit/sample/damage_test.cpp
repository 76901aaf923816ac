#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "stages/sample/sample.h"
#include "tests/support/test_data.h"

namespace depthmill::sample {
namespace {

namespace fs = std::filesystem;

// A scene folder with files of the right names and sizes; what is in them does not matter here.
fs::path written(const test::ScratchFolder& scratch) {
  const SampleOptions options{.scenes = 1, .frames = 10, .seed = 2};
  const SampleScene scene = make_scene(options, 0);
  const fs::path dir = scratch / "kitchen_0001";
  fs::create_directories(dir);
  for (const Recording& r : scene.index_file) {
    std::ofstream(dir / r.name) << "P";
    fs::resize_file(dir / r.name, r.kind == 'r' ? 921615 : r.kind == 'd' ? 614417 : 12);
  }
  return dir;
}

std::size_t count(const fs::path& dir, char kind) {
  std::size_t n = 0;
  for (const auto& e : fs::directory_iterator(dir)) n += e.path().filename().string()[0] == kind;
  return n;
}

TEST(DamageScene, HitsOneFileEach) {
  const test::ScratchFolder scratch;
  const fs::path dir = written(scratch);
  const Damage kinds[] = {Damage::kTruncate,     Damage::kEmpty,       Damage::kWrongSize,
                          Damage::kAllMissing,   Damage::kAllZero,     Damage::kNotAnImage,
                          Damage::kListedAbsent, Damage::kTruncateRgb, Damage::kBadAccel};
  const auto done = damage_scene(dir, kinds);
  ASSERT_EQ(done.size(), std::size(kinds));
  std::set<std::string> files;
  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(done[i].kind, kinds[i]);
    EXPECT_TRUE(files.insert(done[i].file).second) << done[i].file;
  }
  EXPECT_EQ(fs::file_size(dir / done[0].file), 368650u);
  EXPECT_EQ(fs::file_size(dir / done[1].file), 0u);
  EXPECT_EQ(fs::file_size(dir / done[2].file), 17u + 320 * 240 * 2);
  EXPECT_EQ(fs::file_size(dir / done[3].file), 614417u);
  EXPECT_EQ(fs::file_size(dir / done[4].file), 614417u);
  EXPECT_LT(fs::file_size(dir / done[5].file), 100u);
  EXPECT_FALSE(fs::exists(dir / done[6].file));
  EXPECT_EQ(done[7].file[0], 'r');
  EXPECT_LT(fs::file_size(dir / done[7].file), 921615u);
  EXPECT_EQ(fs::file_size(dir / done[8].file), 5u);
}

TEST(DamageScene, RemovesAKindOrAddsStrays) {
  const test::ScratchFolder scratch;
  const fs::path dir = written(scratch);
  EXPECT_GT(count(dir, 'r'), 0u);
  damage_scene(dir, std::array{Damage::kNoRgb, Damage::kNoAccel, Damage::kNoDepth});
  EXPECT_EQ(count(dir, 'r') + count(dir, 'a') + count(dir, 'd'), 0u);
  damage_scene(dir, std::array{Damage::kJunkFiles});
  EXPECT_TRUE(fs::exists(dir / "readme.txt"));
  EXPECT_TRUE(fs::exists(dir / "d-oops.pgm"));
  EXPECT_THROW(damage_scene(dir, std::array{Damage::kTruncateRgb}), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::sample
