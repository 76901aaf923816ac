#include "stages/io/picture_file.h"

#include <cstring>
#include <opencv2/imgproc.hpp>
#include <string>

#include "stages/io/opencv_codec.h"

namespace depthmill::io {
namespace {

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view text, std::size_t at = 0) {
  return bytes.size() >= at + text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

std::size_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size, bool little) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::size_t{bytes[at + i]} << (8 * (little ? i : size - 1 - i));
  return value;
}

bool is_tiff(std::span<const std::uint8_t> bytes) {
  return starts_with(bytes, std::string_view("II*\0", 4)) || starts_with(bytes, std::string_view("MM\0*", 4));
}

// No coding of these formats packs more pixels than this into a byte.
constexpr std::size_t kMostPixelsInAByte = 1040 * 8;

void check_tiff(std::span<const std::uint8_t> bytes, std::string_view label) {
  const auto facts = tiff_facts(bytes);
  if (!facts)
    fail(FailureReason::kUnreadable, label, "is a damaged TIFF: its first directory cannot be read");
  const std::size_t shape[] = {facts->rows, facts->cols};
  check_promise(shape, bytes.size() * kMostPixelsInAByte, label);
}

void check_bmp(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (bytes.size() < 26) fail(FailureReason::kTruncated, label, "ends inside its header");
  const auto cols = static_cast<std::int32_t>(number(bytes, 18, 4, true));
  const auto rows = static_cast<std::int32_t>(number(bytes, 22, 4, true));  // negative: from the top
  const std::size_t shape[] = {static_cast<std::size_t>(std::abs(std::int64_t{rows})),
                               static_cast<std::size_t>(std::abs(std::int64_t{cols}))};
  check_promise(shape, bytes.size() * 256, label);  // a run of 255 pixels takes two bytes
}

void check_webp(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (bytes.size() < 20) fail(FailureReason::kTruncated, label, "ends inside its header");
  if (number(bytes, 4, 4, true) + 8 > bytes.size())
    fail(FailureReason::kTruncated, label, "is cut short: the WebP has fewer bytes than its header says");
}

}  // namespace

std::optional<TiffFacts> tiff_facts(std::span<const std::uint8_t> bytes) {
  if (!is_tiff(bytes) || bytes.size() < 8) return std::nullopt;
  const bool little = bytes[0] == 'I';
  const std::size_t directory = number(bytes, 4, 4, little);
  if (directory > bytes.size() - 2) return std::nullopt;
  const std::size_t entries = number(bytes, directory, 2, little);
  if (entries * 12 > bytes.size() - directory - 2) return std::nullopt;
  TiffFacts facts;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * 12;
    const std::size_t tag = number(bytes, at, 2, little), type = number(bytes, at + 2, 2, little);
    const std::size_t count = number(bytes, at + 4, 4, little);
    const std::size_t size = type == 3 ? 2 : 4;  // SHORT, LONG
    // Values that do not fit the entry lie elsewhere; the first of them is all that is wanted.
    std::size_t where = at + 8;
    if (count * size > 4) where = number(bytes, at + 8, 4, little);
    if (where + size > bytes.size()) continue;
    const std::size_t value = number(bytes, where, size, little);
    if (tag == 256) facts.cols = value;
    if (tag == 257) facts.rows = value;
    if (tag == 258) facts.bits = value;
    if (tag == 277) facts.channels = value;
  }
  if (facts.rows == 0 || facts.cols == 0) return std::nullopt;
  return facts;
}

Array parse_picture(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (is_tiff(bytes))
    check_tiff(bytes, label);
  else if (starts_with(bytes, "BM"))
    check_bmp(bytes, label);
  else if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8))
    check_webp(bytes, label);
  else
    fail(FailureReason::kUnreadable, label, "is no TIFF, BMP or WebP picture");
  cv::Mat m =
      decode_with_opencv(bytes, DecodeAs::kStored, label, "is damaged, or of a kind that is not decoded");
  if (m.channels() == 3) cv::cvtColor(m, m, cv::COLOR_BGR2RGB);
  if (m.channels() == 4) cv::cvtColor(m, m, cv::COLOR_BGRA2RGBA);
  return to_array(m);
}

namespace {
Array read_picture(const PlaneSource& source, PlaneKind, std::string_view) {
  return parse_picture(read_bytes(source.file), source.text());
}
}  // namespace

constinit const FileFormat kTiffFormat{
    .endings = "tif tiff",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kLabels},
    .depth_bits = 32,
    .help = "8- or 16-bit colour; 16-bit or float32 depth",
    .read = read_picture,
};
constinit const FileFormat kBmpFormat{
    .endings = "bmp",
    .reads = {PlaneKind::kRgb},
    .help = "8-bit colour",
    .read = read_picture,
};
constinit const FileFormat kWebpFormat{
    .endings = "webp",
    .reads = {PlaneKind::kRgb},
    .help = "8-bit colour",
    .read = read_picture,
};

}  // namespace depthmill::io
