#include "stages/io/mat_file.h"

#include <matio.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace fs = std::filesystem;
namespace {

struct CloseMat {
  void operator()(mat_t* m) const { Mat_Close(m); }
};
struct FreeVar {
  void operator()(matvar_t* v) const { Mat_VarFree(v); }
};
using Mat = std::unique_ptr<mat_t, CloseMat>;
using Var = std::unique_ptr<matvar_t, FreeVar>;

// What the walk over a file found: MATIO is trusted with no more than this.
struct Checked {
  bool hdf5 = false;          // v7.3
  std::size_t variables = 0;  // v5: top-level elements
};

// Reads the tags of a v5 file: type and length, or both in one word when the data are at most four bytes
// long.
class TagReader {
 public:
  TagReader(std::ifstream& in, bool little) : in_(in), little_(little) {}

  struct Tag {
    std::uint32_t type = 0, length = 0;
    std::uintmax_t total = 0;  // tag, data and the padding to eight bytes
  };
  // 0 behind the end of the file.
  std::uint32_t word(std::uintmax_t at) {
    unsigned char bytes[4] = {};
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(at));
    if (!in_.read(reinterpret_cast<char*>(bytes), sizeof bytes)) return 0;
    std::uint32_t value = 0;
    for (int b = 0; b < 4; ++b) value |= std::uint32_t{bytes[b]} << (8 * (little_ ? b : 3 - b));
    return value;
  }
  bool read(std::uintmax_t at, Tag& tag) {
    tag.type = word(at);
    tag.length = word(at + 4);
    tag.total = 8 + (std::uintmax_t{tag.length} + 7) / 8 * 8;
    if (!in_) return false;
    if (tag.type >> 16 != 0) {
      tag.length = tag.type >> 16;
      tag.type &= 0xffff;
      tag.total = 8;
    }
    return true;
  }

 private:
  std::ifstream& in_;
  bool little_;
};

// Bytes of one number of a v5 data element, 0 for a type that holds none.
std::size_t number_size(std::uint32_t type) {
  switch (type) {
    case MAT_T_INT8:
    case MAT_T_UINT8:
      return 1;
    case MAT_T_INT16:
    case MAT_T_UINT16:
      return 2;
    case MAT_T_INT32:
    case MAT_T_UINT32:
    case MAT_T_SINGLE:
      return 4;
    case MAT_T_INT64:
    case MAT_T_UINT64:
    case MAT_T_DOUBLE:
      return 8;
    default:
      return 0;
  }
}

// A data element as long as the dimensions say, of a type of numbers: MATIO makes up what is missing and reads
// any type as if it were one.
void check_numbers(const TagReader::Tag& data, bool there, std::uintmax_t cells, const std::string& label) {
  if (cells == 0) return;  // an empty array may have no data at all
  const std::size_t size = there ? number_size(data.type) : 0;
  if (size == 0)
    fail(FailureReason::kUnreadable, label, "is a damaged MATLAB file: numbers of no known type");
  if (cells > data.length / size)
    fail(FailureReason::kTruncated, label, "is damaged: a variable has fewer numbers than its size says");
  if (data.length != cells * size)
    fail(FailureReason::kUnreadable, label, "is damaged: a variable has more numbers than its size says");
}

