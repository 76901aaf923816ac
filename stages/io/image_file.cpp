#include "stages/io/image_file.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/jpeg.h"
#include "stages/io/opencv_codec.h"
#include "stages/io/png.h"

namespace depthmill::io {
namespace {

std::size_t big_endian(std::span<const std::uint8_t> b, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | b[at + i];
  return value;
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
    if (frame && at + 9 <= b.size()) {
      const std::size_t shape[] = {big_endian(b, at + 5, 2), big_endian(b, at + 7, 2)};
      // A block of 8 x 8 takes one bit at the very least; subsampling of luma is at most 4 x 4.
      check_promise(shape, b.size() * 8 * 64 * 16, label);
    }
    at += 2 + length;
    if (marker != 0xDA) continue;
    for (; at + 2 <= b.size(); ++at)
      if (b[at] == 0xFF && b[at + 1] == 0xD9) return;
  }
  fail(FailureReason::kTruncated, label, "is cut short: the JPEG has no end marker");
}

}  // namespace

Array parse_image(std::span<const std::uint8_t> bytes, std::string_view label) {
  const bool png = is_png(bytes);
  const bool jpeg = bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
  if (!png && !jpeg) fail(FailureReason::kUnreadable, label, "is neither a PNG nor a JPEG picture");
  if (png) {
    check_png(bytes, label);
    if (auto plain = decode_plain_png(bytes)) return *std::move(plain);
  } else {
    check_jpeg(bytes, label);
    if (auto plain = decode_jpeg(bytes, label)) return *std::move(plain);
  }

  cv::Mat m = decode_with_opencv(bytes, png ? DecodeAs::kStored : DecodeAs::kColour, label,
                                 "is damaged: it cannot be decoded");
  if (m.channels() == 3) cv::cvtColor(m, m, cv::COLOR_BGR2RGB);
  if (m.channels() == 4) cv::cvtColor(m, m, cv::COLOR_BGRA2RGBA);
  return to_array(m);
}

namespace {

// Rounds to one of 0..65535; false for what is not a number.
bool fits_16_bits(double sample) { return (sample > -0.5) & (sample < 65535.5); }

// The samples of one row, rounded to nearest, halves upwards; false when one of them does not fit. Adding a
// half before cutting would round the largest double below a half up. Without a branch, for vectors; twice what
// cutting leaves is below 2, and 1 or more from a half on.
template <class T>
bool round_row(const T* __restrict metres, double depth_scale, int n, std::uint16_t* __restrict out) {
  std::int64_t outside = 0;
  for (int j = 0; j < n; ++j) {
    const double sample = static_cast<double>(metres[j]) * depth_scale;
    const bool inside = fits_16_bits(sample);
    const double kept = inside ? sample : 0.0;
    outside += inside ? 0 : 1;
    const int whole = static_cast<int>(kept);
    out[j] = static_cast<std::uint16_t>(whole + static_cast<int>(2 * (kept - whole)));
  }
  return outside == 0;
}

[[noreturn]] void report_pixel(const cv::Mat& depth, int row, double depth_scale, std::string_view label) {
  for (int j = 0; j < depth.cols; ++j) {
    const double metres = depth.depth() == CV_64F ? depth.at<double>(row, j) : depth.at<float>(row, j);
    const double sample = metres * depth_scale;
    if (!fits_16_bits(sample))
      fail(std::isfinite(metres) ? FailureReason::kOutOfRange : FailureReason::kNonFinite, label,
           format_number(metres) + " m at row " + std::to_string(row) + ", column " + std::to_string(j) +
               " does not fit 16 bits at " + format_number(depth_scale) + " per metre");
  }
  throw std::logic_error("to_16_bit: every pixel of the row fits");
}

}  // namespace

cv::Mat to_16_bit(const cv::Mat& depth, double depth_scale, std::string_view label) {
  if (depth.empty() || depth.channels() != 1 || (depth.depth() != CV_64F && depth.depth() != CV_32F))
    throw std::invalid_argument("depth is one channel of float32 or float64");
  if (!(depth_scale > 0) || !std::isfinite(depth_scale))
    throw std::invalid_argument("the depth scale must be a positive number of samples per metre");
  cv::Mat out(depth.rows, depth.cols, CV_16UC1);
  for (int i = 0; i < depth.rows; ++i) {
    auto* to = out.ptr<std::uint16_t>(i);
    const bool fits = depth.depth() == CV_64F ? round_row(depth.ptr<double>(i), depth_scale, depth.cols, to)
                                              : round_row(depth.ptr<float>(i), depth_scale, depth.cols, to);
    if (!fits) report_pixel(depth, i, depth_scale, label);
  }
  return out;
}

constinit const FileFormat kPngFormat{
    .endings = "png",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kLabels, PlaneKind::kNormals},
    .writes = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kLabels},
    .depth_bits = 16,
    .depth_word = "png16",
    .help = "8-bit colour; 16-bit depth x depth scale; labels",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_image(read_bytes(source.file), source.text()); },
    .write =
        [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind kind, const WriteOptions& options) {
          const bool depth = kind == PlaneKind::kDepth;
          write_whole_file(file, encode_png(depth ? to_16_bit(m, options.depth_scale, file.string()) : m));
        },
};

constinit const FileFormat kJpegFormat{
    .endings = "jpg jpeg",
    .reads = {PlaneKind::kRgb},
    .help = "8-bit colour",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_image(read_bytes(source.file), source.text()); },
};

}  // namespace depthmill::io
