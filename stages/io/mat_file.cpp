#include "stages/io/mat_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/inflate.h"
#include "stages/io/mat_element.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kFileHeader = 128, kTag = 8;
constexpr const char* kDamaged = "is a damaged MATLAB file";

// A variable of a file, as far as the beginning of its element tells.
struct Variable : MatArray {
  // The element in the file.
  std::uint64_t at = 0;
  std::size_t size = 0;  // bytes without its tag
  bool packed = false;
  // Inside the (unpacked) element: where the tag of its numbers ends, and what that says.
  std::size_t numbers_at = 0, whole = 0;
  MatTag numbers;
};

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
      MatReader tag(bytes, little_);
      const std::uint32_t type = tag.word(), length = tag.word();
      if (file_.size() - at >= kTag && type != kMatMatrix && type != kMatCompressed)
        fail(FailureReason::kUnreadable, file_.name(), kDamaged);
      if (file_.size() - at < kTag || length > file_.size() - at - kTag)
        fail(FailureReason::kTruncated, file_.name(), "is cut short inside a variable");
      Variable variable;
      variable.at = at + kTag;
      variable.size = length;
      variable.packed = type == kMatCompressed;
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
    if (checked_count(a.shape, label) == 0) return a;
    const std::size_t at = variable.numbers_at;
    check_mat_numbers(variable, variable.numbers, at > variable.whole ? 0 : variable.whole - at, label);
    std::vector<std::uint8_t> numbers(variable.numbers.length);
    if (variable.packed) {
      const std::vector<std::uint8_t> element = unpacked(variable, label);
      std::memcpy(numbers.data(), &element[at], numbers.size());
    } else {
      file_.read(variable.at + at, numbers);
    }
    return mat_numbers(variable, variable.numbers.type, std::move(numbers), little_);
  }

  // A cell or struct whole, from its description on.
  std::vector<std::uint8_t> load(const Variable& variable, const std::string& label) const {
    if (variable.packed) {
      std::vector<std::uint8_t> element = unpacked(variable, label);
      element.erase(element.begin(), element.begin() + kTag);
      return element;
    }
    std::vector<std::uint8_t> element(variable.size);
    file_.read(variable.at, element);
    return element;
  }

  bool little() const { return little_; }
  const std::string& name() const { return file_.name(); }

 private:
  std::vector<std::uint8_t> unpacked(const Variable& variable, const std::string& label) const {
    if (variable.whole / kMostOfOneByte > variable.size)
      fail(FailureReason::kUnreadable, label, "promises far more data than the file holds");
    std::vector<std::uint8_t> packed(variable.size), element(variable.whole);
    file_.read(variable.at, packed);
    if (!inflate_zlib(packed, element))
      fail(FailureReason::kUnreadable, label, "is damaged: it cannot be unpacked");
    return element;
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
      MatReader tag(bytes, little_);
      if (tag.word() != kMatMatrix) fail(FailureReason::kUnreadable, file_.name(), kDamaged);
      variable.whole = kTag + tag.word();
      before = kTag;
    }
    MatReader from(bytes, little_);
    from.take(before);
    if (variable.whole == before) return;  // MATLAB writes nothing at all for some empty cells
    if (!take_mat_description(from, variable)) fail(FailureReason::kUnreadable, file_.name(), kDamaged);
    variable.numbers = take_mat_tag(from);
    variable.numbers_at = bytes.size() - from.left();
  }

  OrdinaryFile file_;
  bool little_ = true, is_hdf5_ = false;
};

std::vector<DataSetInfo> list_numbers(const MatFile& file, const std::vector<Variable>& variables) {
  std::vector<DataSetInfo> found;
  for (const Variable& variable : variables) {
    if (variable.name.empty()) continue;
    if (variable.holds_numbers()) found.push_back({variable.name, variable.shape});
    if (!variable.holds_arrays()) continue;
    const std::string label = file.name() + ":" + variable.name;
    const auto element = file.load(variable, label);
    for (MatInner& inner : mat_inner_arrays(variable, element, file.little(), label))
      found.push_back({std::move(inner.name), std::move(inner.shape)});
  }
  return found;
}

// Does `name` lie inside this variable, "data.depth" in "data"?
bool lies_inside(const std::string& name, const Variable& variable) {
  const std::string& outer = variable.name;
  return variable.holds_arrays() && !outer.empty() && name.starts_with(outer) &&
         (name.size() == outer.size() || name[outer.size()] == '.' || name[outer.size()] == '{' ||
          name[outer.size()] == '(');
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
    put_word(kMatMatrix);
    put_word(0);
    const auto at = std::find(std::begin(kMatClasses), std::end(kMatClasses), turned.element);
    const std::uint32_t flags[] = {
        kMatFirstNumbers + static_cast<std::uint32_t>(at - std::begin(kMatClasses)), 0};
    put(kMatUint32, flags, sizeof flags);
    std::vector<std::int32_t> dimensions;
    for (const std::size_t d : variable.values.shape) {
      if (d > std::numeric_limits<std::int32_t>::max())
        throw std::runtime_error("has a dimension too long for MATLAB");
      dimensions.push_back(static_cast<std::int32_t>(d));
    }
    put(kMatInt32, dimensions.data(), 4 * dimensions.size());
    put(kMatInt8, variable.name.data(), variable.name.size());
    put(mat_type_of_element(turned.element), turned.bytes.data(), turned.bytes.size());
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
  return list_numbers(file, file.variables());
}

Array read_mat(const fs::path& path, const std::string& name) {
  const MatFile file(path);
  if (file.is_hdf5()) return read_h5(path, name, H5Layout::kMatlab);
  const std::vector<Variable> variables = file.variables();
  const std::string label = path.string() + ":" + name;
  for (const Variable& variable : variables) {
    if (variable.name == name && !name.empty() && !variable.holds_arrays()) {
      if (!variable.holds_numbers())
        fail(FailureReason::kUnreadable, label, "does not hold plain real numbers");
      return from_column_major(file.read(variable, label));
    }
    if (!lies_inside(name, variable)) continue;
    const auto element = file.load(variable, label);
    for (const MatInner& inner : mat_inner_arrays(variable, element, file.little(), label))
      if (inner.name == name) return from_column_major(read_mat_inner(inner, file.little(), label));
  }
  std::vector<std::string> names;
  for (const auto& info : list_numbers(file, variables)) names.push_back(info.name);
  fail(FailureReason::kUnreadable, path.string(),
       "has no variable '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
}

std::vector<std::uint8_t> mat_bytes(const std::vector<MatVariable>& variables) {
  MatBytes file;
  for (const MatVariable& variable : variables) file.add(variable);
  return {file.bytes().begin(), file.bytes().end()};
}

void write_mat(const fs::path& path, const std::vector<MatVariable>& variables) {
  std::vector<std::uint8_t> bytes;
  try {
    bytes = mat_bytes(variables);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(path.string() + ": " + e.what());
  }
  write_whole_file(path, bytes);
}

constinit const FileFormat kMatFormat{
    .endings = "mat",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "mat",
    .has_names = true,
    .help = "MATLAB v5 and v7.3 (HDF5); FILE:NAME, FILE:struct.field, FILE:cell{1}",
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
