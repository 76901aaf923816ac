// Reads the MATLAB v5 files of the golden vectors: numbers, text, structs, cells and sparse matrices.
// Arrays come out row-major with channels interleaved (MATLAB stores them column-major).
//
//   MatFile file(path);
//   MatVar base = file["fill_small"].field("base");
//   std::vector<double> depth = base.field("depth").row_major();   // rows() x cols()
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace depthmill::test {

struct MatEntry {
  std::size_t row, col;  // 0-based
  double value;
};

// A variable, field or cell. Cheap to copy; keeps the file's memory alive. Everything asked of it that it is
// not (a field it lacks, text of a number) throws std::runtime_error naming the variable.
class MatVar {
 public:
  const std::string& name() const { return name_; }
  const std::vector<std::size_t>& shape() const { return shape_; }
  std::size_t rows() const { return shape_.at(0); }
  std::size_t cols() const { return shape_.at(1); }
  std::size_t channels() const { return shape_.size() > 2 ? shape_[2] : 1; }
  std::size_t size() const;        // product of the shape
  std::string class_name() const;  // "double", "single", "uint8", "struct", "cell", "char", "sparse", ...

  double scalar() const;                           // the one element
  std::vector<double> column_major() const;        // as stored; sparse matrices become dense
  std::vector<double> row_major() const;           // rows x cols x channels
  std::vector<std::uint8_t> row_major_u8() const;  // same; a value that is not 0..255 whole throws
  std::vector<MatEntry> entries() const;           // of a sparse matrix, column by column

  std::string text() const;                // a char row; "" when empty
  std::vector<std::string> texts() const;  // a cell of char rows
  MatVar cell(std::size_t index) const;    // 0-based, column-major

  std::vector<std::string> field_names() const;
  bool has(const std::string& field) const;
  MatVar field(const std::string& field, std::size_t element = 0) const;

 private:
  friend class MatFile;
  MatVar(std::shared_ptr<void> root, void* var, std::string name);

  std::shared_ptr<void> root_;  // the top variable, which owns everything below it
  void* var_;                   // matvar_t*, kept out of this header
  std::string name_;
  std::vector<std::size_t> shape_;
};

class MatFile {
 public:
  explicit MatFile(const std::filesystem::path& path);  // throws std::runtime_error
  bool has(const std::string& name) const;
  MatVar operator[](const std::string& name) const;

 private:
  std::shared_ptr<void> file_;
  std::string path_;
};

}  // namespace depthmill::test
