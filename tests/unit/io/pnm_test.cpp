#include "stages/io/pnm.h"

#include <gmock/gmock.h>

#include "stages/io/plane_file.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

constexpr auto kHigh = ByteOrder::kHighFirst;

TEST(Pnm, AcceptsAnyNetpbmWhiteSpaceAndComments) {
  const std::string headers[] = {"P5 2 1 255\n",       "P5\n2 1\n255\n",
                                 "P5\t2\v1\f255\r",    "P5 # a 7 7\n2 1 # b\n255\n",
                                 "P5#x\n2#y\n 1 255 ", "P5 2 1 255#z\n"};
  for (const auto& header : headers) {
    const auto a = parse_pnm(bytes_of(header + "\x0a#"), kHigh, "f");
    EXPECT_THAT(a.shape, ElementsAre(1u, 2u)) << header;
    EXPECT_THAT(values<std::uint8_t>(a), ElementsAre(10, '#')) << header;
  }
}

TEST(Pnm, ByteOrderIsTheCallersNotTheHeaders) {
  const auto bytes = bytes_of(std::string("P5 2 1 65535\n") + "\x01\x02\xff\x07");
  EXPECT_THAT(values<std::uint16_t>(parse_pnm(bytes, kHigh, "f")), ElementsAre(0x0102, 0xff07));
  EXPECT_THAT(values<std::uint16_t>(parse_pnm(bytes, ByteOrder::kLowFirst, "f")), ElementsAre(0x0201, 2047));
}

TEST(Pnm, ColourIsStretchedToFullRangeAndDepthIsNot) {
  const auto ppm =
      parse_pnm(bytes_of(std::string("P6 1 1 15\n") + "\x0f\x05" + std::string(1, '\0')), kHigh, "f");
  EXPECT_THAT(values<std::uint8_t>(ppm), ElementsAre(255, 85, 0));
  const auto wide = parse_pnm(bytes_of(std::string("P6 1 1 1023\n\x03\xff\x00\x00\xff\xff", 18)), kHigh, "f");
  EXPECT_THAT(values<std::uint16_t>(wide), ElementsAre(65535, 0, 65535));
  const auto pgm = parse_pnm(bytes_of(std::string("P5 1 1 15\n") + "\x0f"), kHigh, "f");
  EXPECT_THAT(values<std::uint8_t>(pgm), ElementsAre(15));
}

TEST(Pnm, WritesTheDataSetsExactBytesAndReadsThemBack) {
  const auto rgb = random_mat(5, 7, CV_8UC3, 1, 0, 256);
  const auto bytes = pnm_bytes(rgb, kHigh);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 11), "P6 7 5 255\n");
  EXPECT_EQ(bytes.size(), 11u + 5 * 7 * 3);
  EXPECT_EQ(parse_pnm(bytes, kHigh, "f").bytes, to_array(rgb).bytes);

  const auto codes = random_mat(4, 3, CV_16UC1, 2, 0, 2048);
  for (auto order : {kHigh, ByteOrder::kLowFirst}) {
    const auto pgm = pnm_bytes(codes, order);
    EXPECT_EQ(std::string(pgm.begin(), pgm.begin() + 13), "P5 3 4 65535\n");
    EXPECT_EQ(parse_pnm(pgm, order, "f").bytes, to_array(codes).bytes);
  }
  EXPECT_THROW(pnm_bytes(cv::Mat(1, 1, CV_32FC1), kHigh), std::invalid_argument);
}

TEST(Pnm, EveryPrefixIsRefused) {
  const auto good = pnm_bytes(random_mat(4, 3, CV_16UC1, 2, 0, 2048), kHigh);
  expect_every_prefix_refused(good, [](auto bytes) { parse_pnm(bytes, kHigh, "f"); });
}

TEST(Pnm, HostileHeadersAreRefusedInOneSentence) {
  const auto error = [](std::string_view text) {
    return failure_of([&] { parse_pnm(bytes_of(text), kHigh, "x.pgm"); });
  };
  EXPECT_EQ(error("P5 2 1 255\nabc").text, "x.pgm: is too long: 3 bytes of data, its header promises 2");
  EXPECT_EQ(error("P5 2 1 255\na").reason, FailureReason::kTruncated);
  EXPECT_EQ(error("P5 99999999 99999999 255\n").text,
            "x.pgm: its header asks for more samples than any plane has");
  for (const char* bad : {"P4 1 1\n", "P7 1 1 1\na", "P5 -1 1 255\na", "P5 0 1 255\n", "P5 1 1 0\na",
                          "P5 1 1 65536\na", "P5 1 1 255a", "P51 1 255\na", "P5 1 1x 255\na",
                          "P5 18446744073709551617 1 255\na", "P6 268435456 1 255\na"})
    EXPECT_EQ(error(bad).reason, FailureReason::kUnreadable) << bad;
}

// A raw frame under another name: metres made of exchanged bytes would be no error that anybody sees.
TEST(Pnm, RawKinectCodesAreNoDepth) {
  test::ScratchFolder scratch;
  PlaneSource source;
  source.file = scratch / "NYU_depth.pgm";
  cv::Mat codes(20, 30, CV_16UC1);
  for (int i = 0; i < 600; ++i)
    codes.at<std::uint16_t>(i / 30, i % 30) = static_cast<std::uint16_t>(839 + 2 * i);
  put_bytes(source.file, pnm_bytes(codes, ByteOrder::kLowFirst));
  EXPECT_EQ(cv::norm(read_plane(source, PlaneKind::kCodes), codes, cv::NORM_INF), 0);
  EXPECT_THAT(failure_of([&] { read_plane(source, PlaneKind::kDepth, plane::kRawDepth); }).text,
              ::testing::HasSubstr("holds raw Kinect codes"));
  put_bytes(source.file, pnm_bytes(codes, ByteOrder::kHighFirst));
  EXPECT_EQ(read_plane(source, PlaneKind::kDepth).at<double>(0, 0), 0.839)
      << "the same samples as millimetres";
  put_bytes(source.file, pnm_bytes(cv::Mat(20, 30, CV_16UC1, cv::Scalar(2048)), ByteOrder::kHighFirst));
  EXPECT_EQ(read_plane(source, PlaneKind::kDepth).at<double>(0, 0), 2.048) << "a wall is no code";
}

}  // namespace
}  // namespace depthmill::io
