#include "stages/io/h5_object.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "stages/io/h5_tree.h"

namespace depthmill::io {
namespace {

// More continuations than any header has; a chain that leads back into itself ends here.
constexpr int kMostContinuations = 4096;
constexpr int kMostRank = 32;

struct Stretch {
  H5Address at = 0;
  std::uint64_t size = 0;
};

void add_continuation(H5Bytes& file, const H5Message& message, std::vector<Stretch>& more) {
  H5Block data(message.data, file.file());
  const H5Address at = file.address(data);
  more.push_back({at, file.length(data)});
  if (more.size() > kMostContinuations) fail_damaged_h5(file.file(), "an object header has no end");
}

// Specification IV.A.1.a.
std::vector<H5Message> messages_v1(H5Bytes& file, H5Address header) {
  H5Block prefix = file.block(header, 16);
  prefix.skip(2);
  std::uint64_t count = prefix.number(2);
  prefix.skip(4);
  std::vector<Stretch> stretches{{header + 16, prefix.number(4)}};
  std::vector<H5Message> found;
  for (std::size_t s = 0; s < stretches.size(); ++s) {
    H5Block block = file.block(stretches[s].at, stretches[s].size);
    while (count > 0 && block.left() >= 8) {
      --count;
      H5Message message;
      message.type = static_cast<std::uint16_t>(block.number(2));
      const std::size_t size = block.number(2);
      message.shared = (block.number(1) & 2) != 0;
      block.skip(3);
      const auto data = block.take(size);
      message.data.assign(data.begin(), data.end());
      if (message.type == H5Message::kContinuation) add_continuation(file, message, stretches);
      found.push_back(std::move(message));
    }
  }
  return found;
}

// Specification IV.A.1.b.
std::vector<H5Message> messages_v2(H5Bytes& file, H5Address header) {
  H5Block prefix = file.block(header, std::min<std::uint64_t>(34, file.size() - header), "OHDR");
  const std::uint64_t before = prefix.left();
  if (prefix.number(1) != 2) fail_damaged_h5(file.file(), "an object header of an unknown version");
  const std::uint64_t flags = prefix.number(1);
  if ((flags & 0x20) != 0) prefix.skip(16);
  if ((flags & 0x10) != 0) prefix.skip(4);
  const std::uint64_t first = prefix.number(std::size_t{1} << (flags & 3));
  const std::uint64_t skipped = 4 + before - prefix.left();
  if (first > file.size()) fail_damaged_h5(file.file(), "an object header lies outside the file");
  std::vector<Stretch> stretches{{header, skipped + first + 4}};
  std::vector<H5Message> found;
  for (std::size_t s = 0; s < stretches.size(); ++s) {
    H5Block block =
        file.block(stretches[s].at, stretches[s].size, s == 0 ? "OHDR" : "OCHK", H5Bytes::Checksum::kLast4);
    if (s == 0) block.skip(skipped - 4);
    const std::size_t head = (flags & 4) != 0 ? 6 : 4;
    while (block.left() >= head) {
      H5Message message;
      message.type = static_cast<std::uint16_t>(block.number(1));
      const std::size_t size = block.number(2);
      message.shared = (block.number(1) & 2) != 0;
      block.skip(head - 4);
      const auto data = block.take(size);
      message.data.assign(data.begin(), data.end());
      if (message.type == H5Message::kContinuation) add_continuation(file, message, stretches);
      found.push_back(std::move(message));
    }
  }
  return found;
}

// A message that several objects share is kept in the header of one of them (specification IV.A.2, "shared
// message"), as a named type is.
std::optional<H5Message> whole_message(H5Bytes& file, const std::vector<H5Message>& messages,
                                       H5Message::Type type) {
  const H5Message* message = h5_find(messages, type);
  if (!message) return std::nullopt;
  if (!message->shared) return *message;
  H5Block data(message->data, file.file());
  const std::uint64_t version = data.number(1), kind = data.number(1);
  if (version == 3 && kind != 2)
    fail(FailureReason::kUnreadable, file.file(),
         "keeps a description in HDF5's shared heap, which is not read");
  if (version == 1) data.skip(6);
  const auto kept = h5_messages(file, file.address(data));
  const H5Message* there = h5_find(kept, type);
  if (!there || there->shared) fail_damaged_h5(file.file(), "a shared message leads nowhere");
  return *there;
}

using Visit = std::function<bool(const std::string&, H5Address)>;

// A symbol table: the names lie in a heap, a B-tree leads to the nodes that hold the entries (specification
// III.A, III.B, III.D). True when `visit` has had enough.
bool visit_symbol_table(H5Bytes& file, const H5Message& message, const Visit& visit) {
  H5Block data(message.data, file.file());
  const H5Address tree = file.address(data), heap = file.address(data);
  H5Block heap_head = file.block(heap, 8 + 2 * file.length_size() + file.address_size(), "HEAP");
  heap_head.skip(4);
  const std::uint64_t size = file.length(heap_head);
  file.length(heap_head);
  H5Block names_block = file.block(file.address(heap_head), size);
  const auto names = names_block.take(names_block.left());
  const std::size_t entry = 2 * file.address_size() + 24;

  bool enough = false;
  h5_walk_tree_v1(file, tree, 0, file.length_size(), [&](std::span<const std::uint8_t>, H5Address node) {
    if (enough) return;
    H5Block head = file.block(node, 8, "SNOD");
    head.skip(2);
    const std::uint64_t count = head.number(2);
    H5Block entries = file.block(node + 8, count * entry);
    for (std::uint64_t i = 0; i < count && !enough; ++i) {
      const std::uint64_t name = file.address(entries);
      const H5Address header = file.address(entries);
      const std::uint64_t kind = entries.number(4);
      entries.skip(20);
      if (name >= names.size()) fail_damaged_h5(file.file(), "a name lies outside its heap");
      const auto text = names.subspan(name);
      const auto end = std::find(text.begin(), text.end(), std::uint8_t{0});
      constexpr std::uint64_t kSoftLink = 2;
      if (kind != kSoftLink) enough = visit(std::string(text.begin(), end), header);
    }
  });
  return enough;
}

// A link message (specification IV.A.2.g).
bool visit_link(H5Bytes& file, H5Block link, const Visit& visit) {
  link.skip(1);
  const std::uint64_t flags = link.number(1);
  const std::uint64_t kind = (flags & 8) != 0 ? link.number(1) : 0;
  if ((flags & 4) != 0) link.skip(8);
  if ((flags & 0x10) != 0) link.skip(1);
  const auto name = link.take(link.number(std::size_t{1} << (flags & 3)));
  const std::string text(name.begin(), name.end());
  return kind == 0 && visit(text, file.address(link));
}

// A group with many links keeps them in a heap, with a tree of their names (specification IV.A.2.c).
bool visit_dense_links(H5Bytes& file, const H5Message& message, const Visit& visit) {
  H5Block data(message.data, file.file());
  data.skip(1);
  if ((data.number(1) & 1) != 0) data.skip(8);
  const H5Address heap_at = file.address(data), tree = file.address(data);
  if (file.undefined(heap_at) || file.undefined(tree)) return false;
  H5Heap heap(file, heap_at);
  bool enough = false;
  h5_walk_tree_v2(file, tree, [&](H5Block record) {
    if (enough) return;
    record.skip(4);  // hash of the name
    const auto id = record.take(record.left());
    enough = visit_link(file, heap.object(id), visit);
  });
  return enough;
}

// The number in `bytes` of a file, 8 bytes at most.
std::uint64_t whole_number(const std::uint8_t* bytes, std::size_t size, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::uint64_t{bytes[big_endian ? size - 1 - i : i]} << (8 * i);
  return value;
}

constexpr H5Number::Float kSingle{31, 23, 8, 0, 23, 127}, kDouble{63, 52, 11, 0, 52, 1023};

bool is_ieee(const H5Number& number) {
  return (number.size == 4 && number.format == kSingle) || (number.size == 8 && number.format == kDouble);
}

std::uint64_t bits_of(std::uint64_t value, unsigned at, unsigned count) {
  return value >> at & (count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1);
}

// A floating-point number with an implied leading one, as IEEE 754 has it for any widths.
double real_number(std::uint64_t bits, const H5Number::Float& f) {
  const double sign = bits_of(bits, f.sign, 1) != 0 ? -1 : 1;
  const auto exponent = static_cast<int>(bits_of(bits, f.exponent_at, f.exponent_bits));
  const std::uint64_t mantissa = bits_of(bits, f.mantissa_at, f.mantissa_bits);
  const int bias = static_cast<int>(f.bias), width = static_cast<int>(f.mantissa_bits);
  if (exponent == (1 << f.exponent_bits) - 1)
    return mantissa != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<double>(mantissa), 1 - bias - width);
  return sign *
         std::ldexp(static_cast<double>(mantissa | std::uint64_t{1} << width), exponent - bias - width);
}

// Reads `size` bytes a number and writes what `of` makes of each.
template <class T, class Of>
void convert_each(std::span<const std::uint8_t> from, std::size_t size, bool big_endian,
                  std::span<std::uint8_t> to, const Of& of) {
  for (std::size_t i = 0; (i + 1) * size <= from.size(); ++i) {
    const T value = of(whole_number(&from[i * size], size, big_endian));
    std::memcpy(&to[i * sizeof(T)], &value, sizeof value);
  }
}

}  // namespace

