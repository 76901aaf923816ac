#include "stages/io/mat_element.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace depthmill::io {

std::optional<Element> element_of_mat_type(std::uint32_t type) {
  switch (type) {
    case kMatInt8:
      return Element::kI8;
    case kMatUint8:
      return Element::kU8;
    case kMatInt16:
      return Element::kI16;
    case kMatUint16:
      return Element::kU16;
    case kMatInt32:
      return Element::kI32;
    case kMatUint32:
      return Element::kU32;
    case kMatInt64:
      return Element::kI64;
    case kMatUint64:
      return Element::kU64;
    case kMatSingle:
      return Element::kF32;
    case kMatDouble:
      return Element::kF64;
    default:
      return std::nullopt;
  }
}

std::uint32_t mat_type_of_element(Element element) {
  constexpr std::uint32_t kTypes[] = {kMatUint8, kMatInt8,   kMatUint16, kMatInt16,  kMatUint32,
                                      kMatInt32, kMatUint64, kMatInt64,  kMatSingle, kMatDouble};
  return kTypes[static_cast<std::size_t>(element)];
}

std::span<const std::uint8_t> MatReader::take(std::size_t n) {
  n = std::min(n, left());
  at_ += n;
  return bytes_.subspan(at_ - n, n);
}

std::uint32_t MatReader::word() {
  std::uint32_t value = 0;
  const auto bytes = take(4);
  for (std::size_t b = 0; b < bytes.size(); ++b)
    value |= std::uint32_t{bytes[b]} << (8 * (little_ ? b : 3 - b));
  return value;
}

MatTag take_mat_tag(MatReader& from) {
  MatTag tag;
  tag.type = from.word();
  if (tag.type >> 16 != 0) {
    const std::size_t length = tag.type >> 16;
    if (length > 4) return {};  // damaged: of no type
    return {tag.type & 0xFFFF, length, 4};
  }
  tag.length = from.word();
  tag.padded = (tag.length + 7) / 8 * 8;
  return tag;
}

bool take_mat_description(MatReader& from, MatArray& array) {
  constexpr std::size_t kMostRank = 32, kMostName = 4096;
  const MatTag flags = take_mat_tag(from);
  if (flags.type != kMatUint32 || flags.length != 8) return false;
  const std::uint32_t word = from.word();
  from.word();
  array.array_class = word & 0xFF;
  array.complex = (word & 0x800) != 0;
  constexpr std::uint32_t kOpaqueClass =
      17;  // MATLAB's own objects, such as tables, say other things from here on
  if (array.array_class == kOpaqueClass) return true;
  const MatTag dimensions = take_mat_tag(from);
  if (dimensions.type != kMatInt32 || dimensions.length % 4 != 0 || dimensions.length / 4 > kMostRank)
    return false;
  for (std::size_t d = 0; d < dimensions.length / 4; ++d) array.shape.push_back(from.word());
  from.take(dimensions.padded - dimensions.length);
  const MatTag name = take_mat_tag(from);
  if (name.length > kMostName || name.padded > from.left()) return false;
  const auto text = from.take(name.padded).first(name.length);
  array.name.assign(text.begin(), std::find(text.begin(), text.end(), std::uint8_t{0}));
  return true;
}

namespace {

// MATLAB stores whole numbers in the smallest type that holds them, and never in a larger one than the
// array's.
bool fits_class(Element stored, Element of_class) {
  const auto is_float = [](Element e) { return e == Element::kF32 || e == Element::kF64; };
  return element_size(stored) <= element_size(of_class) && (is_float(of_class) || !is_float(stored));
}

// Calls `f` with a number of this type.
template <class F>
void with_type(Element element, F&& f) {
  switch (element) {
    case Element::kU8:
      return f(std::uint8_t{});
    case Element::kI8:
      return f(std::int8_t{});
    case Element::kU16:
      return f(std::uint16_t{});
    case Element::kI16:
      return f(std::int16_t{});
    case Element::kU32:
      return f(std::uint32_t{});
    case Element::kI32:
      return f(std::int32_t{});
    case Element::kU64:
      return f(std::uint64_t{});
    case Element::kI64:
      return f(std::int64_t{});
    case Element::kF32:
      return f(float{});
    case Element::kF64:
      return f(double{});
  }
}

}  // namespace

