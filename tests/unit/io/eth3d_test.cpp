#include "stages/io/eth3d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

// Almost all of the file is a hole, on the disk too.
TEST(Eth3d, FloatsUnderTheNameOfAPicture) {
  test::ScratchFolder scratch;
  const auto file = scratch / "DSC_0001.JPG";
  const float values[] = {1.5F, INFINITY, 3.25F};
  put_bytes(file, {reinterpret_cast<const std::uint8_t*>(values), sizeof values});
  EXPECT_FALSE(is_eth3d_depth(file)) << "of another size";
  std::filesystem::resize_file(file, 97542144);
  ASSERT_TRUE(is_eth3d_depth(file));
  PlaneSource source;
  source.file = file;
  const cv::Mat depth = read_plane(source, PlaneKind::kDepth, plane::kGt);
  ASSERT_EQ(depth.size(), cv::Size(6048, 4032));
  EXPECT_EQ(depth.at<double>(0, 0), 1.5);
  EXPECT_EQ(depth.at<double>(0, 1), 0) << "infinity is no reading";
  EXPECT_EQ(depth.at<double>(0, 2), 3.25);
  put_bytes(scratch / "real.JPG", bytes_of("\xFF\xD8\xFF\xE0"));
  std::filesystem::resize_file(scratch / "real.JPG", 97542144);
  EXPECT_FALSE(is_eth3d_depth(scratch / "real.JPG")) << "a picture of that size";
  source.file = scratch / "real.JPG";
  EXPECT_THAT(failure_of([&] { read_plane(source, PlaneKind::kDepth); }).text,
              ::testing::HasSubstr("is not read as depth"));
}

}  // namespace
}  // namespace depthmill::io
