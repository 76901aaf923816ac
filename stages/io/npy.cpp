#include "stages/io/npy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "stages/base/quote.h"
#include "stages/io/atomic_file.h"

namespace depthmill::io {
namespace {

static_assert(std::endian::native == std::endian::little, "npy_bytes writes native order as low byte first");

constexpr std::string_view kNpyMagic = "\x93NUMPY";

// The header is a Python dict literal with three known keys; this reads just that much Python.
class DictReader {
 public:
  DictReader(std::string_view text, std::string_view label) : text_(text), label_(label) {}

  void read() {
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr")
        descr = string();
      else if (key == "fortran_order")
        fortran = boolean();
      else if (key == "shape")
        shape = tuple();
      else
        bad();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (at_ != text_.size() || descr.empty() || !has_shape_) bad();
  }

  std::string descr;
  bool fortran = false;
  std::vector<std::size_t> shape;

 private:
  [[noreturn]] void bad() {
    fail(FailureReason::kUnreadable, label_, "its NumPy header is not one this reads");
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) bad();
  }
  std::string string() {
    skip();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) bad();
    const char quote = text_[at_++];
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) bad();
    std::string s(text_.substr(at_, end - at_));
    at_ = end + 1;
    return s;
  }
  bool boolean() {
    skip();
    for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::strlen(word);
        return value;
      }
    bad();
  }
  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> values;
    expect('(');
    while (!accept(')')) {
      skip();
      const std::size_t start = at_;
      std::size_t value = 0;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - start < 18; ++at_)
        value = value * 10 + static_cast<std::size_t>(text_[at_] - '0');
      if (at_ == start || values.size() >= 32) bad();
      accept('L');  // Python 2 wrote its long integers so
      values.push_back(value);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    has_shape_ = true;
    return values;
  }

  std::string_view text_, label_;
  std::size_t at_ = 0;
  bool has_shape_ = false;
};

struct ElementCode {
  std::string_view code;  // without byte order
  Element element;
};
constexpr ElementCode kCodes[] = {{"u1", Element::kU8},  {"i1", Element::kI8},  {"u2", Element::kU16},
                                  {"i2", Element::kI16}, {"u4", Element::kU32}, {"i4", Element::kI32},
                                  {"u8", Element::kU64}, {"i8", Element::kI64}, {"f4", Element::kF32},
                                  {"f8", Element::kF64}, {"b1", Element::kU8}};

float from_half(std::uint16_t h) {
  const int exponent = (h >> 10) & 31, mantissa = h & 1023;
  float value;
  if (exponent == 0)
    value = std::ldexp(static_cast<float>(mantissa), -24);
  else if (exponent == 31)
    value = mantissa ? std::nanf("") : INFINITY;
  else
    value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return h & 0x8000 ? -value : value;
}

}  // namespace

Array parse_npy(std::span<const std::uint8_t> bytes, std::string_view label) {
  if (bytes.size() < 10) fail(FailureReason::kTruncated, label, "ends inside its header");
  if (std::memcmp(bytes.data(), kNpyMagic.data(), kNpyMagic.size()) != 0)
    fail(FailureReason::kUnreadable, label, "is no NumPy file");
  const int version = bytes[6];
  if (version < 1 || version > 3)
    fail(FailureReason::kUnreadable, label, "is a NumPy file of unknown version " + std::to_string(version));
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_bytes) fail(FailureReason::kTruncated, label, "ends inside its header");
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length |= std::size_t{bytes[8 + i]} << (8 * i);
  const std::size_t start = 8 + length_bytes;
  if (bytes.size() - start < length) fail(FailureReason::kTruncated, label, "ends inside its header");

  DictReader header({reinterpret_cast<const char*>(bytes.data()) + start, length}, label);
  header.read();
  const char order = header.descr[0];
  const std::string code = header.descr.substr(1);
  const bool half = code == "f2";
  const auto known =
      std::find_if(std::begin(kCodes), std::end(kCodes), [&](const auto& c) { return c.code == code; });
  if (std::string_view("<>|=").find(order) == std::string_view::npos || (!half && known == std::end(kCodes)))
    fail(FailureReason::kUnreadable, label,
         "holds elements of type " + in_quotes(header.descr) + ", which is no plain number");

  Array a{header.shape, half ? Element::kU16 : known->element, {}};
  const std::size_t size = element_size(a.element);
  check_payload(bytes.size() - start - length, checked_count(a.shape, label) * size, label);
  a.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(start + length), bytes.end());
  if (order == '>')
    for (std::size_t i = 0; i + size <= a.bytes.size(); i += size)
      std::reverse(a.bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   a.bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
  if (half) {
    Array wide{a.shape, Element::kF32, std::vector<std::uint8_t>(a.bytes.size() * 2)};
    for (std::size_t i = 0; i < a.bytes.size() / 2; ++i) {
      std::uint16_t h;
      std::memcpy(&h, &a.bytes[2 * i], 2);
      const float value = from_half(h);
      std::memcpy(&wide.bytes[4 * i], &value, 4);
    }
    a = std::move(wide);
  }
  return header.fortran ? from_column_major(std::move(a)) : a;
}

std::vector<std::uint8_t> npy_bytes(const Array& a) {
  const auto code = std::find_if(std::begin(kCodes), std::end(kCodes),
                                 [&](const auto& c) { return c.element == a.element; });
  std::string shape;
  for (std::size_t d : a.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(d);
  if (a.shape.size() == 1) shape += ",";
  std::string header = std::string("{'descr': '") + (element_size(a.element) == 1 ? '|' : '<') +
                       std::string(code->code) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Data begins at a multiple of 64 so that it can be mapped.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string start(kNpyMagic);
  start += {'\x01', '\x00', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  start += header;
  std::vector<std::uint8_t> bytes(start.begin(), start.end());
  bytes.insert(bytes.end(), a.bytes.begin(), a.bytes.end());
  return bytes;
}

constinit const FileFormat kNpyFormat{
    .endings = "npy",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "npy",
    .help = "NumPy array",
    .read = [](const PlaneSource& source, PlaneKind,
               std::string_view) { return parse_npy(read_bytes(source.file), source.text()); },
    .write = [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind,
                const WriteOptions&) { write_whole_file(file, npy_bytes(to_array(m))); },
};

}  // namespace depthmill::io
