#include "stages/io/pfm.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

#include "stages/base/quote.h"
#include "stages/io/atomic_file.h"
#include "stages/io/netpbm.h"

namespace depthmill::io {
namespace {

// The next token; `at` is left on the single white space behind it.
std::string_view token(std::span<const std::uint8_t> bytes, std::size_t& at, std::string_view label) {
  while (at < bytes.size() && is_netpbm_space(bytes[at])) ++at;
  const std::size_t start = at;
  while (at < bytes.size() && !is_netpbm_space(bytes[at]) && at - start < 64) ++at;
  if (at >= bytes.size()) fail(FailureReason::kTruncated, label, "ends inside its header");
  return {reinterpret_cast<const char*>(bytes.data()) + start, at - start};
}

template <class T>
T number(std::string_view text, std::string_view label) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    fail(FailureReason::kUnreadable, label,
         "its header holds " + in_quotes(text) + " where a number belongs");
  return value;
}

}  // namespace

Array parse_pfm(std::span<const std::uint8_t> bytes, std::string_view label) {
  std::size_t at = 0;
  if (!bytes.empty() && bytes[0] != 'P') fail(FailureReason::kUnreadable, label, "is no PFM file (Pf, PF)");
  const auto magic = token(bytes, at, label);
  const bool colour = magic == "PF";
  if (!colour && magic != "Pf") fail(FailureReason::kUnreadable, label, "is no PFM file (Pf, PF)");
  const auto cols = number<std::size_t>(token(bytes, at, label), label);
  const auto rows = number<std::size_t>(token(bytes, at, label), label);
  const auto scale = number<double>(token(bytes, at, label), label);
  if (rows == 0 || cols == 0 || !(scale < 0 || scale > 0))
    fail(FailureReason::kUnreadable, label, "its header has a width, height or scale of nothing");
  const std::size_t start = at + 1;

  Array a{{rows, cols}, Element::kF32, {}};
  if (colour) a.shape.push_back(3);
  const std::size_t n = checked_count(a.shape, label);
  check_payload(bytes.size() - start, n * 4, label);
  a.bytes.resize(n * 4);
  const std::size_t row_bytes = n / rows * 4;
  for (std::size_t i = 0; i < rows; ++i)
    std::memcpy(&a.bytes[i * row_bytes], bytes.data() + start + (rows - 1 - i) * row_bytes, row_bytes);
  if (scale > 0)
    for (std::size_t i = 0; i < a.bytes.size(); i += 4)
      std::reverse(a.bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   a.bytes.begin() + static_cast<std::ptrdiff_t>(i + 4));
  return a;
}

std::vector<std::uint8_t> pfm_bytes(const cv::Mat& m) {
  if (m.empty() || m.type() != CV_32FC1) throw std::invalid_argument("a PFM file is written from CV_32FC1");
  const std::string header = "Pf\n" + std::to_string(m.cols) + " " + std::to_string(m.rows) + "\n-1.0\n";
  std::vector<std::uint8_t> bytes(header.begin(), header.end());
  for (int i = m.rows - 1; i >= 0; --i)
    bytes.insert(bytes.end(), m.ptr(i), m.ptr(i) + static_cast<std::size_t>(m.cols) * 4);
  return bytes;
}

constinit const FileFormat kPfmFormat{
    .endings = "pfm",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 32,
    .depth_word = "pfm",
    .help = "portable float map, float32",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_pfm(read_bytes(source.file), source.text()); },
    .write =
        [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind, const WriteOptions&) {
          cv::Mat single;
          m.convertTo(single, CV_32F);
          write_whole_file(file, pfm_bytes(single));
        },
};

}  // namespace depthmill::io
