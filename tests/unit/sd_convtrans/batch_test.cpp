// What a training step is shown: apart from the other tests because it includes torch's headers.
#include "stages/networks/sd_convtrans/training/batch.h"

#include <gtest/gtest.h>

#include "stages/io/h5_file.h"
#include "stages/io/npy.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

// Picture, base and depth each change from left to right, so that one that is not mirrored shows.
SampleFiles ramp_frame(const std::filesystem::path& folder) {
  cv::Mat rgb(48, 64, CV_8UC3), depth(48, 64, CV_64FC1);
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) {
      depth.at<double>(y, x) = 1 + 0.1 * x;
      rgb.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<unsigned char>(4 * x), 9, static_cast<unsigned char>(200 - 2 * x));
    }
  SampleFiles files;
  files.rgb.file = folder / "a.rgb.png";
  files.depth.file = folder / "a.depth.h5";
  files.base.file = folder / "a.base.h5";
  io::write_plane(files.rgb.file, rgb, io::PlaneKind::kRgb, {});
  io::write_plane(files.depth.file, depth, io::PlaneKind::kDepth, {});
  io::write_plane(files.base.file, cv::Mat(depth * 0.5), io::PlaneKind::kDepth, {});
  return files;
}

TEST(Batch, AFlipMirrorsPicturesBaseAndDepthTogether) {
  test::ScratchFolder folder;
  SampleStore store({ramp_frame(folder.path())}, small_sizes());
  const Batch plain = plain_batch(store.get(0));
  TrainOptions options;
  const auto made = [&](double flip) {
    options.flip = flip;
    return make_batch(store, {0}, options, 1);
  };
  const auto tensors = [](const Batch& b) { return std::array{b.low, b.high, b.base, b.depth}; };
  const auto always = tensors(made(1)), never = tensors(made(0)), expected = tensors(plain);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_FALSE(torch::equal(expected[i], expected[i].flip({3}))) << i << ": a mirror would not show";
    EXPECT_TRUE(torch::equal(never[i], expected[i])) << i;
    EXPECT_TRUE(torch::equal(always[i], expected[i].flip({3}))) << i;
  }
}

}  // namespace
}  // namespace depthmill::sd_convtrans