// Looks at the header and, for v5, at the lengths of all top-level elements and of the parts of their own
// headers. MATIO hands out variables of a file that was cut short without a word, and believes every length.
Checked check_file(const fs::path& file) {
  const std::string label = file.string();
  std::error_code error;
  if (!fs::exists(file, error)) fail(FailureReason::kMissingFile, label, "there is no such file");
  if (fs::is_directory(file, error)) fail(FailureReason::kUnreadable, label, "is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(FailureReason::kUnreadable, label, "cannot be opened");
  const std::uintmax_t size = fs::file_size(file, error);
  unsigned char header[128];
  if (!in.read(reinterpret_cast<char*>(header), sizeof header))
    fail(FailureReason::kTruncated, label, "ends inside its header");
  const bool little = header[126] == 'I' && header[127] == 'M',
             big = header[126] == 'M' && header[127] == 'I';
  const int version = little ? header[124] | header[125] << 8 : header[124] << 8 | header[125];
  Checked checked;
  checked.hdf5 = (little || big) && version == 0x0200;
  if (checked.hdf5) return checked;
  if ((!little && !big) || version != 0x0100)
    fail(FailureReason::kUnreadable, label, "is neither a MATLAB v5 nor a v7.3 file");

  TagReader tags(in, little);
  TagReader::Tag element, part;
  for (std::uintmax_t at = 128; at < size; at += 8 + std::uintmax_t{element.length}) {
    const bool there = tags.read(at, element);
    if (there && element.type != MAT_T_MATRIX && element.type != MAT_T_COMPRESSED)
      fail(FailureReason::kUnreadable, label, "is a damaged MATLAB file");
    const std::uintmax_t end = at + 8 + element.length;
    if (!there || end > size) fail(FailureReason::kTruncated, label, "is cut short inside a variable");
    ++checked.variables;
    if (element.type == MAT_T_COMPRESSED) continue;
    std::uintmax_t inside = at + 8, cells = 1;
    for (int parts = 0; parts < 3 && inside < end; ++parts) {  // flags, dimensions, name
      if (!tags.read(inside, part) || inside + part.total > end)
        fail(FailureReason::kUnreadable, label, "is a damaged MATLAB file");
      if (parts == 1)
        for (std::uint32_t d = 0; d + 4 <= part.length && cells <= size; d += 4)  // no more than fit the file
          cells *= tags.word(inside + (part.total == 8 ? 4 : 8) + d);
      inside += part.total;
    }
    const std::uint32_t kind = tags.word(at + 16) & 0xff;
    if (kind >= MAT_C_DOUBLE && kind <= MAT_C_UINT64) {
      const bool has_data = inside < end && tags.read(inside, part) && inside + part.total <= end;
      check_numbers(part, has_data, cells, label);
    }
    // Cells and structures are never read here, but still cost MATIO a step each.
    if ((kind == MAT_C_CELL || kind == MAT_C_STRUCT || kind == MAT_C_OBJECT) && cells > element.length)
      fail(FailureReason::kUnreadable, label, "is a damaged MATLAB file");
  }
  return checked;
}

bool whole(const fs::path& file, std::size_t variables) {
  try {
    return check_file(file).variables == variables;
  } catch (const FrameError&) {
    return false;
  }
}

Mat open_v5(const fs::path& file) {
  Mat mat(Mat_Open(file.c_str(), MAT_ACC_RDONLY));
  if (!mat) fail(FailureReason::kUnreadable, file.string(), "cannot be read as a MATLAB file");
  return mat;
}

bool element_of(const matvar_t& v, Element& element) {
  if (v.isComplex) return false;
  switch (v.class_type) {
    case MAT_C_DOUBLE:
      element = Element::kF64;
      return true;
    case MAT_C_SINGLE:
      element = Element::kF32;
      return true;
    case MAT_C_INT8:
      element = Element::kI8;
      return true;
    case MAT_C_UINT8:
      element = Element::kU8;
      return true;
    case MAT_C_INT16:
      element = Element::kI16;
      return true;
    case MAT_C_UINT16:
      element = Element::kU16;
      return true;
    case MAT_C_INT32:
      element = Element::kI32;
      return true;
    case MAT_C_UINT32:
      element = Element::kU32;
      return true;
    case MAT_C_INT64:
      element = Element::kI64;
      return true;
    case MAT_C_UINT64:
      element = Element::kU64;
      return true;
    default:
      return false;
  }
}

std::vector<std::size_t> shape_of(const matvar_t& v) {
  if (v.rank < 0 || v.dims == nullptr) return {};
  return {v.dims, v.dims + v.rank};
}

std::vector<DataSetInfo> list_v5(mat_t* mat, std::size_t variables) {
  std::vector<DataSetInfo> found;
  Mat_Rewind(mat);
  // Counted, because MATIO can stay in its place on a damaged file and answer for ever.
  for (std::size_t i = 0; i < variables; ++i) {
    const Var v(Mat_VarReadNextInfo(mat));
    if (!v) break;
    Element element{};
    if (v->name != nullptr && element_of(*v, element)) found.push_back({v->name, shape_of(*v)});
  }
  return found;
}

matio_classes class_of(Element e) {
  static constexpr matio_classes kClasses[] = {MAT_C_UINT8,  MAT_C_INT8,  MAT_C_UINT16, MAT_C_INT16,
                                               MAT_C_UINT32, MAT_C_INT32, MAT_C_UINT64, MAT_C_INT64,
                                               MAT_C_SINGLE, MAT_C_DOUBLE};
  return kClasses[static_cast<std::size_t>(e)];
}

matio_types type_of(Element e) {
  static constexpr matio_types kTypes[] = {MAT_T_UINT8,  MAT_T_INT8,  MAT_T_UINT16, MAT_T_INT16,
                                           MAT_T_UINT32, MAT_T_INT32, MAT_T_UINT64, MAT_T_INT64,
                                           MAT_T_SINGLE, MAT_T_DOUBLE};
  return kTypes[static_cast<std::size_t>(e)];
}

}  // namespace

