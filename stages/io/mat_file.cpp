#include "stages/io/mat_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "stages/io/atomic_file.h"
#include "stages/io/inflate.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

// "MAT-File Format" (The MathWorks), tables 1-1 and 1-3: what a data element holds, and what an array is.
enum DataType : std::uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kUint16 = 4,
  kInt32 = 5,
  kUint32 = 6,
  kSingle = 7,
  kDouble = 9,
  kInt64 = 12,
  kUint64 = 13,
  kMatrix = 14,
  kCompressed = 15,
};
enum : std::uint32_t { kFirstNumberClass = 6, kLastNumberClass = 15 };
constexpr Element kClassElements[] = {Element::kF64, Element::kF32, Element::kI8,  Element::kU8,
                                      Element::kI16, Element::kU16, Element::kI32, Element::kU32,
                                      Element::kI64, Element::kU64};

constexpr std::size_t kFileHeader = 128, kTag = 8;
constexpr const char* kDamaged = "is a damaged MATLAB file";

std::optional<Element> element_of_type(std::uint32_t type) {
  switch (type) {
    case kInt8:
      return Element::kI8;
    case kUint8:
      return Element::kU8;
    case kInt16:
      return Element::kI16;
    case kUint16:
      return Element::kU16;
    case kInt32:
      return Element::kI32;
    case kUint32:
      return Element::kU32;
    case kInt64:
      return Element::kI64;
    case kUint64:
      return Element::kU64;
    case kSingle:
      return Element::kF32;
    case kDouble:
      return Element::kF64;
    default:
      return std::nullopt;
  }
}

std::uint32_t type_of_element(Element element) {
  constexpr std::uint32_t kTypes[] = {kUint8, kInt8,   kUint16, kInt16,  kUint32,
                                      kInt32, kUint64, kInt64,  kSingle, kDouble};
  return kTypes[static_cast<std::size_t>(element)];
}

// The bytes of an element in either byte order, from front to back; 0 behind the last one.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, bool little) : bytes_(bytes), little_(little) {}

  std::size_t left() const { return bytes_.size() - at_; }
  std::span<const std::uint8_t> take(std::size_t n) {
    n = std::min(n, left());
    at_ += n;
    return bytes_.subspan(at_ - n, n);
  }
  std::uint32_t word() {
    std::uint32_t value = 0;
    const auto bytes = take(4);
    for (std::size_t b = 0; b < bytes.size(); ++b)
      value |= std::uint32_t{bytes[b]} << (8 * (little_ ? b : 3 - b));
    return value;
  }
  bool little() const { return little_; }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
  std::size_t at_ = 0;
};

// Type and length of a data element; up to four bytes of data lie in the tag itself.
struct Tag {
  std::uint32_t type = 0;
  std::size_t length = 0;
  std::size_t padded = 0;  // bytes that follow the tag or its first word
};

