#include "tests/support/h5_file.h"

#include <hdf5.h>

#include <stdexcept>

namespace depthmill::test {
namespace {

H5Array shaped(hid_t space) {
  std::vector<hsize_t> dims(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  H5Sclose(space);
  H5Array array;
  array.shape.assign(dims.begin(), dims.end());
  std::size_t size = 1;
  for (auto d : array.shape) size *= d;
  array.values.resize(size);
  return array;
}

}  // namespace

H5File::H5File(const std::filesystem::path& file)
    : id_(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)), path_(file.string()) {
  if (id_ < 0) throw std::runtime_error(path_ + ": cannot be opened");
}

H5File::~H5File() { H5Fclose(id_); }

bool H5File::has(const std::string& name) const { return H5Lexists(id_, name.c_str(), H5P_DEFAULT) > 0; }

H5Array H5File::dataset(const std::string& name) const {
  if (!has(name)) throw std::runtime_error(path_ + ": has no data set " + name);
  const hid_t set = H5Dopen2(id_, name.c_str(), H5P_DEFAULT);
  H5Array array = shaped(H5Dget_space(set));
  const herr_t status = H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data());
  H5Dclose(set);
  if (status < 0) throw std::runtime_error(path_ + ": data set " + name + " cannot be read");
  return array;
}

H5Array H5File::attribute(const std::string& name) const { return attribute("/", name); }

H5Array H5File::attribute(const std::string& object, const std::string& name) const {
  const hid_t attribute = H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) throw std::runtime_error(path_ + ": " + object + " has no attribute " + name);
  H5Array array = shaped(H5Aget_space(attribute));
  const herr_t status = H5Aread(attribute, H5T_NATIVE_DOUBLE, array.values.data());
  H5Aclose(attribute);
  if (status < 0) throw std::runtime_error(path_ + ": attribute " + name + " cannot be read");
  return array;
}

// Variable-length text, as h5py writes it.
std::string H5File::text_attribute(const std::string& object, const std::string& name) const {
  if (H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0) return "";
  const hid_t attribute = H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  char* text = nullptr;
  const bool read = H5Tis_variable_str(type) > 0 && H5Aread(attribute, type, static_cast<void*>(&text)) >= 0;
  const std::string result = read && text ? text : "";
  if (text) H5free_memory(text);
  H5Tclose(type);
  H5Aclose(attribute);
  if (!read) throw std::runtime_error(path_ + ": attribute " + name + " is no text");
  return result;
}

std::vector<std::string> H5File::children(const std::string& group) const {
  std::vector<std::string> names;
  const hid_t id = H5Gopen2(id_, group.c_str(), H5P_DEFAULT);
  if (id < 0) throw std::runtime_error(path_ + ": has no group " + group);
  auto collect = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names);
  H5Gclose(id);
  return names;
}

}  // namespace depthmill::test
