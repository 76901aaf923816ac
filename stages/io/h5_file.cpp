#include "stages/io/h5_file.h"

#include <hdf5.h>

#include <algorithm>
#include <stdexcept>

#include "stages/io/suggest.h"

namespace depthmill::io {
namespace {

// Holds the lock and silences HDF5's habit of printing its error stack; puts back what was there.
class Session {
 public:
  Session() : lock_(hdf5_mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Session() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

// A handle with its closing function.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Id() {
    if (id_ >= 0) close_(id_);
  }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  operator hid_t() const { return id_; }  // NOLINT: stands for the handle everywhere
  bool ok() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t native_type(Element e) {
  switch (e) {
    case Element::kU8:
      return H5T_NATIVE_UINT8;
    case Element::kI8:
      return H5T_NATIVE_INT8;
    case Element::kU16:
      return H5T_NATIVE_UINT16;
    case Element::kI16:
      return H5T_NATIVE_INT16;
    case Element::kU32:
      return H5T_NATIVE_UINT32;
    case Element::kI32:
      return H5T_NATIVE_INT32;
    case Element::kU64:
      return H5T_NATIVE_UINT64;
    case Element::kI64:
      return H5T_NATIVE_INT64;
    case Element::kF32:
      return H5T_NATIVE_FLOAT;
    case Element::kF64:
      return H5T_NATIVE_DOUBLE;
  }
  return H5I_INVALID_HID;
}

// False for text, compounds, references and other things that are no plain numbers.
bool element_of(hid_t data_set, Element& element) {
  const Id type(H5Dget_type(data_set), H5Tclose);
  if (!type.ok()) return false;
  const std::size_t size = H5Tget_size(type);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_FLOAT) {
    element = size <= 4 ? Element::kF32 : Element::kF64;  // float16 widens
    return size <= 8;
  }
  if (kind != H5T_INTEGER && kind != H5T_ENUM) return false;
  if (kind == H5T_ENUM && size != 1)
    return false;  // h5py's bool is an enum of one byte; other enums are no planes
  const bool sign = kind == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
  switch (size) {
    case 1:
      element = sign ? Element::kI8 : Element::kU8;
      return true;
    case 2:
      element = sign ? Element::kI16 : Element::kU16;
      return true;
    case 4:
      element = sign ? Element::kI32 : Element::kU32;
      return true;
    case 8:
      element = sign ? Element::kI64 : Element::kU64;
      return true;
    default:
      return false;
  }
}

bool shape_of(hid_t data_set, std::vector<std::size_t>& shape) {
  const Id space(H5Dget_space(data_set), H5Sclose);
  if (!space.ok() || H5Sget_simple_extent_type(space) == H5S_NULL) return false;
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > H5S_MAX_RANK) return false;
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, dims.data(), nullptr) < 0) return false;
  shape.assign(dims.begin(), dims.end());
  return true;
}

hid_t open_file(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    fail(FailureReason::kMissingFile, file.string(), "there is no such file");
  if (std::filesystem::file_size(file, error) == 0 && !error)
    fail(FailureReason::kTruncated, file.string(), "is empty");
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id >= 0) return id;
  // The signature is there, yet the library refuses: the usual cause is a copy that was interrupted.
  if (H5Fis_hdf5(file.c_str()) > 0)
    fail(FailureReason::kTruncated, file.string(), "is an HDF5 file that is cut short or damaged");
  fail(FailureReason::kUnreadable, file.string(), "is no HDF5 file");
}

std::vector<DataSetInfo> list_open(hid_t file, H5Layout layout) {
  std::vector<DataSetInfo> found;
  struct Context {
    std::vector<DataSetInfo>* found;
    H5Layout layout;
  } context{&found, layout};
  const auto visit = [](hid_t root, const char* name, const H5O_info_t* info, void* data) -> herr_t {
    auto* c = static_cast<Context*>(data);
    if (info->type != H5O_TYPE_DATASET || name[0] == '#') return 0;
    const Id set(H5Dopen2(root, name, H5P_DEFAULT), H5Dclose);
    DataSetInfo entry{name, {}};
    Element element{};
    if (!set.ok() || !element_of(set, element) || !shape_of(set, entry.shape)) return 0;
    if (c->layout == H5Layout::kMatlab) std::reverse(entry.shape.begin(), entry.shape.end());
    c->found->push_back(std::move(entry));
    return c->found->size() < 10000 ? 0 : 1;
  };
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, visit, &context, H5O_INFO_BASIC);
  return found;
}

}  // namespace

std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::vector<DataSetInfo> list_h5(const std::filesystem::path& file, H5Layout layout) {
  const Session session;
  const Id id(open_file(file), H5Fclose);
  return list_open(id, layout);
}

Array read_h5(const std::filesystem::path& file, const std::string& name, H5Layout layout) {
  const Session session;
  const std::string label = file.string() + ":" + name;
  const Id id(open_file(file), H5Fclose);
  const Id set(H5Dopen2(id, name.c_str(), H5P_DEFAULT), H5Dclose);
  Array a;
  if (!set.ok()) {
    std::vector<std::string> names;
    for (const auto& info : list_open(id, layout)) names.push_back(info.name);
    fail(FailureReason::kUnreadable, file.string(),
         "has no data set '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
  }
  if (!element_of(set, a.element) || !shape_of(set, a.shape))
    fail(FailureReason::kUnreadable, label, "does not hold plain numbers");
  a.bytes.resize(checked_count(a.shape, label) * element_size(a.element));
  if (!a.bytes.empty()) {
    // An enum (bool) does not convert to integers in HDF5; its one byte is read as it is.
    const Id type(H5Dget_type(set), H5Tclose);
    const hid_t memory = H5Tget_class(type) == H5T_ENUM ? hid_t(type) : native_type(a.element);
    if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.bytes.data()) < 0)
      fail(FailureReason::kTruncated, label, "its data cannot be read: the file is cut short or damaged");
  }
  if (layout == H5Layout::kRowMajor) return a;
  std::reverse(a.shape.begin(), a.shape.end());
  return from_column_major(std::move(a));
}

void write_h5(const std::filesystem::path& file, const std::string& name, const Array& array) {
  const Session session;
  const auto check = [&](bool ok) {
    if (!ok) throw std::runtime_error(file.string() + ": cannot be written as HDF5");
  };
  const Id id(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  check(id.ok());
  {
    const std::vector<hsize_t> dims(array.shape.begin(), array.shape.end());
    const Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
    const Id create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const Id link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    check(space.ok() && create.ok() && link.ok());
    H5Pset_obj_track_times(create, 0);
    H5Pset_create_intermediate_group(link, 1);
    const Id set(H5Dcreate2(id, name.c_str(), native_type(array.element), space, link, create, H5P_DEFAULT),
                 H5Dclose);
    check(set.ok());
    check(H5Dwrite(set, native_type(array.element), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes.data()) >= 0);
  }
  check(H5Fflush(id, H5F_SCOPE_GLOBAL) >= 0);
}

}  // namespace depthmill::io
