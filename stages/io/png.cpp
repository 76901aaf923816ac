#include "stages/io/png.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <opencv2/core/hal/intrin.hpp>
#include <stdexcept>
#include <string>

#include "stages/io/deflate.h"
#include "stages/io/inflate.h"

namespace depthmill::io {
namespace {

constexpr std::uint8_t kPngMagic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t kFrame = 12;  // length, type and checksum around a chunk's data
enum ColourType : std::uint8_t { kGray = 0, kRgb = 2, kGrayAlpha = 4, kRgba = 6 };
enum RowFilter : std::uint8_t { kNone, kSub, kUp, kAverage, kPaeth };

std::uint32_t big_endian(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
         static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}

void put_big_endian(std::uint8_t* p, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

struct Chunk {
  std::span<const std::uint8_t> type_and_data, data;
  std::uint32_t crc;
  bool is(const char* type) const { return std::memcmp(type_and_data.data(), type, 4) == 0; }
  std::string_view name() const { return {reinterpret_cast<const char*>(type_and_data.data()), 4}; }
  // One that a decoder must not pass over.
  bool critical() const { return (type_and_data[0] & 0x20) == 0; }
  bool intact() const { return crc32_gzip_refl(0, type_and_data.data(), type_and_data.size()) == crc; }
};

// The chunk at `at`, which then stands behind it; nothing where the file ends before the chunk does.
std::optional<Chunk> next_chunk(std::span<const std::uint8_t> b, std::size_t& at) {
  if (at + kFrame > b.size()) return std::nullopt;
  const std::size_t length = big_endian(&b[at]);
  if (length > b.size() - at - kFrame) return std::nullopt;
  const Chunk chunk{b.subspan(at + 4, 4 + length), b.subspan(at + 8, length),
                    big_endian(&b[at + 8 + length])};
  at += kFrame + length;
  return chunk;
}

struct Header {
  std::size_t rows = 0, cols = 0, channels = 0, sample = 0;  // sample: bytes of one
  std::size_t pixel() const { return channels * sample; }
  std::size_t row() const { return cols * pixel(); }
};

// Of a picture that is unpacked here.
std::optional<Header> plain_header(const Chunk& ihdr) {
  if (ihdr.data.size() != 13 || !ihdr.intact()) return std::nullopt;
  const std::uint8_t* p = ihdr.data.data();
  const std::uint8_t depth = p[8], colour = p[9];
  if (depth != 8 && depth != 16) return std::nullopt;
  if (colour != kGray && colour != kRgb && colour != kGrayAlpha && colour != kRgba) return std::nullopt;
  if (p[10] != 0 || p[11] != 0 || p[12] != 0) return std::nullopt;  // deflate, these filters, not interlaced
  Header h;
  h.rows = big_endian(p + 4);
  h.cols = big_endian(p);
  h.channels = colour == kGray ? 1 : colour == kGrayAlpha ? 2 : colour == kRgb ? 3 : 4;
  h.sample = depth / 8;
  return h;
}

int paeth(int left, int above, int corner) {
  const int to_above = left - corner, to_left = above - corner;  // of left + above - corner
  const int a = std::abs(to_left), b = std::abs(to_above), c = std::abs(to_left + to_above);
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

// Pixels of 1 byte, and any pixel in a scalar build.
template <std::size_t kPixel>
void undo_paeth_scalar(const std::uint8_t* in, const std::uint8_t* above, std::uint8_t* row, std::size_t n) {
  for (std::size_t i = 0; i < kPixel; ++i) row[i] = static_cast<std::uint8_t>(in[i] + above[i]);
  for (std::size_t i = kPixel; i < n; ++i)
    row[i] = static_cast<std::uint8_t>(in[i] + paeth(row[i - kPixel], above[i], above[i - kPixel]));
}

// A pixel depends on the one before it, so the bytes of one pixel are all there is to do side by side: it
// lies in the low lanes of one vector, of which 8 bytes are read and written and kPixel count.
template <std::size_t kPixel>
void undo_paeth(const std::uint8_t* in, const std::uint8_t* above, std::uint8_t* row, std::size_t n) {
#if CV_SIMD128
  using namespace cv;
  v_int16x8 left = v_setzero_s16(), corner = v_setzero_s16();
  const v_int16x8 low_byte = v_setall_s16(0xFF);
  const auto pixel = [&](const std::uint8_t* x, const std::uint8_t* u, std::uint8_t* out) {
    const v_int16x8 up = v_reinterpret_as_s16(v_load_expand(u));
    const v_int16x8 to_left = v_sub_wrap(up, corner), to_up = v_sub_wrap(left, corner);
    const v_int16x8 a = v_reinterpret_as_s16(v_abs(to_left)), b = v_reinterpret_as_s16(v_abs(to_up)),
                    c = v_reinterpret_as_s16(v_abs(v_add_wrap(to_left, to_up)));
    const v_int16x8 least = v_min(a, v_min(b, c));
    const v_int16x8 guess = v_select(least == a, left, v_select(least == b, up, corner));
    left = v_add_wrap(v_reinterpret_as_s16(v_load_expand(x)), guess) & low_byte;
    corner = up;
    v_pack_u_store(out, left);
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += kPixel) pixel(in + i, above + i, row + i);
  for (; i < n; i += kPixel) {
    std::array<std::uint8_t, 8> x{}, u{}, out{};
    std::memcpy(x.data(), in + i, kPixel);
    std::memcpy(u.data(), above + i, kPixel);
    pixel(x.data(), u.data(), out.data());
    std::memcpy(row + i, out.data(), kPixel);
  }
#else
  undo_paeth_scalar<kPixel>(in, above, row, n);
#endif
}

// False when there is no such filter.
template <std::size_t kPixel>
bool undo_filter(std::uint8_t filter, const std::uint8_t* in, const std::uint8_t* above, std::uint8_t* row,
                 std::size_t n) {
  switch (filter) {
    case kNone:
      std::memcpy(row, in, n);
      return true;
    case kSub:
      std::memcpy(row, in, kPixel);
      for (std::size_t i = kPixel; i < n; ++i) row[i] = static_cast<std::uint8_t>(in[i] + row[i - kPixel]);
      return true;
    case kUp:
      for (std::size_t i = 0; i < n; ++i) row[i] = static_cast<std::uint8_t>(in[i] + above[i]);
      return true;
    case kAverage:
      for (std::size_t i = 0; i < kPixel; ++i) row[i] = static_cast<std::uint8_t>(in[i] + above[i] / 2);
      for (std::size_t i = kPixel; i < n; ++i)
        row[i] = static_cast<std::uint8_t>(in[i] + (row[i - kPixel] + above[i]) / 2);
      return true;
    case kPaeth:
      if constexpr (kPixel >= 2)
        undo_paeth<kPixel>(in, above, row, n);
      else
        undo_paeth_scalar<kPixel>(in, above, row, n);
      return true;
    default:
      return false;
  }
}

template <std::size_t kPixel>
bool undo_filters(const Header& h, const std::uint8_t* in, std::uint8_t* out) {
  const std::size_t row = h.row();
  const std::vector<std::uint8_t> nothing(row, 0);  // stands above the first row
  const std::uint8_t* above = nothing.data();
  for (std::size_t y = 0; y < h.rows; ++y, in += row + 1, out += row) {
    if (!undo_filter<kPixel>(in[0], in + 1, above, out, row)) return false;
    above = out;
  }
  return true;
}

void swap_bytes_of_samples(std::uint8_t* p, std::size_t bytes) {
  for (std::size_t i = 0; i + 1 < bytes; i += 2) std::swap(p[i], p[i + 1]);
}

// Fills in length, type and checksum around data that lies 8 bytes behind `chunk`.
void frame_chunk(std::uint8_t* chunk, const char* type, std::size_t length) {
  put_big_endian(chunk, static_cast<std::uint32_t>(length));
  std::memcpy(chunk + 4, type, 4);
  put_big_endian(chunk + 8 + length, crc32_gzip_refl(0, chunk + 4, length + 4));
}

// Of grey with alpha the grey alone.
void drop_alpha(Array& a, std::size_t sample) {
  const std::size_t n = a.shape[0] * a.shape[1];
  for (std::size_t i = 1; i < n; ++i) std::memmove(&a.bytes[i * sample], &a.bytes[2 * i * sample], sample);
  a.shape.pop_back();
  a.bytes.resize(n * sample);
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= sizeof kPngMagic && std::memcmp(bytes.data(), kPngMagic, sizeof kPngMagic) == 0;
}

void check_png(std::span<const std::uint8_t> bytes, std::string_view label) {
  std::size_t at = sizeof kPngMagic;
  while (const auto chunk = next_chunk(bytes, at)) {
    if (chunk->is("IHDR") && chunk->data.size() >= 8) {
      const std::size_t shape[] = {big_endian(&chunk->data[4]), big_endian(&chunk->data[0])};
      // Deflate cannot pack more than 1032 bytes into one, and a byte holds at most 8 pixels.
      check_promise(shape, bytes.size() * 1040 * 8, label);
    }
    if (chunk->critical() && !chunk->intact())
      fail(FailureReason::kUnreadable, label,
           "is damaged: the checksum of its " + printable(chunk->name()) + " does not hold");
    if (chunk->is("IEND")) return;
  }
  fail(FailureReason::kTruncated, label, "is cut short: the PNG ends before its last chunk");
}

std::optional<Array> decode_plain_png(std::span<const std::uint8_t> bytes) {
  std::size_t at = sizeof kPngMagic;
  const auto first = next_chunk(bytes, at);
  const auto header = first && first->is("IHDR") ? plain_header(*first) : std::nullopt;
  if (!header || header->rows == 0 || header->cols == 0) return std::nullopt;
  const std::size_t filtered = (header->row() + 1) * header->rows;

  std::vector<std::uint8_t> packed;
  packed.reserve(bytes.size());
  bool data_over = false;
  for (;;) {
    const auto chunk = next_chunk(bytes, at);
    if (!chunk || !chunk->intact()) return std::nullopt;
    if (chunk->is("IEND")) break;
    if (chunk->is("IDAT")) {
      if (data_over) return std::nullopt;
      packed.insert(packed.end(), chunk->data.begin(), chunk->data.end());
    } else if (chunk->critical() || chunk->is("tRNS")) {
      return std::nullopt;
    } else {
      data_over = !packed.empty();
    }
  }

  const auto raw = std::make_unique_for_overwrite<std::uint8_t[]>(filtered);
  if (!inflate_zlib(packed, {raw.get(), filtered})) return std::nullopt;
  Array a;
  a.shape = {header->rows, header->cols};
  if (header->channels > 1) a.shape.push_back(header->channels);
  a.element = header->sample == 1 ? Element::kU8 : Element::kU16;
  a.bytes.resize(header->row() * header->rows);
  const auto undo = [&]() -> bool {
    switch (header->pixel()) {
      case 1:
        return undo_filters<1>(*header, raw.get(), a.bytes.data());
      case 2:
        return undo_filters<2>(*header, raw.get(), a.bytes.data());
      case 3:
        return undo_filters<3>(*header, raw.get(), a.bytes.data());
      case 4:
        return undo_filters<4>(*header, raw.get(), a.bytes.data());
      case 6:
        return undo_filters<6>(*header, raw.get(), a.bytes.data());
      default:
        return undo_filters<8>(*header, raw.get(), a.bytes.data());
    }
  };
  if (!undo()) return std::nullopt;
  if (header->sample == 2 && std::endian::native == std::endian::little)
    swap_bytes_of_samples(a.bytes.data(), a.bytes.size());
  if (header->channels == 2) drop_alpha(a, header->sample);
  return a;
}

std::vector<std::uint8_t> encode_png(const cv::Mat& m) {
  if (m.empty() || (m.type() != CV_8UC3 && m.type() != CV_8UC1 && m.type() != CV_16UC1))
    throw std::invalid_argument("PNG is written from 8-bit RGB, 8-bit gray or 16-bit gray");
  const bool wide = m.depth() == CV_16U;
  const std::size_t row = static_cast<std::size_t>(m.cols) * m.elemSize();
  if (static_cast<std::size_t>(m.rows) * (row + 1) > 0xF0000000u / 2)
    throw std::invalid_argument("a PNG is written of 2 GB of pixels at most");

  // A smooth depth map and a photograph both differ little from the row above. Paeth's guess makes files a tenth
  // smaller, but they take a third to three quarters longer to read.
  const auto filtered =
      std::make_unique_for_overwrite<std::uint8_t[]>((row + 1) * static_cast<std::size_t>(m.rows));
  std::vector<std::uint8_t> above(row, 0), current(row);
  std::uint8_t* to = filtered.get();
  for (int y = 0; y < m.rows; ++y) {
    std::memcpy(current.data(), m.ptr(y), row);
    if (wide && std::endian::native == std::endian::little) swap_bytes_of_samples(current.data(), row);
    *to++ = kUp;
    for (std::size_t i = 0; i < row; ++i) to[i] = static_cast<std::uint8_t>(current[i] - above[i]);
    to += row;
    std::swap(above, current);
  }

  constexpr std::size_t kBeforeData = sizeof kPngMagic + kFrame + 13 + 8;
  // Labels and masks repeat in more ways than runs.
  const auto pack = m.type() == CV_8UC1 ? deflated : deflated_runs;
  std::vector<std::uint8_t> file =
      pack(filtered.get(), (row + 1) * static_cast<std::size_t>(m.rows), kBeforeData);
  const std::size_t packed = file.size() - kBeforeData;
  file.resize(file.size() + 4 + kFrame);  // the data's checksum, the end
  std::uint8_t* p = file.data();
  std::memcpy(p, kPngMagic, sizeof kPngMagic);
  p += sizeof kPngMagic;
  put_big_endian(p + 8, static_cast<std::uint32_t>(m.cols));
  put_big_endian(p + 12, static_cast<std::uint32_t>(m.rows));
  const std::uint8_t rest[] = {static_cast<std::uint8_t>(wide ? 16 : 8), m.channels() == 3 ? kRgb : kGray, 0,
                               0, 0};
  std::memcpy(p + 16, rest, sizeof rest);
  frame_chunk(p, "IHDR", 13);
  p += kFrame + 13;
  frame_chunk(p, "IDAT", packed);
  p += kFrame + packed;
  frame_chunk(p, "IEND", 0);
  return file;
}

}  // namespace depthmill::io
