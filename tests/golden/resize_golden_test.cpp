// The resize kernels against PIL, OpenCV and torch themselves (scripts/golden/make_resize_golden.py).
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "stages/io/h5_file.h"
#include "stages/networks/model_card.h"
#include "stages/resample/resize.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

cv::Mat read(const std::filesystem::path& file, const std::string& name) {
  const io::Array a = io::read_h5(file, name, io::H5Layout::kRowMajor);
  const int channels = a.shape.size() == 3 ? static_cast<int>(a.shape[2]) : 1;
  const int depth = a.element == io::Element::kU8 ? CV_8U : CV_32F;
  return cv::Mat(static_cast<int>(a.shape[0]), static_cast<int>(a.shape[1]), CV_MAKETYPE(depth, channels),
                 const_cast<std::uint8_t*>(a.bytes.data()))
      .clone();
}

class ResizeGolden : public ::testing::TestWithParam<int> {};

TEST_P(ResizeGolden, AgreesWithTheReference) {
  DEPTHMILL_GOLDEN(file, "resize/resize.h5");
  const auto filter = static_cast<ResizeFilter>(GetParam());
  const std::string name(filter_name(filter));
  const cv::Mat floats = read(file, "input_float32"), bytes = read(file, "input_uint8");
  cv::Mat first;
  cv::extractChannel(floats, first, 0);
  int compared = 0;
  for (const auto& info : io::list_h5(file, io::H5Layout::kRowMajor)) {
    if (!info.name.starts_with(name + "/")) continue;
    const cv::Mat expected = read(file, info.name);
    const cv::Mat& input = expected.depth() == CV_8U ? bytes : expected.channels() == 1 ? first : floats;
    const cv::Mat got = resample(input, expected.size(), filter);
    ASSERT_EQ(got.type(), expected.type());
    ASSERT_EQ(got.size(), expected.size());
    if (expected.depth() == CV_32F) {  // the order of additions differs
      EXPECT_LE(cv::norm(got, expected, cv::NORM_INF), 1e-5) << info.name;
    } else if (name.starts_with("pil")) {  // whole-number arithmetic, reproduced exactly
      EXPECT_EQ(cv::norm(got, expected, cv::NORM_INF), 0) << info.name;
    } else {
      // torch's float sums may fall on the other side of a half; OpenCV's own versions differ among
      // themselves by one in cubic kernels (fixed point or vector code).
      EXPECT_LE(cv::norm(got, expected, cv::NORM_INF), 1) << info.name;
      if (name.starts_with("torch")) {
        EXPECT_LE(cv::norm(got, expected, cv::NORM_L1), 0.01 * static_cast<double>(got.total() * 3))
            << info.name;
      }
    }
    ++compared;
  }
  EXPECT_EQ(compared, 9);
}

INSTANTIATE_TEST_SUITE_P(All, ResizeGolden,
                         ::testing::Range(0, static_cast<int>(ResizeFilter::kTorchBicubicAntialias) + 1),
                         [](const auto& parameter) {
                           return std::string(filter_name(static_cast<ResizeFilter>(parameter.param)));
                         });

}  // namespace
}  // namespace depthmill::networks
