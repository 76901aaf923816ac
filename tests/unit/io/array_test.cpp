#include "stages/io/array.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

template <class T>
Array make(std::vector<std::size_t> shape, Element element, const std::vector<T>& v) {
  Array a{std::move(shape), element, Bytes(v.size() * sizeof(T))};
  std::memcpy(a.bytes.data(), v.data(), a.bytes.size());
  return a;
}

TEST(Array, DepthDividesIntegersAndKeepsFloats) {
  const auto ints =
      to_plane(make<std::uint16_t>({1, 2}, Element::kU16, {1500, 0}), PlaneKind::kDepth, 1000, "f");
  EXPECT_EQ(ints.type(), CV_64FC1);
  EXPECT_EQ(ints.at<double>(0), 1.5);
  EXPECT_EQ(ints.at<double>(1), 0.0);
  const auto floats = to_plane(make<float>({1, 2}, Element::kF32, {1.1f, 2}), PlaneKind::kDepth, 1000, "f");
  EXPECT_EQ(floats.at<double>(0), double(1.1f));
}

TEST(Array, OuterDimensionsOfOneAreDropped) {
  const std::vector<float> v = {1, 2, 3, 4, 5, 6};
  for (const auto& shape : {std::vector<std::size_t>{1, 1, 2, 3}, {2, 3, 1}, {1, 2, 3, 1}}) {
    const auto m = to_plane(make(shape, Element::kF32, v), PlaneKind::kDepth, 1, "f");
    EXPECT_EQ(m.size(), cv::Size(3, 2));
    EXPECT_EQ(m.at<double>(1, 0), 4);
  }
  EXPECT_EQ(failure_of([&] { to_plane(make({6}, Element::kF32, v), PlaneKind::kDepth, 1, "x.npy"); }).text,
            "x.npy: float32 6 is not rows x columns of depth");
  EXPECT_EQ(failure_of([&] {
              to_plane(make({1, 3, 1, 2}, Element::kF32, v), PlaneKind::kDepth, 1, "f");
            }).reason,
            FailureReason::kWrongSize);
  EXPECT_EQ(failure_of([&] {
              to_plane({{0, 3}, Element::kF32, {}}, PlaneKind::kDepth, 1, "f");
            }).reason,
            FailureReason::kWrongSize);
}

