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

H5Array H5File::attribute(const std::string& name) const {
  const hid_t attribute = H5Aopen(id_, name.c_str(), H5P_DEFAULT);
  if (attribute < 0) throw std::runtime_error(path_ + ": has no attribute " + name);
  H5Array array = shaped(H5Aget_space(attribute));
  const herr_t status = H5Aread(attribute, H5T_NATIVE_DOUBLE, array.values.data());
  H5Aclose(attribute);
  if (status < 0) throw std::runtime_error(path_ + ": attribute " + name + " cannot be read");
  return array;
}

}  // namespace depthmill::test