std::vector<H5Message> h5_messages(H5Bytes& file, H5Address header) {
  H5Block first = file.block(header, 4);
  const auto bytes = first.take(4);
  if (std::memcmp(bytes.data(), "OHDR", 4) == 0) return messages_v2(file, header);
  if (bytes[0] != 1) fail_damaged_h5(file.file(), "an object header of an unknown version");
  return messages_v1(file, header);
}

const H5Message* h5_find(const std::vector<H5Message>& messages, H5Message::Type type) {
  for (const H5Message& message : messages)
    if (message.type == type) return &message;
  return nullptr;
}

void h5_visit_links(H5Bytes& file, H5Address group, const Visit& visit) {
  for (const H5Message& message : h5_messages(file, group)) {
    const bool enough = message.type == H5Message::kSymbolTable ? visit_symbol_table(file, message, visit)
                        : message.type == H5Message::kLinkInfo  ? visit_dense_links(file, message, visit)
                        : message.type == H5Message::kLink
                            ? visit_link(file, H5Block(message.data, file.file()), visit)
                            : false;
    if (enough) return;
  }
}

std::optional<H5Number> h5_number(H5Bytes& file, const std::vector<H5Message>& messages) {
  const auto message = whole_message(file, messages, H5Message::kDatatype);
  if (!message || !h5_find(messages, H5Message::kLayout)) return std::nullopt;
  H5Block data(message->data, file.file());
  enum Class { kInteger = 0, kFloat = 1, kEnum = 8 };
  const std::uint64_t kind = data.number(1) & 0x0F, bits = data.number(3);
  H5Number number;
  number.size = data.number(4);
  if (kind == kEnum && number.size == 1) {  // h5py's bool; its byte is read as it is
    number.precision = 8;
    return number;
  }
  if ((kind != kInteger && kind != kFloat) || number.size < 1 || number.size > 8) return std::nullopt;
  number.big_endian = (bits & 1) != 0;
  number.is_float = kind == kFloat;
  number.is_signed = kind == kFloat || (bits & 8) != 0;
  number.offset = static_cast<unsigned>(data.number(2));
  number.precision = static_cast<unsigned>(data.number(2));
  const auto all = static_cast<unsigned>(8 * number.size);
  if (kind == kInteger) {
    if (std::popcount(number.size) != 1) return std::nullopt;
    if (number.precision < 1 || number.precision > all || number.offset > all - number.precision)
      fail_damaged_h5(file.file(), "integers of an impossible form");
    return number;
  }
  constexpr std::uint64_t kVax = 0x40, kImpliedOne = 0x20, kNormalisation = 0x30;
  if ((bits & kVax) != 0 || (bits & kNormalisation) != kImpliedOne) return std::nullopt;
  number.format.sign = static_cast<unsigned>(bits >> 8 & 0xFF);
  number.format.exponent_at = static_cast<unsigned>(data.number(1));
  number.format.exponent_bits = static_cast<unsigned>(data.number(1));
  number.format.mantissa_at = static_cast<unsigned>(data.number(1));
  number.format.mantissa_bits = static_cast<unsigned>(data.number(1));
  number.format.bias = static_cast<std::uint32_t>(data.number(4));
  const H5Number::Float& f = number.format;
  if (f.sign >= all || f.exponent_bits < 1 || f.exponent_bits > 11 || f.exponent_at > all - f.exponent_bits ||
      f.mantissa_bits < 1 || f.mantissa_bits > 52 || f.mantissa_at > all - std::min(all, f.mantissa_bits) ||
      f.bias > 1U << 11)
    fail_damaged_h5(file.file(), "floating-point numbers of an impossible form");
  number.offset = 0;
  number.precision = all;
  return number;
}