TEST(Array, ColourInEveryLayout) {
  Bytes channel_last, channel_first, with_alpha;
  for (int i = 0; i < 6; ++i) {
    for (int c = 0; c < 3; ++c) channel_last.push_back(static_cast<std::uint8_t>(10 * i + c));
    for (int c = 0; c < 4; ++c) with_alpha.push_back(static_cast<std::uint8_t>(c == 3 ? 99 : 10 * i + c));
  }
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 6; ++i) channel_first.push_back(static_cast<std::uint8_t>(10 * i + c));
  const auto expected = to_plane({{2, 3, 3}, Element::kU8, channel_last}, PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(expected.at<cv::Vec3b>(1, 2), cv::Vec3b(50, 51, 52));
  EXPECT_TRUE(same(to_plane({{3, 2, 3}, Element::kU8, channel_last}, PlaneKind::kRgb, 1, "f").reshape(3, 2),
                   expected))
      << "3 x 2 x 3 is read channel-last";
  EXPECT_TRUE(same(to_plane({{2, 3, 4}, Element::kU8, with_alpha}, PlaneKind::kRgb, 1, "f"), expected));
  const Array first{{3, 1, 6}, Element::kU8, channel_first};
  EXPECT_TRUE(same(to_plane(first, PlaneKind::kRgb, 1, "f").reshape(3, 2), expected));
  const auto gray = to_plane({{1, 2}, Element::kU8, {7, 8}}, PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(gray.at<cv::Vec3b>(0, 1), cv::Vec3b(8, 8, 8));
}

TEST(Array, WideColourBecomesEightBits) {
  const auto wide = to_plane(make<std::uint16_t>({1, 1, 3}, Element::kU16, {65535, 257 * 100, 128}),
                             PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(wide.at<cv::Vec3b>(0), cv::Vec3b(255, 100, 0));
  // Rounded, not cut: from 129 above a multiple of 257 on it is the next one. 65407 is the first that is 255.
  const auto rounded =
      to_plane(make<std::uint16_t>({1, 2, 3}, Element::kU16,
                                   {129, 257 * 100 + 128, 257 * 100 + 129, 65407, 65406, 127}),
               PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(rounded.at<cv::Vec3b>(0), cv::Vec3b(1, 100, 101));
  EXPECT_EQ(rounded.at<cv::Vec3b>(1), cv::Vec3b(255, 254, 0));
  const auto unit =
      to_plane(make<double>({1, 1, 3}, Element::kF64, {1.0, 100 / 255.0, 0}), PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(unit.at<cv::Vec3b>(0), cv::Vec3b(255, 100, 0));
  const auto near = to_plane(make<double>({1, 1, 3}, Element::kF64, {100.4 / 255, 100.6 / 255, 1 + 5e-4}),
                             PlaneKind::kRgb, 1, "f");
  EXPECT_EQ(near.at<cv::Vec3b>(0), cv::Vec3b(100, 101, 255)) << "rounded, and a little beyond 1 is 1";
  for (double bad : {255.0, -0.5, std::nan("")})
    EXPECT_EQ(failure_of([&] {
                to_plane(make<double>({1, 1, 3}, Element::kF64, {0, bad, 0}), PlaneKind::kRgb, 1, "f");
              }).reason,
              FailureReason::kUnreadable);
  EXPECT_EQ(failure_of([&] {
              to_plane(make<int>({1, 1, 3}, Element::kI32, {1, 2, 3}), PlaneKind::kRgb, 1, "f");
            }).reason,
            FailureReason::kUnreadable);
}

TEST(Array, CodesHaveElevenBits) {
  const auto codes =
      to_plane(make<std::uint16_t>({1, 2}, Element::kU16, {0, 2047}), PlaneKind::kCodes, 1, "f");
  EXPECT_EQ(codes.type(), CV_16UC1);
  EXPECT_EQ(codes.at<std::uint16_t>(1), 2047);
  EXPECT_EQ(failure_of([&] {
              to_plane(make<std::uint16_t>({1, 1}, Element::kU16, {65287}), PlaneKind::kCodes, 1, "d.pgm");
            }).text,
            "d.pgm: 65287 is no 11-bit Kinect code (is the byte order another?)");
  EXPECT_EQ(failure_of([&] {
              to_plane(make<std::int16_t>({1, 1}, Element::kI16, {-1}), PlaneKind::kCodes, 1, "f");
            }).reason,
            FailureReason::kUnreadable);
  EXPECT_EQ(failure_of([&] {
              to_plane(make<float>({1, 1}, Element::kF32, {1}), PlaneKind::kCodes, 1, "f");
            }).reason,
            FailureReason::kWrongSize);
}

TEST(Array, ColumnMajorIsTurnedInAnyRank) {
  const auto a = from_column_major({{2, 3}, Element::kU8, {1, 2, 3, 4, 5, 6}});
  EXPECT_THAT(a.bytes, ElementsAre(1, 3, 5, 2, 4, 6));
  Array cube{{2, 3, 4}, Element::kU16, Bytes(48)};
  for (std::uint16_t k = 0; k < 24; ++k) std::memcpy(&cube.bytes[2 * k], &k, 2);
  const auto v = values<std::uint16_t>(from_column_major(cube));
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(v[(i * 3 + j) * 4 + k], i + 2 * j + 6 * k);
}

TEST(Array, FitsTellsPlanesFromOtherVariables) {
  using S = std::vector<std::size_t>;
  EXPECT_TRUE(fits(S{480, 640}, PlaneKind::kDepth));
  EXPECT_TRUE(fits(S{1, 480, 640}, PlaneKind::kDepth));
  EXPECT_FALSE(fits(S{1, 640}, PlaneKind::kDepth));
  EXPECT_FALSE(fits(S{480, 640, 3}, PlaneKind::kDepth));
  EXPECT_FALSE(fits(S{std::size_t{1} << 40, std::size_t{1} << 40}, PlaneKind::kDepth));
  EXPECT_TRUE(fits(S{480, 640, 3}, PlaneKind::kRgb));
  EXPECT_TRUE(fits(S{3, 480, 640}, PlaneKind::kRgb));
  EXPECT_FALSE(fits(S{480, 640}, PlaneKind::kRgb));
  EXPECT_TRUE(fits(S{4, 1}, PlaneKind::kAccel));
}

TEST(Array, LabelsAreWholeNumbersOfEightBits) {
  const auto labels = to_plane(make<float>({1, 3}, Element::kF32, {0, 7, 255}), PlaneKind::kLabels, 1, "f");
  EXPECT_EQ(labels.type(), CV_8UC1);
  EXPECT_EQ(labels.at<std::uint8_t>(1), 7);
  for (float bad : {-1.0f, 256.0f, 0.5f, std::nanf("")})
    EXPECT_EQ(failure_of([&] {
                to_plane(make<float>({1, 1}, Element::kF32, {bad}), PlaneKind::kLabels, 1, "f");
              }).reason,
              FailureReason::kUnreadable)
        << bad;
}

TEST(Array, NormalsComeAsNumbersOrPictures) {
  const std::vector<float> v = {0, 0, -1, 1, 0, 0};  // two pixels, x y z each
  const auto last = to_plane(make({1, 2, 3}, Element::kF32, v), PlaneKind::kNormals, 1, "f");
  EXPECT_EQ(last.at<cv::Vec3f>(0, 1), cv::Vec3f(1, 0, 0));
  const auto picture =
      to_plane({{1, 2, 3}, Element::kU8, {255, 0, 51, 0, 0, 0}}, PlaneKind::kNormals, 1, "f");
  EXPECT_EQ(picture.at<cv::Vec3f>(0, 0), cv::Vec3f(1, -1, -0.6f));
  EXPECT_EQ(picture.at<cv::Vec3f>(0, 1), cv::Vec3f(0, 0, 0)) << "black is no normal";
  EXPECT_EQ(failure_of([&] {
              to_plane(make<float>({2, 3}, Element::kF32, v), PlaneKind::kNormals, 1, "f");
            }).reason,
            FailureReason::kWrongSize);
}

}  // namespace
}  // namespace depthmill::io