void check_mat_numbers(const MatArray& array, const MatTag& numbers, std::size_t left,
                       const std::string& label) {
  const std::size_t count = checked_count(array.shape, label);
  if (count == 0) return;
  const auto stored = element_of_mat_type(numbers.type);
  if (!stored || !fits_class(*stored, array.element()))
    fail(FailureReason::kUnreadable, label, "is damaged: its numbers are of no type that belongs there");
  const std::size_t promised = count * element_size(*stored);
  if (numbers.length < promised || promised > left)
    fail(FailureReason::kTruncated, label, "is damaged: it has fewer numbers than its size says");
  if (numbers.length > promised)
    fail(FailureReason::kUnreadable, label, "is damaged: it has more numbers than its size says");
}

Array mat_numbers(const MatArray& array, std::uint32_t stored_type, std::vector<std::uint8_t> bytes,
                  bool little) {
  Array a{array.shape, array.element(), {}};
  const Element stored = *element_of_mat_type(stored_type);
  const std::size_t size = element_size(stored);
  if (little != (std::endian::native == std::endian::little))
    for (std::size_t i = 0; i + size <= bytes.size(); i += size)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
  if (stored == a.element) {
    a.bytes = std::move(bytes);
    return a;
  }
  const std::size_t count = a.count();
  a.bytes.resize(count * element_size(a.element));
  with_type(stored, [&]<class From>(From) {
    with_type(a.element, [&]<class To>(To) {
      for (std::size_t i = 0; i < count; ++i) {
        From from{};
        std::memcpy(&from, &bytes[i * sizeof from], sizeof from);
        const To value = static_cast<To>(from);
        std::memcpy(&a.bytes[i * sizeof value], &value, sizeof value);
      }
    });
  });
  return a;
}

namespace {

using ElementBytes = std::span<const std::uint8_t>;

constexpr std::size_t kMostArrays = 10000;  // that are told by name
constexpr int kMostDepth = 16;

[[noreturn]] void refuse_inner(const std::string& label) {
  fail(FailureReason::kUnreadable, label, "is damaged: its cells or fields do not fit into it");
}

// The matrix element that comes next, without its tag; empty for what MATLAB leaves out.
ElementBytes take_matrix(MatReader& from, const std::string& label) {
  const MatTag tag = take_mat_tag(from);
  if (tag.type != kMatMatrix || tag.length > from.left()) refuse_inner(label);
  const ElementBytes element = from.take(tag.length);
  from.take(tag.padded - tag.length);
  return element;
}

// How many arrays a cell or struct has in its places; each takes eight bytes at the least.
std::size_t places(const MatArray& array, std::size_t bytes_left, const std::string& label) {
  std::size_t n = 1;
  if (std::count(array.shape.begin(), array.shape.end(), std::size_t{0}) > 0) return 0;
  for (const std::size_t d : array.shape) {
    if (d > bytes_left / 8 / n) refuse_inner(label);
    n *= d;
  }
  return n;
}

class Collector {
 public:
  Collector(bool little, const std::string& label, std::vector<MatInner>& found)
      : little_(little), label_(label), found_(found) {}

  void add(const std::string& name, const MatArray& array, ElementBytes element, int depth) {
    if (depth > kMostDepth) refuse_inner(label_);
    if (array.holds_numbers()) {
      if (found_.size() < kMostArrays) found_.push_back({name, array.shape, array, element, false});
    } else if (array.array_class == kMatStruct) {
      add_fields(name, array, element, depth);
    } else if (array.array_class == kMatCell) {
      add_cells(name, array, element, depth);
    }
  }

 private:
  // What stands at the beginning of the element again, then its contents.
  MatReader behind_description(ElementBytes element) const {
    MatReader from(element, little_);
    MatArray again;
    if (!take_mat_description(from, again)) refuse_inner(label_);
    return from;
  }

  void add_next(MatReader& from, const std::string& name, int depth) {
    const ElementBytes element = take_matrix(from, label_);
    if (element.empty()) return;
    MatReader inside(element, little_);
    MatArray array;
    if (!take_mat_description(inside, array)) refuse_inner(label_);
    add(name, array, element, depth + 1);
  }