std::optional<H5Shape> h5_shape(H5Bytes& file, const std::vector<H5Message>& messages) {
  const auto message = whole_message(file, messages, H5Message::kDataspace);
  if (!message) return std::nullopt;
  H5Block data(message->data, file.file());
  const std::uint64_t version = data.number(1), rank = data.number(1), flags = data.number(1);
  if (version < 1 || version > 2 || rank > kMostRank)
    fail_damaged_h5(file.file(), "a shape of no known kind");
  constexpr std::uint64_t kNull = 2;
  if (version == 1)
    data.skip(5);
  else if (data.number(1) == kNull)
    return std::nullopt;
  H5Shape shape;
  for (std::uint64_t d = 0; d < rank; ++d) shape.now.push_back(file.length(data));
  shape.most = shape.now;
  if ((flags & 1) == 0) return shape;
  for (std::uint64_t& d : shape.most) {
    d = file.length(data);
    if (file.length_size() < 8 && d == (std::uint64_t{1} << (8 * file.length_size())) - 1)
      d = ~std::uint64_t{0};
  }
  return shape;
}

Element H5Number::element() const {
  if (is_float) return size <= 4 ? Element::kF32 : Element::kF64;
  switch (size) {
    case 1:
      return is_signed ? Element::kI8 : Element::kU8;
    case 2:
      return is_signed ? Element::kI16 : Element::kU16;
    case 4:
      return is_signed ? Element::kI32 : Element::kU32;
    default:
      return is_signed ? Element::kI64 : Element::kU64;
  }
}

