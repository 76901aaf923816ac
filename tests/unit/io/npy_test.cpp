#include "stages/io/npy.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::ElementsAre;

Bytes npy(const std::string& dict, const std::string& data, int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  text += static_cast<char>(dict.size() & 255);
  text += static_cast<char>(dict.size() >> 8);
  if (version > 1) text += std::string(2, '\0');
  return bytes_of(text + dict + data);
}

TEST(Npy, ReadsEveryPlainTypeInBothByteOrders) {
  const auto one = [](const std::string& descr, const std::string& data) {
    return to_plane(
               parse_npy(npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1, 1), }", data),
                         "f"),
               PlaneKind::kDepth, 1.0, "f")
        .at<double>(0);
  };
  EXPECT_EQ(one("|u1", "\xfe"), 254);
  EXPECT_EQ(one("|i1", "\xfe"), -2);
  EXPECT_EQ(one("|b1", "\x01"), 1);
  EXPECT_EQ(one("<u2", "\x02\x01"), 258);
  EXPECT_EQ(one(">u2", "\x02\x01"), 513);
  EXPECT_EQ(one(">i2", "\xff\xfe"), -2);
  EXPECT_EQ(one("<i4", "\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(one("<u4", std::string("\0\0\0\x80", 4)), 2147483648.0);
  EXPECT_EQ(one("<i8", "\xfe\xff\xff\xff\xff\xff\xff\xff"), -2);
  EXPECT_EQ(one(">u8", std::string("\0\0\0\0\0\0\1\0", 8)), 256);
  EXPECT_EQ(one("<f4", std::string("\0\0\xc0\x3f", 4)), 1.5);
  EXPECT_EQ(one(">f8", std::string("\x3f\xf8\0\0\0\0\0\0", 8)), 1.5);
  EXPECT_EQ(one("<f2", std::string("\0\x3e", 2)), 1.5);
  EXPECT_EQ(one("<f2", std::string("\x01\0", 2)), std::ldexp(1.0, -24));  // the smallest there is
  EXPECT_EQ(one("<f2", std::string("\0\xfc", 2)), -INFINITY);
  EXPECT_TRUE(std::isnan(one("<f2", std::string("\1\x7c", 2))));
}

TEST(Npy, FortranOrderIsTurned) {
  const auto a =
      parse_npy(npy("{\"shape\": (2L, 3L), 'fortran_order': True, 'descr': '|u1'}", "\1\2\3\4\5\6", 2), "f");
  EXPECT_THAT(a.shape, ElementsAre(2u, 3u));
  EXPECT_THAT(values<std::uint8_t>(a), ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(Npy, RoundTripOfEveryShape) {
  for (const auto& shape : {std::vector<std::size_t>{3, 5}, {7}, {}, {2, 3, 4}, {0, 3}}) {
    Array a{shape, Element::kF64, {}};
    a.bytes.resize(a.count() * 8);
    for (std::size_t i = 0; i < a.bytes.size(); ++i) a.bytes[i] = static_cast<std::uint8_t>(i * 37);
    const auto bytes = npy_bytes(a);
    EXPECT_EQ((bytes.size() - a.bytes.size()) % 64, 0u);
    const auto b = parse_npy(bytes, "f");
    EXPECT_EQ(b.shape, a.shape);
    EXPECT_EQ(b.element, a.element);
    EXPECT_EQ(b.bytes, a.bytes);
  }
}

TEST(Npy, HeaderIsWhatNumpySaveWrites) {
  const auto bytes = npy_bytes(to_array(cv::Mat(480, 640, CV_64FC1, cv::Scalar(0))));
  std::string expected = std::string("\x93NUMPY\1\0\x76\0", 10) +
                         "{'descr': '<f8', 'fortran_order': False, 'shape': (480, 640), }";
  expected.resize(127, ' ');
  expected += '\n';
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 128), expected);
}

TEST(Npy, DamageIsRefused) {
  const auto good = npy_bytes(to_array(random_mat(3, 4, CV_32FC1, 1, 0, 1)));
  expect_every_prefix_refused(good, [](auto bytes) { parse_npy(bytes, "f"); });
  const auto why = [](const std::string& dict, const std::string& data) {
    return failure_of([&] { parse_npy(npy(dict, data), "p.npy"); });
  };
  EXPECT_EQ(why("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "x").text,
            "p.npy: holds elements of type '|O', which is no plain number");
  EXPECT_EQ(why("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678").reason,
            FailureReason::kUnreadable);
  EXPECT_EQ(why("{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999, 999999999999)}", "").text,
            "p.npy: its header asks for more samples than any plane has");
  EXPECT_EQ(why("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "a").reason,
            FailureReason::kTruncated);
  EXPECT_EQ(why("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "abc").reason,
            FailureReason::kUnreadable);
  for (const char* dict :
       {"", "{}", "{'descr': '|u1'}", "{'descr': '|u1', 'shape': (1,) ", "{'descr': [('a','<f4')]}",
        "{'descr': '|u1', 'shape': (-1,)}", "{'descr': '', 'shape': (1,)}",
        "{'descr': '|u1', 'shape': (1,)} x", "{'descr': '|u1', 'other': 1, 'shape': (1,)}"})
    EXPECT_EQ(why(dict, "a").reason, FailureReason::kUnreadable) << dict;
}

}  // namespace
}  // namespace depthmill::io
