#include "stages/io/png.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/io/image_file.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

// What OpenCV, which is libpng, reads, in our order of colours.
cv::Mat read_by_opencv(const Bytes& file) {
  cv::Mat m = cv::imdecode(file, cv::IMREAD_UNCHANGED);
  if (m.channels() == 3) cv::cvtColor(m, m, cv::COLOR_BGR2RGB);
  if (m.channels() == 4) cv::cvtColor(m, m, cv::COLOR_BGRA2RGBA);
  return m;
}

// Steps, ramps and noise, so that no filter is idle.
cv::Mat picture(int rows, int cols, int type, unsigned seed) {
  const double top = CV_MAT_DEPTH(type) == CV_16U ? 65536 : 256;
  cv::Mat m = random_mat(rows, cols, type, seed, 0, top);
  cv::Mat smooth;
  cv::blur(m, smooth, {5, 5});
  cv::Mat upper = m.rowRange(0, (rows + 1) / 2);
  smooth.rowRange(0, upper.rows).copyTo(upper);
  return m;
}

Bytes by_libpng(const cv::Mat& m, int level) {
  Bytes file;
  cv::Mat bgr = m.clone();
  if (m.channels() == 3) cv::cvtColor(m, bgr, cv::COLOR_RGB2BGR);
  if (m.channels() == 4) cv::cvtColor(m, bgr, cv::COLOR_RGBA2BGRA);
  std::vector<int> how;
  if (level >= 0) how = {cv::IMWRITE_PNG_COMPRESSION, level};  // with a level, libpng chooses a filter a row
  EXPECT_TRUE(cv::imencode(".png", bgr, file, how));
  return file;
}

// Offset of the data of the first chunk of a type; its length is in the four bytes before the type.
std::size_t data_of(const Bytes& file, const std::string& type) {
  return static_cast<std::size_t>(std::search(file.begin(), file.end(), type.begin(), type.end()) -
                                  file.begin()) +
         4;
}