bool H5Number::stored_as_read() const {
  return (is_float ? is_ieee(*this) : precision == 8 * size) &&
         (size == 1 || big_endian == (std::endian::native == std::endian::big));
}

void H5Number::convert(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) const {
  if (is_float && !is_ieee(*this)) {
    const auto value = [&](std::uint64_t bits) { return real_number(bits, format); };
    if (size <= 4)
      convert_each<float>(from, size, big_endian, to,
                          [&](std::uint64_t b) { return static_cast<float>(value(b)); });
    else
      convert_each<double>(from, size, big_endian, to, value);
    return;
  }
  const auto value = [&](std::uint64_t bits) {
    const std::uint64_t digits = bits_of(bits, offset, precision);
    const bool negative = is_signed && bits_of(digits, precision - 1, 1) != 0;
    return negative && precision < 64 ? digits | ~std::uint64_t{0} << precision : digits;
  };
  switch (size) {
    case 1:
      return convert_each<std::uint8_t>(from, size, big_endian, to,
                                        [&](std::uint64_t b) { return static_cast<std::uint8_t>(value(b)); });
    case 2:
      return convert_each<std::uint16_t>(
          from, size, big_endian, to, [&](std::uint64_t b) { return static_cast<std::uint16_t>(value(b)); });
    case 4:
      return convert_each<std::uint32_t>(
          from, size, big_endian, to, [&](std::uint64_t b) { return static_cast<std::uint32_t>(value(b)); });
    default:
      return convert_each<std::uint64_t>(from, size, big_endian, to, value);
  }
}

}  // namespace depthmill::io
