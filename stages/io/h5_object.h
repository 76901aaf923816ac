// Objects of an HDF5 file: their headers' messages, groups and the links in them, and what a data set says
// about itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/h5_bytes.h"

namespace depthmill::io {

// One entry of an object header (specification IV.A.2).
struct H5Message {
  enum Type : std::uint16_t {
    kDataspace = 0x01,
    kLinkInfo = 0x02,
    kDatatype = 0x03,
    kOldFill = 0x04,
    kFill = 0x05,
    kLink = 0x06,
    kExternalFiles = 0x07,
    kLayout = 0x08,
    kFilters = 0x0B,
    kContinuation = 0x10,
    kSymbolTable = 0x11,
  };
  std::uint16_t type = 0;
  bool shared = false;  // `data` says where the message itself is kept
  std::vector<std::uint8_t> data;
};

// All messages of the object whose header stands there, those of its continuations included.
std::vector<H5Message> h5_messages(H5Bytes& file, H5Address header);

// The first message of this type.
const H5Message* h5_find(const std::vector<H5Message>& messages, H5Message::Type type);

// Calls `visit(name, header)` for every object that the group holds (by hard links; soft and external links
// lead elsewhere and are passed over) until it answers true. An object that is no group holds nothing.
void h5_visit_links(H5Bytes& file, H5Address group,
                    const std::function<bool(const std::string&, H5Address)>& visit);

// How one number lies in the file (specification IV.A.2.d).
struct H5Number {
  std::size_t size = 0;  // bytes
  bool big_endian = false, is_float = false, is_signed = false;
  unsigned offset = 0, precision = 0;  // bits that count; all of a floating-point number's
  struct Float {
    unsigned sign = 0, exponent_at = 0, exponent_bits = 0, mantissa_at = 0, mantissa_bits = 0;
    std::uint32_t bias = 0;
    auto operator<=>(const Float&) const = default;
  } format;

  // What it is read as: floating-point numbers of up to 4 bytes as float32, longer ones as float64.
  Element element() const;
  // Do they lie in the file as element() has them in memory?
  bool stored_as_read() const;
  // Turns numbers as they lie in the file into those of element(). `from` and `to` hold the same count.
  void convert(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) const;
};

struct H5Shape {
  std::vector<std::uint64_t> now, most;  // slowest dimension first; ~0 in `most`: no limit
};

// Nothing for an object that is no data set, or one of text, compounds, references and other things that are
// no plain numbers, or without a shape.
std::optional<H5Number> h5_number(H5Bytes& file, const std::vector<H5Message>& messages);
std::optional<H5Shape> h5_shape(H5Bytes& file, const std::vector<H5Message>& messages);

}  // namespace depthmill::io
