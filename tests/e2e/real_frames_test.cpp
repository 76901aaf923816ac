// Frames of published sets under the names they were published under, through the built program: --layout auto takes
// them for what they are. They lie in ../shared, which not every checkout has beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "tests/support/paths.h"
#include "tests/support/program.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RealFramesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto sample = find_real("real/nyu_sync_pairs/rgb_00050.jpg");
    if (!sample) GTEST_SKIP() << "the real frames of ../shared/data/real are not here";
    root_ = sample->parent_path().parent_path();
  }
  std::string at(const std::string& below) const { return (root_ / below).string(); }
  std::string plan(const std::string& command) const {
    const auto result = run_depthmill(command + " --dry-run --out " + (scratch_.path() / "out").string());
    EXPECT_EQ(result.code, 0) << result.output;
    return result.output;
  }
  fs::path root_;
  ScratchFolder scratch_;
};

TEST_F(RealFramesTest, PairsForFilling) {
  const std::string bts = plan("fill --in " + at("nyu_sync_pairs"));
  EXPECT_THAT(bts, HasSubstr("layout bts: 5 files: 2 frames taken"));
  EXPECT_THAT(bts, HasSubstr("sync_depth_00050.png (480x640, 1000 a metre"));
  const std::string projected = plan("fill --in " + at("nyu_projected_pairs"));
  EXPECT_THAT(projected, HasSubstr("4 frames taken"));
  EXPECT_THAT(projected, HasSubstr("dining_depth_3.pgm"));
  EXPECT_THAT(projected, HasSubstr("dining_color_3.png"));
  EXPECT_THAT(plan("fill --in " + at("kinect_other")), HasSubstr("2 frames taken"));
  const std::string triplet = plan("fill --in " + at("nyu_fill_triplet"));
  EXPECT_THAT(triplet, HasSubstr("rawdepth.png (425x560"));
  EXPECT_THAT(triplet, HasSubstr("images.png (425x560"));
  const std::string labeled = plan("fill --in " + at("nyu_labeled"));
  EXPECT_THAT(labeled, HasSubstr("2 frames taken"));
  EXPECT_THAT(labeled, HasSubstr("2 of plane instances"));
}

TEST_F(RealFramesTest, PicturesForANetwork) {
  EXPECT_THAT(plan("infer --model constant --images " + at("nyu_test_rgb")), HasSubstr("8 frames taken"));
  EXPECT_THAT(plan("infer --model constant --images " + at("fastdepth_sample")),
              HasSubstr("1 of plane depth: depth.npy"));
}

// Bytes exchanged, as the recorder left them, and the names lost that say so.
TEST_F(RealFramesTest, RawKinectDepthIsNotTakenForMillimetres) {
  const auto result = run_depthmill("fill --method none --in " + at("nyu_raw_frame") + " --out " +
                                    (scratch_.path() / "out").string());
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("NYU_depth.pgm: holds raw Kinect codes"));
}

// NumPy has 0.1404981735 for the published prediction.
TEST_F(RealFramesTest, APublishedPrediction) {
  const auto result =
      run_depthmill("evaluate --protocol eigen-nocrop --pred " + at("fastdepth_sample/pred.npy") + " --gt " +
                    at("fastdepth_sample/depth.npy"));
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("abs_rel        0.140498"));
}

}  // namespace
}  // namespace depthmill::test
