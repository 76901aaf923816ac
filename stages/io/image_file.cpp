#include "stages/io/image_file.h"

#include <cmath>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>

namespace depthmill::io {
namespace {

constexpr std::uint8_t kPngMagic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

std::size_t big_endian(std::span<const std::uint8_t> b, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | b[at + i];
  return value;
}

void check_size(std::size_t rows, std::size_t cols, std::size_t most, std::string_view label) {
  const std::size_t shape[] = {rows, cols};
  const std::size_t n = checked_count(shape, label);
  if (n == 0) fail(FailureReason::kUnreadable, label, "has no pixels");
  if (n > most) fail(FailureReason::kTruncated, label, "is far too short for the size its header claims");
}

// Walks the chunks up to IEND.
void check_png(std::span<const std::uint8_t> b, std::string_view label) {
  for (std::size_t at = 8; at + 12 <= b.size();) {
    const std::size_t length = big_endian(b, at, 4);
    if (length > b.size() - at - 12) break;
    if (std::memcmp(&b[at + 4], "IHDR", 4) == 0 && length >= 13) {
      // Deflate cannot pack more than 1032 bytes into one, and a byte holds at most 8 pixels.
      check_size(big_endian(b, at + 12, 4), big_endian(b, at + 8, 4), b.size() * 1040 * 8, label);
    }
    if (std::memcmp(&b[at + 4], "IEND", 4) == 0) return;
    at += 12 + length;
  }
  fail(FailureReason::kTruncated, label, "is cut short: the PNG ends before its last chunk");
}

// Walks the segments up to the scan, then looks for the end marker, which cannot occur inside coded data.
void check_jpeg(std::span<const std::uint8_t> b, std::string_view label) {
  std::size_t at = 2;
  while (at + 4 <= b.size()) {
    if (b[at] != 0xFF) fail(FailureReason::kUnreadable, label, "is a damaged JPEG");
    const std::uint8_t marker = b[at + 1];
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    const std::size_t length = big_endian(b, at + 2, 2);
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame && at + 9 <= b.size())
      // A block of 8 x 8 takes one bit at the very least; subsampling of luma is at most 4 x 4.
      check_size(big_endian(b, at + 5, 2), big_endian(b, at + 7, 2), b.size() * 8 * 64 * 16, label);
    at += 2 + length;
    if (marker != 0xDA) continue;
    for (; at + 2 <= b.size(); ++at)
      if (b[at] == 0xFF && b[at + 1] == 0xD9) return;
  }
  fail(FailureReason::kTruncated, label, "is cut short: the JPEG has no end marker");
}

}  // namespace

Array parse_image(std::span<const std::uint8_t> bytes, std::string_view label) {
  const bool png = bytes.size() >= 8 && std::memcmp(bytes.data(), kPngMagic, 8) == 0;
  const bool jpeg = bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
  if (!png && !jpeg) fail(FailureReason::kUnreadable, label, "is neither a PNG nor a JPEG picture");
  if (png)
    check_png(bytes, label);
  else
    check_jpeg(bytes, label);

  cv::Mat m;
  try {
    const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
    m = cv::imdecode(buffer, png ? cv::IMREAD_UNCHANGED : cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& e) {
    fail(FailureReason::kUnreadable, label, "cannot be decoded: " + e.err);
  }
  if (m.empty()) fail(FailureReason::kUnreadable, label, "is damaged: it cannot be decoded");
  if (m.channels() == 3) cv::cvtColor(m, m, cv::COLOR_BGR2RGB);
  if (m.channels() == 4) cv::cvtColor(m, m, cv::COLOR_BGRA2RGBA);
  return to_array(m);
}

std::vector<std::uint8_t> png_bytes(const cv::Mat& m) {
  if (m.empty() || (m.type() != CV_8UC3 && m.type() != CV_8UC1 && m.type() != CV_16UC1))
    throw std::invalid_argument("PNG is written from 8-bit RGB, 8-bit gray or 16-bit gray");
  cv::Mat bgr;  // never a second header of m: cvtColor would then turn the caller's picture
  if (m.type() == CV_8UC3)
    cv::cvtColor(m, bgr, cv::COLOR_RGB2BGR);
  else
    bgr = m;
  // No level given: OpenCV then uses zlib's fastest with one fixed filter. A frame's picture is written once
  // and read a few times; zlib's default level takes five times as long (80 ms a 640x480 picture against 15)
  // to save a quarter of the space.
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", bgr, bytes)) throw std::runtime_error("PNG encoding failed");
  return bytes;
}

cv::Mat to_16_bit(const cv::Mat& depth, double depth_scale, std::string_view label) {
  if (depth.empty() || depth.channels() != 1 || (depth.depth() != CV_64F && depth.depth() != CV_32F))
    throw std::invalid_argument("depth is one channel of float32 or float64");
  if (!(depth_scale > 0) || !std::isfinite(depth_scale))
    throw std::invalid_argument("the depth scale must be a positive number of samples per metre");
  cv::Mat out(depth.rows, depth.cols, CV_16UC1);
  for (int i = 0; i < depth.rows; ++i)
    for (int j = 0; j < depth.cols; ++j) {
      const double metres = depth.depth() == CV_64F ? depth.at<double>(i, j) : depth.at<float>(i, j);
      const double samples = std::round(metres * depth_scale);
      if (!(samples >= 0 && samples <= 65535))
        fail(std::isfinite(metres) ? FailureReason::kOutOfRange : FailureReason::kNonFinite, label,
             std::to_string(metres) + " m at row " + std::to_string(i) + ", column " + std::to_string(j) +
                 " does not fit 16 bits at " + std::to_string(depth_scale) + " per metre");
      out.at<std::uint16_t>(i, j) = static_cast<std::uint16_t>(samples);
    }
  return out;
}

}  // namespace depthmill::io
