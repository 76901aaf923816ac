// Reads the HDF5 files of the golden vectors: numeric data sets and attributes as double, row-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace depthmill::test {

struct H5Array {
  std::vector<std::size_t> shape;  // empty for a scalar
  std::vector<double> values;
};

class H5File {
 public:
  explicit H5File(const std::filesystem::path& file);  // throws std::runtime_error
  ~H5File();
  H5File(const H5File&) = delete;
  H5File& operator=(const H5File&) = delete;

  bool has(const std::string& name) const;
  H5Array dataset(const std::string& name) const;    // throws std::runtime_error naming it
  H5Array attribute(const std::string& name) const;  // of the root group
  H5Array attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;  // "" when absent
  std::vector<std::string> children(const std::string& group) const;                     // sorted by name

 private:
  std::int64_t id_;
  std::string path_;
};

}  // namespace depthmill::test
