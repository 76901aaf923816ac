#include "stages/io/h5_file.h"

#include <algorithm>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/h5_handle.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace {

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
  const H5Handle type(H5Dget_type(data_set), H5Tclose);
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
  const H5Handle space(H5Dget_space(data_set), H5Sclose);
  if (!space.ok() || H5Sget_simple_extent_type(space) == H5S_NULL) return false;
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > H5S_MAX_RANK) return false;
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space, dims.data(), nullptr) < 0) return false;
  shape.assign(dims.begin(), dims.end());
  return true;
}

// What the file really holds against what it promises, before memory is taken for the promise.
void check_storage(hid_t set, std::size_t bytes, const std::string& label) {
  const H5Handle list(H5Dget_create_plist(set), H5Pclose);
  if (!list.ok() || H5Pget_external_count(list) != 0 || H5Pget_layout(list) == H5D_VIRTUAL)
    fail(FailureReason::kUnreadable, label, "keeps its data in another file, which is not followed");
  const hsize_t stored = H5Dget_storage_size(set);
  if (bytes > 0 && stored == 0) fail(FailureReason::kUnreadable, label, "has a size, but none of its data");
  // Deflate cannot pack more than 1032 bytes into one.
  constexpr std::size_t kMostPacked = 1032;
  if (bytes / kMostPacked > stored)
    fail(FailureReason::kUnreadable, label, "promises far more data than the file holds");
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
    const H5Handle set(H5Dopen2(root, name, H5P_DEFAULT), H5Dclose);
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

std::vector<DataSetInfo> list_h5(const std::filesystem::path& file, H5Layout layout) {
  const H5Session session;
  const H5Handle id(open_file(file), H5Fclose);
  return list_open(id, layout);
}

Array read_h5(const std::filesystem::path& file, const std::string& name, H5Layout layout) {
  const H5Session session;
  const std::string label = file.string() + ":" + name;
  const H5Handle id(open_file(file), H5Fclose);
  const H5Handle set(H5Dopen2(id, name.c_str(), H5P_DEFAULT), H5Dclose);
  Array a;
  if (!set.ok()) {
    std::vector<std::string> names;
    for (const auto& info : list_open(id, layout)) names.push_back(info.name);
    fail(FailureReason::kUnreadable, file.string(),
         "has no data set '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
  }
  if (!element_of(set, a.element) || !shape_of(set, a.shape))
    fail(FailureReason::kUnreadable, label, "does not hold plain numbers");
  const std::size_t bytes = checked_count(a.shape, label) * element_size(a.element);
  check_storage(set, bytes, label);
  a.bytes.resize(bytes);
  if (!a.bytes.empty()) {
    // An enum (bool) does not convert to integers in HDF5; its one byte is read as it is.
    const H5Handle type(H5Dget_type(set), H5Tclose);
    const hid_t memory = H5Tget_class(type) == H5T_ENUM ? hid_t(type) : native_type(a.element);
    if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.bytes.data()) < 0)
      fail(FailureReason::kTruncated, label, "its data cannot be read: the file is cut short or damaged");
  }
  if (layout == H5Layout::kRowMajor) return a;
  std::reverse(a.shape.begin(), a.shape.end());
  return from_column_major(std::move(a));
}

std::string choose_data_set(std::span<const DataSetInfo> there, const PlaneSource& source, PlaneKind kind,
                            std::string_view plane_name) {
  std::string names;
  std::vector<std::string> fitting;
  for (const auto& info : there) {
    names += (names.empty() ? "" : ", ") + info.name;
    if (!fits(info.shape, kind)) continue;
    if (info.name == plane_name) return info.name;
    fitting.push_back(info.name);
  }
  if (fitting.size() == 1) return fitting[0];
  if (there.empty()) fail(FailureReason::kUnreadable, source.text(), "holds no data set of numbers");
  fail(FailureReason::kUnreadable, source.text(),
       std::string(fitting.empty() ? "no data set in it has the shape of this plane"
                                   : "several data sets in it could be this plane, say FILE:NAME") +
           " (there are: " + names + ")");
}

void write_h5_whole(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill) {
  std::vector<std::uint8_t> image;
  {
    const H5Session session;
    // Nothing of it touches the disk: a file whose last bytes found no room can neither be closed nor let go, and
    // the library then crashes when the process ends.
    const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    const bool in_memory = access.ok() && H5Pset_fapl_core(access, std::size_t{1} << 20, 0) >= 0;
    H5Handle out(in_memory ? H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access) : H5I_INVALID_HID,
                 H5Fclose);
    const bool filled = out.ok() && fill(out) && H5Fflush(out, H5F_SCOPE_GLOBAL) >= 0;
    const ssize_t size = filled ? H5Fget_file_image(out, nullptr, 0) : -1;
    if (size > 0) image.resize(static_cast<std::size_t>(size));
    if (size <= 0 || H5Fget_file_image(out, image.data(), image.size()) != size || !out.close())
      throw std::runtime_error(file.string() + ": cannot be written as HDF5");
  }
  write_whole_file(file, image);
}

void write_h5(const std::filesystem::path& file, const std::string& name, const Array& array) {
  write_h5_whole(file, [&](hid_t out) {
    const std::vector<hsize_t> dims(array.shape.begin(), array.shape.end());
    const H5Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
    const H5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const H5Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    if (!space.ok() || !create.ok() || !link.ok()) return false;
    H5Pset_obj_track_times(create, 0);
    H5Pset_create_intermediate_group(link, 1);
    const hid_t type = native_type(array.element);
    const H5Handle set(H5Dcreate2(out, name.c_str(), type, space, link, create, H5P_DEFAULT), H5Dclose);
    return set.ok() && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes.data()) >= 0;
  });
}

constinit const FileFormat kHdf5Format{
    .endings = "h5 hdf5",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "h5",
    .has_names = true,
    .help = "HDF5, row-major; FILE:NAME",
    .read =
        [](const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
          constexpr auto kLayout = H5Layout::kRowMajor;
          const bool named = !source.name.empty();
          return read_h5(
              source.file,
              named ? source.name : choose_data_set(list_h5(source.file, kLayout), source, kind, plane_name),
              kLayout);
        },
    .write = [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind,
                const WriteOptions& options) { write_h5(file, options.name, to_array(m)); },
};

}  // namespace depthmill::io