std::vector<DataSetInfo> list_mat(const fs::path& file) {
  const Checked checked = check_file(file);
  if (checked.hdf5) return list_h5(file, H5Layout::kMatlab);
  return list_v5(open_v5(file).get(), checked.variables);
}

Array read_mat(const fs::path& file, const std::string& name) {
  const Checked checked = check_file(file);
  if (checked.hdf5) return read_h5(file, name, H5Layout::kMatlab);
  const std::string label = file.string() + ":" + name;
  const Mat mat = open_v5(file);
  const Var v(Mat_VarReadInfo(mat.get(), name.c_str()));
  if (!v) {
    std::vector<std::string> names;
    for (const auto& info : list_v5(mat.get(), checked.variables)) names.push_back(info.name);
    fail(FailureReason::kUnreadable, file.string(),
         "has no variable '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
  }
  Array a;
  if (!element_of(*v, a.element)) fail(FailureReason::kUnreadable, label, "does not hold plain real numbers");
  a.shape = shape_of(*v);
  const std::size_t bytes = checked_count(a.shape, label) * element_size(a.element);
  if (Mat_VarReadDataAll(mat.get(), v.get()) != 0 || (bytes > 0 && v->data == nullptr) ||
      static_cast<std::size_t>(v->data_size) != element_size(a.element) || v->nbytes < bytes)
    fail(FailureReason::kTruncated, label, "its data cannot be read: the file is cut short or damaged");
  const auto* data = static_cast<const std::uint8_t*>(v->data);
  a.bytes.assign(data, data + bytes);
  return from_column_major(std::move(a));
}

void write_mat(const fs::path& file, const std::vector<MatVariable>& variables) {
  const auto check = [&](bool ok) {
    if (!ok) throw std::runtime_error(file.string() + ": cannot be written as a MATLAB file");
  };
  write_atomically(file, [&](const fs::path& temporary) {
    Mat mat(Mat_CreateVer(temporary.c_str(), "MATLAB 5.0 MAT-file, written by depthmill", MAT_FT_MAT5));
    check(mat != nullptr);
    std::uintmax_t least = 128;  // bytes: the header and all values
    for (const MatVariable& variable : variables) {
      // Column-major is row-major of the reversed shape; turning twice gives what MATLAB wants.
      Array turned = variable.values;
      std::reverse(turned.shape.begin(), turned.shape.end());
      turned = from_column_major(std::move(turned));
      std::vector<std::size_t> dims = variable.values.shape;
      const Element element = turned.element;
      const Var v(Mat_VarCreate(variable.name.c_str(), class_of(element), type_of(element),
                                static_cast<int>(dims.size()), dims.data(), turned.bytes.data(),
                                MAT_F_DONT_COPY_DATA));
      check(v != nullptr && Mat_VarWrite(mat.get(), v.get(), MAT_COMPRESSION_NONE) == 0);
      least += turned.bytes.size();
    }
    check(Mat_Close(mat.release()) == 0);
    // MATIO does not look whether its writes succeed; on a full disk the file is too short for its lengths.
    check(fs::file_size(temporary) >= least && whole(temporary, variables.size()));
  });
}

constinit const FileFormat kMatFormat{
    .endings = "mat",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "mat",
    .has_names = true,
    .help = "MATLAB v5 (MATIO) and v7.3 (HDF5); FILE:NAME",
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
