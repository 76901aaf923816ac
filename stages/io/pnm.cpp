#include "stages/io/pnm.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>

#include "stages/io/atomic_file.h"
#include "stages/io/netpbm.h"

namespace depthmill::io {
namespace {

// Walks a header: numbers separated by white space and comments.
class PnmHeader {
 public:
  PnmHeader(std::span<const std::uint8_t> bytes, std::string_view label) : bytes_(bytes), label_(label) {}

  std::size_t number(const char* what, std::size_t limit) {
    bool separated = false;
    while (at_ < bytes_.size() && (is_netpbm_space(bytes_[at_]) || bytes_[at_] == '#')) {
      if (bytes_[at_] == '#')
        while (at_ < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
      else
        ++at_;
      separated = true;
    }
    if (at_ >= bytes_.size()) fail(FailureReason::kTruncated, label_, "ends inside its header");
    std::size_t value = 0;
    const std::size_t start = at_;
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_) {
      value = value * 10 + (bytes_[at_] - '0');
      if (value > limit) break;
    }
    if (!separated || at_ == start || value == 0 || value > limit)
      fail(FailureReason::kUnreadable, label_, std::string("its header has no proper ") + what);
    return value;
  }

  // The one white space between header and samples.
  std::size_t end() {
    if (at_ >= bytes_.size()) fail(FailureReason::kTruncated, label_, "ends inside its header");
    // A comment directly behind the maximum counts as belonging to the header; its line break is the
    // separator.
    if (bytes_[at_] == '#')
      while (at_ < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
    if (at_ >= bytes_.size()) fail(FailureReason::kTruncated, label_, "ends inside its header");
    if (!is_netpbm_space(bytes_[at_]))
      fail(FailureReason::kUnreadable, label_, "no white space ends its header");
    return at_ + 1;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string_view label_;
  std::size_t at_ = 2;  // behind the magic number
};

template <class T>
void stretch(Array& a, std::size_t from_max, std::size_t to_max) {
  T* p = reinterpret_cast<T*>(a.bytes.data());
  for (std::size_t i = 0, n = a.count(); i < n; ++i)
    p[i] = static_cast<T>((std::min<std::size_t>(p[i], from_max) * to_max + from_max / 2) / from_max);
}

}  // namespace

Array parse_pnm(std::span<const std::uint8_t> bytes, ByteOrder order, std::string_view label) {
  if (bytes.size() < 2) fail(FailureReason::kTruncated, label, "ends inside its header");
  const bool colour = bytes[1] == '6';
  if (bytes[0] != 'P' || (bytes[1] != '5' && !colour))
    fail(FailureReason::kUnreadable, label, "is no binary PGM or PPM (P5, P6)");
  PnmHeader header(bytes, label);
  const std::size_t cols = header.number("width", kMaxElements);
  const std::size_t rows = header.number("height", kMaxElements);
  const std::size_t maximum = header.number("maximum", 65535);
  const std::size_t start = header.end();

  Array a;
  a.shape = {rows, cols};
  if (colour) a.shape.push_back(3);
  a.element = maximum < 256 ? Element::kU8 : Element::kU16;
  check_payload(bytes.size() - start, checked_count(a.shape, label) * element_size(a.element), label);

  a.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end());
  if (a.element == Element::kU16) {
    auto* samples = reinterpret_cast<std::uint16_t*>(a.bytes.data());
    const int low = order == ByteOrder::kLowFirst ? 0 : 1;
    for (std::size_t i = 0, n = a.count(); i < n; ++i) {
      const std::uint8_t pair[2] = {a.bytes[2 * i], a.bytes[2 * i + 1]};
      samples[i] = static_cast<std::uint16_t>(pair[low] | pair[1 - low] << 8);
    }
    if (colour && maximum != 65535) stretch<std::uint16_t>(a, maximum, 65535);
  } else if (colour && maximum != 255) {
    stretch<std::uint8_t>(a, maximum, 255);
  }
  return a;
}

std::vector<std::uint8_t> pnm_bytes(const cv::Mat& m, ByteOrder order) {
  const bool wide = m.type() == CV_16UC1, colour = m.type() == CV_8UC3;
  if (m.empty() || (!wide && !colour && m.type() != CV_8UC1))
    throw std::invalid_argument("PGM and PPM hold 8-bit gray, 16-bit gray or 8-bit RGB");
  const std::string header = std::string(colour ? "P6 " : "P5 ") + std::to_string(m.cols) + " " +
                             std::to_string(m.rows) + (wide ? " 65535\n" : " 255\n");
  std::vector<std::uint8_t> bytes(header.begin(), header.end());
  bytes.reserve(header.size() + m.total() * m.elemSize());
  for (int i = 0; i < m.rows; ++i) {
    if (!wide) {
      bytes.insert(bytes.end(), m.ptr(i), m.ptr(i) + static_cast<std::size_t>(m.cols) * m.elemSize());
      continue;
    }
    const auto* row = m.ptr<std::uint16_t>(i);
    for (int j = 0; j < m.cols; ++j) {
      const auto low = static_cast<std::uint8_t>(row[j]), high = static_cast<std::uint8_t>(row[j] >> 8);
      bytes.push_back(order == ByteOrder::kLowFirst ? low : high);
      bytes.push_back(order == ByteOrder::kLowFirst ? high : low);
    }
  }
  return bytes;
}

namespace {

// Raw Kinect depth that lost its name: read with the high byte first its samples would pass for metres. Codes have 11
// bits, so their high bytes are 7 at the most; those of a map of depth with the low byte in their place never are,
// but for maps of a few values.
bool holds_kinect_codes(const Array& a) {
  if (a.element != Element::kU16 || a.shape.size() != 2) return false;
  constexpr std::size_t kFewValues = 32;
  const auto* samples = reinterpret_cast<const std::uint16_t*>(a.bytes.data());
  std::set<std::uint16_t> values;
  for (std::size_t i = 0, n = a.count(); i < n; ++i) {
    if ((samples[i] & 0xFF) > 7) return false;
    if (values.size() < kFewValues) values.insert(samples[i]);
  }
  return values.size() >= kFewValues;
}

}  // namespace

constinit const FileFormat kPpmFormat{
    .endings = "ppm",
    .reads = {PlaneKind::kRgb},
    .writes = {PlaneKind::kRgb},
    .help = "8- or 16-bit colour, binary",
    .read =
        [](const PlaneSource& source, PlaneKind, std::string_view) {
          return parse_pnm(read_bytes(source.file), ByteOrder::kHighFirst, source.text());
        },
    .write = [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind,
                const WriteOptions&) { write_whole_file(file, pnm_bytes(m, ByteOrder::kHighFirst)); },
};

constinit const FileFormat kPgmFormat{
    .endings = "pgm",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kLabels},
    .writes = {PlaneKind::kCodes},
    .depth_bits = 16,
    .help = "16-bit depth, high byte first; Kinect codes of raw scenes, low byte first",
    .read =
        [](const PlaneSource& source, PlaneKind kind, std::string_view) {
          const bool codes = kind == PlaneKind::kCodes;
          Array a = parse_pnm(read_bytes(source.file), codes ? ByteOrder::kLowFirst : ByteOrder::kHighFirst,
                              source.text());
          if (codes && (a.element != Element::kU16 || a.shape.size() != 2))
            fail(FailureReason::kUnreadable, source.text(), "is no 16-bit PGM, which raw Kinect depth is");
          if (kind == PlaneKind::kDepth && holds_kinect_codes(a))
            fail(FailureReason::kUnreadable, source.text(),
                 "holds raw Kinect codes (11 bits, low byte first), no depth; 'depthmill extract' takes "
                 "them, in files "
                 "named as the recorder names them (d-TIME-CLOCK.pgm)");
          return a;
        },
    .write = [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind,
                const WriteOptions&) { write_whole_file(file, pnm_bytes(m, ByteOrder::kLowFirst)); },
};

}  // namespace depthmill::io