  void add_fields(const std::string& name, const MatArray& array, ElementBytes element, int depth) {
    MatReader from = behind_description(element);
    const MatTag length = take_mat_tag(from);
    if (length.type != kMatInt32 || length.length != 4) refuse_inner(label_);
    const std::size_t field_size = from.word();
    from.take(length.padded - 4);
    const MatTag names = take_mat_tag(from);
    if (names.type != kMatInt8 || field_size == 0 || names.length % field_size != 0 ||
        names.padded > from.left())
      refuse_inner(label_);
    const ElementBytes text = from.take(names.padded).first(names.length);
    std::vector<std::string> fields;
    for (std::size_t at = 0; at < text.size(); at += field_size) {
      const ElementBytes field = text.subspan(at, field_size);
      fields.emplace_back(field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0}));
    }
    if (fields.empty()) return;
    const std::size_t n = places(array, from.left(), label_);
    for (std::size_t place = 0; place < n; ++place)
      for (const std::string& field : fields)
        add_next(from, name + (n == 1 ? "" : "(" + std::to_string(place + 1) + ")") + "." + field, depth);
  }

  bool is_single_number(ElementBytes element) const {
    MatReader from(element, little_);
    MatArray array;
    if (!take_mat_description(from, array) || !array.holds_numbers() || array.shape.size() != 2 ||
        array.shape[0] != 1 || array.shape[1] != 1)
      return false;
    check_mat_numbers(array, take_mat_tag(from), from.left(), label_);
    return true;
  }

  void add_cells(const std::string& name, const MatArray& array, ElementBytes element, int depth) {
    MatReader from = behind_description(element);
    const std::size_t n = places(array, from.left(), label_);
    MatReader ahead = from;
    bool single = n > 1;
    for (std::size_t place = 0; single && place < n; ++place)
      single = is_single_number(take_matrix(ahead, label_));
    if (single) {
      MatInner numbers{name, array.shape, array, element, true};
      if (array.shape.size() == 3) numbers.shape = {array.shape[1], array.shape[2], array.shape[0]};
      if (found_.size() < kMostArrays) found_.push_back(std::move(numbers));
      return;
    }
    for (std::size_t place = 0; place < n; ++place)
      add_next(from, name + "{" + std::to_string(place + 1) + "}", depth);
  }

  bool little_;
  const std::string& label_;
  std::vector<MatInner>& found_;
};

// Numbers in the order of the cells; three dimensions as MatInner::shape has them.
Array read_single_numbers(const MatInner& inner, bool little, const std::string& label) {
  MatReader from(inner.element, little);
  MatArray cell;
  take_mat_description(from, cell);
  const std::size_t count = checked_count(inner.shape, label);
  Array a{inner.shape, Element::kF64, std::vector<std::uint8_t>(count * sizeof(double))};
  for (std::size_t i = 0; i < count; ++i) {
    const Array one = read_mat_inner({"", {}, {}, take_matrix(from, label), false}, little, label);
    const double value = to_plane(one, PlaneKind::kDepth, 1, label).at<double>(0, 0);
    std::size_t to = i;
    if (cell.shape.size() == 3) {  // column-major, N x rows x columns: the first runs fastest; N goes last
      const std::size_t maps = cell.shape[0], pixels = count / maps;
      to = i % maps * pixels + i / maps;
    }
    std::memcpy(&a.bytes[to * sizeof value], &value, sizeof value);
  }
  return a;
}

}  // namespace

std::vector<MatInner> mat_inner_arrays(const MatArray& array, ElementBytes element, bool little,
                                       const std::string& label) {
  std::vector<MatInner> found;
  Collector(little, label, found).add(array.name, array, element, 0);
  return found;
}

Array read_mat_inner(const MatInner& inner, bool little, const std::string& label) {
  if (inner.of_single_numbers) return read_single_numbers(inner, little, label);
  MatReader from(inner.element, little);
  MatArray array;
  if (!take_mat_description(from, array) || !array.holds_numbers()) refuse_inner(label);
  const MatTag numbers = take_mat_tag(from);
  check_mat_numbers(array, numbers, from.left(), label);
  if (checked_count(array.shape, label) == 0) return {array.shape, array.element(), {}};
  const ElementBytes stored = from.take(numbers.length);
  return mat_numbers(array, numbers.type, {stored.begin(), stored.end()}, little);
}

}  // namespace depthmill::io