struct Kind {
  const char* name;
  int type;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
class PngKinds : public ::testing::TestWithParam<Kind> {};

TEST_P(PngKinds, AreReadAsLibpngReadsThem) {
  for (int cols : {1, 2, 3, 5, 8, 31, 64})
    for (int level : {-1, 0, 1, 6, 9}) {
      const cv::Mat m = picture(17, cols, GetParam().type, static_cast<unsigned>(cols));
      const Bytes file = by_libpng(m, level);
      ASSERT_TRUE(same(read_by_opencv(file), m));
      const auto a = decode_plain_png(file);
      ASSERT_TRUE(a) << cols << " columns, level " << level;
      EXPECT_EQ(a->bytes, to_array(m).bytes) << cols << " columns, level " << level;
      EXPECT_EQ(a->describe(), to_array(m).describe());
    }
}

INSTANTIATE_TEST_SUITE_P(Png, PngKinds,
                         ::testing::Values(Kind{"gray8", CV_8UC1}, Kind{"rgb8", CV_8UC3},
                                           Kind{"rgba8", CV_8UC4}, Kind{"gray16", CV_16UC1},
                                           Kind{"rgb16", CV_16UC3}, Kind{"rgba16", CV_16UC4}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(Png, EveryFilterIsUndoneAsLibpngDoes) {
  // Random rows under every filter, after every other: whatever pixels that makes, libpng and we must agree
  // on them. The stream is one stored block: a header of 2 + 5 bytes, the rows, their Adler-32.
  for (const int type : {CV_8UC1, CV_16UC1, CV_8UC3, CV_8UC4, CV_16UC3, CV_16UC4}) {
    const cv::Mat m = random_mat(15, 21, type, 5, 0, CV_MAT_DEPTH(type) == CV_16U ? 65536 : 256);
    const std::size_t row = m.cols * m.elemSize() + 1, size = row * static_cast<std::size_t>(m.rows);
    Bytes raw(size);
    for (std::size_t y = 0; y < 15; ++y) {
      raw[y * row] = static_cast<std::uint8_t>((y + 4) % 5);
      std::copy_n(m.ptr(static_cast<int>(y)), row - 1,
                  raw.begin() + static_cast<std::ptrdiff_t>(y * row + 1));
    }
    unsigned low = 1, high = 0;
    for (const std::uint8_t v : raw) low = (low + v) % 65521, high = (high + low) % 65521;
    const Bytes file = by_libpng(m, 0);
    const std::size_t data = data_of(file, "IDAT");
    Bytes stream{0x78,
                 0x01,
                 0x01,
                 std::uint8_t(size),
                 std::uint8_t(size >> 8),
                 std::uint8_t(~size),
                 std::uint8_t(~size >> 8)};
    stream.insert(stream.end(), raw.begin(), raw.end());
    for (const unsigned v : {high >> 8, high, low >> 8, low}) stream.push_back(static_cast<std::uint8_t>(v));
    Bytes whole(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(data) - 8);
    const auto chunk = [&](const std::string& type_name, const Bytes& body) {
      const auto put = [&](std::uint32_t v) {
        for (int s = 24; s >= 0; s -= 8) whole.push_back(static_cast<std::uint8_t>(v >> s));
      };
      put(static_cast<std::uint32_t>(body.size()));
      Bytes checked(type_name.begin(), type_name.end());
      checked.insert(checked.end(), body.begin(), body.end());
      whole.insert(whole.end(), checked.begin(), checked.end());
      std::uint32_t crc = ~0u;
      for (const std::uint8_t v : checked) {
        crc ^= v;
        for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
      }
      put(~crc);
    };
    chunk("IDAT", stream);
    chunk("IEND", {});
    const cv::Mat expected = read_by_opencv(whole);
    ASSERT_FALSE(expected.empty());
    const auto a = decode_plain_png(whole);
    ASSERT_TRUE(a);
    EXPECT_EQ(a->bytes, to_array(expected).bytes);
  }
}

TEST(Png, WhatIsWrittenLibpngReads) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1})
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(640, 480), cv::Size(7, 1), cv::Size(1, 9)}) {
      const cv::Mat m = picture(size.height, size.width, type, 3);
      EXPECT_TRUE(same(read_by_opencv(encode_png(m)), m)) << size;
      EXPECT_TRUE(same(read_by_opencv(encode_png(cv::Mat::zeros(size, type))), cv::Mat::zeros(size, type)));
    }
  // A region of a larger picture has gaps between its rows.
  const cv::Mat whole = picture(40, 50, CV_8UC3, 4), part = whole(cv::Rect(7, 5, 30, 20));
  EXPECT_TRUE(same(read_by_opencv(encode_png(part)), part.clone()));
}

TEST(Png, NoiseStaysSmallerThanItsPixelsAndAFew) {
  const cv::Mat noise = random_mat(480, 640, CV_16UC1, 9, 0, 65536);
  const Bytes file = encode_png(noise);
  EXPECT_LT(file.size(), noise.total() * 2 + noise.total() / 50);
  EXPECT_TRUE(same(read_by_opencv(file), noise));
}

TEST(Png, OtherKindsAreLeftToTheGeneralDecoder) {
  cv::Mat bits;
  cv::threshold(picture(9, 13, CV_8UC1, 1), bits, 128, 255, cv::THRESH_BINARY);
  Bytes bilevel;
  cv::imencode(".png", bits, bilevel, {cv::IMWRITE_PNG_BILEVEL, 1});
  EXPECT_FALSE(decode_plain_png(bilevel));
  EXPECT_EQ(parse_image(bilevel, "f").bytes, to_array(bits).bytes);
}

TEST(Png, ADamagedPictureIsNotPlain) {
  const Bytes good = encode_png(picture(20, 30, CV_8UC3, 2));
  ASSERT_TRUE(decode_plain_png(good));
  int refused = 0;
  for (std::size_t i = 8; i < good.size(); i += 3) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    refused += !decode_plain_png(bad);
  }
  // Every byte behind the magic number is covered by a length, a type or a checksum.
  EXPECT_EQ(refused, static_cast<int>((good.size() - 8 + 2) / 3));
}

}  // namespace
}  // namespace depthmill::io