Tag take_tag(Reader& from) {
  Tag tag;
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

// A variable of a file, as far as the beginning of its element tells.
struct Variable {
  std::string name;
  std::uint32_t array_class = 0;
  bool complex = false;
  std::vector<std::size_t> shape;
  // The element in the file.
  std::uint64_t at = 0;
  std::size_t size = 0;  // bytes without its tag
  bool packed = false;
  // Inside the (unpacked) element: where its numbers' tag stands, and what it says.
  std::size_t numbers_at = 0, whole = 0;
  Tag numbers;

  // Real and dense.
  bool holds_numbers() const {
    return !complex && array_class >= kFirstNumberClass && array_class <= kLastNumberClass && !name.empty();
  }
  Element element() const { return kClassElements[array_class - kFirstNumberClass]; }
};

// Takes flags, dimensions and name from the beginning of a matrix element (behind its tag), up to the tag of
// its numbers. False when they are not what they should be.
bool take_description(Reader& from, Variable& variable) {
  constexpr std::size_t kMostRank = 32, kMostName = 4096;
  const Tag flags = take_tag(from);
  if (flags.type != kUint32 || flags.length != 8) return false;
  const std::uint32_t word = from.word();
  from.word();
  variable.array_class = word & 0xFF;
  variable.complex = (word & 0x800) != 0;
  constexpr std::uint32_t kOpaqueClass =
      17;  // MATLAB's own objects, such as tables, say other things from here on
  if (variable.array_class == kOpaqueClass) return true;
  const Tag dimensions = take_tag(from);
  if (dimensions.type != kInt32 || dimensions.length % 4 != 0 || dimensions.length / 4 > kMostRank)
    return false;
  for (std::size_t d = 0; d < dimensions.length / 4; ++d) variable.shape.push_back(from.word());
  from.take(dimensions.padded - dimensions.length);
  const Tag name = take_tag(from);
  if (name.length > kMostName || name.padded > from.left()) return false;
  const auto text = from.take(name.padded).first(name.length);
  variable.name.assign(text.begin(), std::find(text.begin(), text.end(), std::uint8_t{0}));
  return true;
}

class MatFile {
 public:
  explicit MatFile(const fs::path& path) : file_(path) {
    std::uint8_t header[kFileHeader] = {};
    if (file_.size() < sizeof header) fail(FailureReason::kTruncated, file_.name(), "ends inside its header");
    file_.read(0, header);
    little_ = header[126] == 'I' && header[127] == 'M';
    const bool big = header[126] == 'M' && header[127] == 'I';
    const int version = little_ ? header[124] | header[125] << 8 : header[124] << 8 | header[125];
    is_hdf5_ = (little_ || big) && version == 0x0200;
    if (!is_hdf5_ && ((!little_ && !big) || version != 0x0100))
      fail(FailureReason::kUnreadable, file_.name(), "is neither a MATLAB v5 nor a v7.3 file");
  }

  bool is_hdf5() const { return is_hdf5_; }

  // In file order. FrameError when the file ends inside one, or the beginning of one is damaged.
  std::vector<Variable> variables() const {
    std::vector<Variable> found;
    for (std::uint64_t at = kFileHeader; at < file_.size();) {
      std::uint8_t bytes[kTag] = {};
      if (file_.size() - at >= kTag) file_.read(at, bytes);
      Reader tag(bytes, little_);
      const std::uint32_t type = tag.word(), length = tag.word();
      if (file_.size() - at >= kTag && type != kMatrix && type != kCompressed)
        fail(FailureReason::kUnreadable, file_.name(), kDamaged);
      if (file_.size() - at < kTag || length > file_.size() - at - kTag)
        fail(FailureReason::kTruncated, file_.name(), "is cut short inside a variable");
      Variable variable;
      variable.at = at + kTag;
      variable.size = length;
      variable.packed = type == kCompressed;
      describe(variable);
      found.push_back(std::move(variable));
      at += kTag + length;
    }
    return found;
  }

  // The numbers, column-major; `label` names the variable. Their type, length and count are compared before
  // memory is taken for them.
  Array read(const Variable& variable, const std::string& label) const {
    Array a{variable.shape, variable.element(), {}};
    const std::size_t count = checked_count(a.shape, label);
    if (count == 0) return a;
    const auto stored = element_of_type(variable.numbers.type);
    if (!stored || !fits_class(*stored, a.element))
      fail(FailureReason::kUnreadable, label, "is damaged: its numbers are of no type that belongs there");
    const std::size_t promised = count * element_size(*stored);
    if (variable.numbers.length < promised || variable.numbers_at > variable.whole ||
        promised > variable.whole - variable.numbers_at)
      fail(FailureReason::kTruncated, label, "is damaged: it has fewer numbers than its size says");
    if (variable.numbers.length > promised)
      fail(FailureReason::kUnreadable, label, "is damaged: it has more numbers than its size says");

    std::vector<std::uint8_t> numbers(promised);
    if (variable.packed) {
      if (variable.whole / kMostOfOneByte > variable.size)
        fail(FailureReason::kUnreadable, label, "promises far more data than the file holds");
      std::vector<std::uint8_t> packed(variable.size), element(variable.whole);
      file_.read(variable.at, packed);
      if (!inflate_zlib(packed, element))
        fail(FailureReason::kUnreadable, label, "is damaged: it cannot be unpacked");
      std::memcpy(numbers.data(), &element[variable.numbers_at], promised);
    } else {
      file_.read(variable.at + variable.numbers_at, numbers);
    }
    if (little_ != (std::endian::native == std::endian::little)) swap(numbers, element_size(*stored));
    convert(*stored, numbers, a);
    return a;
  }

  const std::string& name() const { return file_.name(); }

 private:
  // MATLAB stores whole numbers in the smallest type that holds them, and never in a larger one than the
  // array's.
  static bool fits_class(Element stored, Element of_class) {
    const auto is_float = [](Element e) { return e == Element::kF32 || e == Element::kF64; };
    return element_size(stored) <= element_size(of_class) && (is_float(of_class) || !is_float(stored));
  }

  void describe(Variable& variable) const {
    constexpr std::size_t kBeginning = 8192;  // bytes, more than flags, 32 dimensions and a name take
    std::vector<std::uint8_t> bytes(std::min(variable.size, kBeginning));
    file_.read(variable.at, bytes);
    std::size_t before = 0;  // of the element's description
    variable.whole = variable.size;
    if (variable.packed) {
      std::vector<std::uint8_t> unpacked(kBeginning);
      unpacked.resize(inflate_beginning(bytes, unpacked));
      bytes = std::move(unpacked);
      Reader tag(bytes, little_);
      if (tag.word() != kMatrix) fail(FailureReason::kUnreadable, file_.name(), kDamaged);
      variable.whole = kTag + tag.word();
      before = kTag;
    }
    Reader from(bytes, little_);
    from.take(before);
    if (variable.whole == before) return;  // MATLAB writes nothing at all for some empty cells
    if (!take_description(from, variable)) fail(FailureReason::kUnreadable, file_.name(), kDamaged);
    variable.numbers = take_tag(from);
    variable.numbers_at = bytes.size() - from.left();
  }

  static void swap(std::vector<std::uint8_t>& numbers, std::size_t size) {
    for (std::size_t i = 0; i + size <= numbers.size(); i += size)
      std::reverse(numbers.begin() + static_cast<std::ptrdiff_t>(i),
                   numbers.begin() + static_cast<std::ptrdiff_t>(i + size));
  }

  static void convert(Element stored, std::vector<std::uint8_t>& numbers, Array& to) {
    if (stored == to.element) {
      to.bytes = std::move(numbers);
      return;
    }
    const std::size_t count = to.count();
    to.bytes.resize(count * element_size(to.element));
    with_type(stored, [&]<class From>(From) {
      with_type(to.element, [&]<class To>(To) {
        for (std::size_t i = 0; i < count; ++i) {
          From from{};
          std::memcpy(&from, &numbers[i * sizeof from], sizeof from);
          const To value = static_cast<To>(from);
          std::memcpy(&to.bytes[i * sizeof value], &value, sizeof value);
        }
      });
    });
  }

  // Calls `f` with a number of this type.
  template <class F>
  static void with_type(Element element, F&& f) {
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

  OrdinaryFile file_;
  bool little_ = true, is_hdf5_ = false;
};

std::vector<DataSetInfo> list_numbers(const std::vector<Variable>& variables) {
  std::vector<DataSetInfo> found;
  for (const Variable& variable : variables)
    if (variable.holds_numbers()) found.push_back({variable.name, variable.shape});
  return found;
}

// A new file's bytes, in this machine's order, which its header tells.
class MatBytes {
 public:
  MatBytes() {
    bytes_.assign(kFileHeader, ' ');
    constexpr std::string_view kText = "MATLAB 5.0 MAT-file, written by depthmill";
    std::copy(kText.begin(), kText.end(), bytes_.begin());
    const std::uint16_t version = 0x0100, order = 'M' << 8 | 'I';
    std::memset(&bytes_[116], 0, 8);  // nothing of MATLAB's own further back
    std::memcpy(&bytes_[124], &version, 2);
    std::memcpy(&bytes_[126], &order, 2);
  }

  void add(const MatVariable& variable) {
    // Column-major is row-major of the reversed shape; turning twice gives what MATLAB wants.
    Array turned = variable.values;
    std::reverse(turned.shape.begin(), turned.shape.end());
    turned = from_column_major(std::move(turned));
    const std::size_t begin = bytes_.size();
    put_word(kMatrix);
    put_word(0);
    const auto at = std::find(std::begin(kClassElements), std::end(kClassElements), turned.element);
    const std::uint32_t flags[] = {
        kFirstNumberClass + static_cast<std::uint32_t>(at - std::begin(kClassElements)), 0};
    put(kUint32, flags, sizeof flags);
    std::vector<std::int32_t> dimensions;
    for (const std::size_t d : variable.values.shape) {
      if (d > std::numeric_limits<std::int32_t>::max())
        throw std::runtime_error("has a dimension too long for MATLAB");
      dimensions.push_back(static_cast<std::int32_t>(d));
    }
    put(kInt32, dimensions.data(), 4 * dimensions.size());
    put(kInt8, variable.name.data(), variable.name.size());
    put(type_of_element(turned.element), turned.bytes.data(), turned.bytes.size());
    const std::size_t size = bytes_.size() - begin - kTag;
    if (size > std::numeric_limits<std::uint32_t>::max())
      throw std::runtime_error("holds more than the 4 GB of a MATLAB v5 variable");
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(&bytes_[begin + 4], &length, 4);
  }

  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  void put_word(std::uint32_t word) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&word);
    bytes_.insert(bytes_.end(), from, from + 4);
  }
  void put(std::uint32_t type, const void* data, std::size_t size) {
    const bool small = size > 0 && size <= 4;
    put_word(small ? type | static_cast<std::uint32_t>(size) << 16 : type);
    if (!small) put_word(static_cast<std::uint32_t>(size));
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
    bytes_.resize((bytes_.size() + 7) / 8 * 8, 0);
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::vector<DataSetInfo> list_mat(const fs::path& path) {
  const MatFile file(path);
  if (file.is_hdf5()) return list_h5(path, H5Layout::kMatlab);
  return list_numbers(file.variables());
}

Array read_mat(const fs::path& path, const std::string& name) {
  const MatFile file(path);
  if (file.is_hdf5()) return read_h5(path, name, H5Layout::kMatlab);
  const std::vector<Variable> variables = file.variables();
  const auto found =
      std::find_if(variables.begin(), variables.end(), [&](const Variable& v) { return v.name == name; });
  if (found == variables.end() || name.empty()) {
    std::vector<std::string> names;
    for (const auto& info : list_numbers(variables)) names.push_back(info.name);
    fail(FailureReason::kUnreadable, path.string(),
         "has no variable '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
  }
  const std::string label = path.string() + ":" + name;
  if (!found->holds_numbers()) fail(FailureReason::kUnreadable, label, "does not hold plain real numbers");
  return from_column_major(file.read(*found, label));
}

void write_mat(const fs::path& path, const std::vector<MatVariable>& variables) {
  MatBytes file;
  try {
    for (const MatVariable& variable : variables) file.add(variable);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(path.string() + ": " + e.what());
  }
  write_whole_file(path, file.bytes());
}

constinit const FileFormat kMatFormat{
    .endings = "mat",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "mat",
    .has_names = true,
    .help = "MATLAB v5 and v7.3 (HDF5); FILE:NAME",
    .read =
        [](const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
          const bool named = !source.name.empty();
          return read_mat(
              source.file,
              named ? source.name : choose_data_set(list_mat(source.file), source, kind, plane_name));
        },
    .write =
        [](const fs::path& file, const cv::Mat& m, PlaneKind, const WriteOptions& options) {
          write_mat(file, {{options.name, to_array(m)}});
        },
};

}  // namespace depthmill::io
