#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "stages/io/npy.h"
#include "stages/sample/sample.h"
#include "tests/support/test_data.h"

namespace depthmill::sample {
namespace {

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::map<std::string, std::vector<std::uint8_t>> folder(const std::filesystem::path& dir) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  for (const auto& e : std::filesystem::recursive_directory_iterator(dir))
    if (e.is_regular_file()) files[std::filesystem::relative(e.path(), dir).string()] = bytes_of(e.path());
  return files;
}

TEST(SampleFiles, HaveTheDataSetsExactFormat) {
  const test::ScratchFolder scratch;
  const SampleOptions options{.scenes = 1, .frames = 2, .seed = 8};
  const SampleSummary summary = write_sample_scenes(scratch.path(), options);
  EXPECT_EQ(summary.scenes, std::vector<std::string>{"kitchen_0001"});
  EXPECT_EQ(summary.depth_files, 2u);
  const SampleScene scene = make_scene(options, 0);

  const auto dir = scratch / "kitchen_0001";
  std::string listed;
  for (std::size_t i = 0; i < scene.index_file.size(); ++i) {
    const Recording& r = scene.index_file[i];
    listed += r.name + "\n";
    const auto bytes = bytes_of(dir / r.name);
    const auto text = [&](std::size_t n) {
      return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    };
    if (r.kind == 'r') {
      ASSERT_EQ(bytes.size(), 15u + 921600u);
      EXPECT_EQ(text(15), "P6 640 480 255\n");
      const cv::Mat image = render_rgb(scene, options, i);
      EXPECT_TRUE(std::equal(bytes.begin() + 15, bytes.end(), image.data));
    } else if (r.kind == 'd') {
      ASSERT_EQ(bytes.size(), 17u + 614400u);
      EXPECT_EQ(text(17), "P5 640 480 65535\n");
      const cv::Mat codes = render_depth(scene, options, i);
      for (std::size_t k = 0; k < 307200; ++k)  // low byte first
        ASSERT_EQ(bytes[17 + 2 * k] + 256 * bytes[18 + 2 * k], codes.ptr<std::uint16_t>()[k]);
      const std::string stem = r.name.substr(0, r.name.size() - 4);
      const io::Array array =
          io::parse_npy(bytes_of(scratch / "truth/kitchen_0001/" / (stem + ".depth.npy")), stem);
      EXPECT_EQ(array.describe(), "float64 480x640");
      const cv::Mat truth = render_truth(scene, i);
      EXPECT_TRUE(std::equal(array.bytes.begin(), array.bytes.end(), truth.data));
    } else {
      EXPECT_EQ(bytes.size(), 12u);
    }
  }
  const auto index = bytes_of(dir / "INDEX.txt");
  EXPECT_EQ(std::string(index.begin(), index.end()), listed);
  // Nothing else is there.
  EXPECT_EQ(folder(dir).size(), scene.index_file.size() + 1);
  EXPECT_EQ(folder(scratch / "truth").size(), 2u);
}

TEST(SampleFiles, AreTheSameTwiceAndSceneByScene) {
  const test::ScratchFolder scratch;
  const SampleOptions options{.scenes = 2, .frames = 1, .seed = 9, .accel = false};
  const SampleSummary summary = write_sample_scenes(scratch / "a", options);
  EXPECT_EQ(summary.accel_files, 0u);
  write_sample_scene(scratch / "b", options, 1);
  write_sample_scene(scratch / "b", options, 0);
  EXPECT_EQ(folder(scratch / "a"), folder(scratch / "b"));
}

TEST(SampleFiles, ASceneOfAnotherSampleIsNotMixedWithThisOne) {
  const test::ScratchFolder scratch;
  SampleOptions options{.scenes = 1, .frames = 1, .seed = 9, .accel = false};
  write_sample_scenes(scratch.path(), options);
  const auto before = folder(scratch.path());
  write_sample_scenes(scratch.path(), options);
  options.seed = 10;
  EXPECT_THROW(write_sample_scenes(scratch.path(), options), std::runtime_error);
  EXPECT_EQ(folder(scratch.path()), before);
}

TEST(SampleFiles, ProgressCountsAndStops) {
  const test::ScratchFolder scratch;
  std::vector<std::size_t> done;
  const SampleSummary summary =
      write_sample_scenes(scratch.path(), {.scenes = 3, .frames = 1}, [&](std::size_t n, std::size_t total) {
        EXPECT_EQ(total, 3u);
        done.push_back(n);
        return n < 2;
      });
  EXPECT_EQ(done, (std::vector<std::size_t>{1, 2}));
  EXPECT_TRUE(summary.stopped);
  EXPECT_TRUE(std::filesystem::exists(scratch / "kitchen_0001/INDEX.txt"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "bedroom_0001/INDEX.txt"));
}

}  // namespace
}  // namespace depthmill::sample
