#include "tests/support/mat_file.h"

#include <matio.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace depthmill::test {
namespace {

matvar_t* as_var(void* p) { return static_cast<matvar_t*>(p); }

[[noreturn]] void complain(const std::string& name, const char* what) {
  throw std::runtime_error("MATLAB variable " + name + ": " + what);
}

template <class T>
void widen(const void* data, std::size_t count, std::vector<double>& out) {
  const T* p = static_cast<const T*>(data);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<double>(p[i]);
}

// The stored type can be narrower than the class (MATLAB compresses doubles that are whole); MATIO converts
// on reading, so data_type is what lies in memory.
void widen_any(matio_types type, const void* data, std::size_t count, std::vector<double>& out,
               const std::string& name) {
  switch (type) {
    case MAT_T_DOUBLE:
      return widen<double>(data, count, out);
    case MAT_T_SINGLE:
      return widen<float>(data, count, out);
    case MAT_T_INT8:
      return widen<std::int8_t>(data, count, out);
    case MAT_T_UINT8:
      return widen<std::uint8_t>(data, count, out);
    case MAT_T_INT16:
      return widen<std::int16_t>(data, count, out);
    case MAT_T_UINT16:
      return widen<std::uint16_t>(data, count, out);
    case MAT_T_INT32:
      return widen<std::int32_t>(data, count, out);
    case MAT_T_UINT32:
      return widen<std::uint32_t>(data, count, out);
    case MAT_T_INT64:
      return widen<std::int64_t>(data, count, out);
    case MAT_T_UINT64:
      return widen<std::uint64_t>(data, count, out);
    default:
      complain(name, "not numeric");
  }
}

}  // namespace

MatVar::MatVar(std::shared_ptr<void> root, void* var, std::string name)
    : root_(std::move(root)), var_(var), name_(std::move(name)) {
  const matvar_t* v = as_var(var_);
  shape_.assign(v->dims, v->dims + v->rank);
}

std::size_t MatVar::size() const {
  std::size_t n = 1;
  for (std::size_t s : shape_) n *= s;
  return n;
}

std::string MatVar::class_name() const {
  switch (as_var(var_)->class_type) {
    case MAT_C_DOUBLE:
      return "double";
    case MAT_C_SINGLE:
      return "single";
    case MAT_C_INT8:
      return "int8";
    case MAT_C_UINT8:
      return as_var(var_)->isLogical ? "logical" : "uint8";
    case MAT_C_INT16:
      return "int16";
    case MAT_C_UINT16:
      return "uint16";
    case MAT_C_INT32:
      return "int32";
    case MAT_C_UINT32:
      return "uint32";
    case MAT_C_INT64:
      return "int64";
    case MAT_C_UINT64:
      return "uint64";
    case MAT_C_CHAR:
      return "char";
    case MAT_C_CELL:
      return "cell";
    case MAT_C_STRUCT:
      return "struct";
    case MAT_C_SPARSE:
      return "sparse";
    default:
      return "unknown";
  }
}

double MatVar::scalar() const {
  if (size() != 1) complain(name_, "not a scalar");
  return column_major()[0];
}

std::vector<double> MatVar::column_major() const {
  const matvar_t* v = as_var(var_);
  std::vector<double> out(size());
  if (v->class_type == MAT_C_SPARSE) {
    for (const MatEntry& e : entries()) out[e.col * rows() + e.row] = e.value;
    return out;
  }
  if (v->class_type == MAT_C_CELL || v->class_type == MAT_C_STRUCT) complain(name_, "not numeric");
  if (!out.empty()) widen_any(v->data_type, v->data, out.size(), out, name_);
  return out;
}

std::vector<double> MatVar::row_major() const {
  const std::vector<double> in = column_major();
  const std::size_t h = rows(), w = cols(), c = h * w > 0 ? in.size() / (h * w) : 0;
  std::vector<double> out(in.size());
  for (std::size_t k = 0; k < c; ++k)
    for (std::size_t j = 0; j < w; ++j)
      for (std::size_t i = 0; i < h; ++i) out[(i * w + j) * c + k] = in[(k * w + j) * h + i];
  return out;
}

std::vector<std::uint8_t> MatVar::row_major_u8() const {
  const std::vector<double> in = row_major();
  std::vector<std::uint8_t> out(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!(in[i] >= 0 && in[i] <= 255 && in[i] == std::floor(in[i])))
      complain(name_, "not whole numbers 0..255");
    out[i] = static_cast<std::uint8_t>(in[i]);
  }
  return out;
}

std::vector<MatEntry> MatVar::entries() const {
  const matvar_t* v = as_var(var_);
  if (v->class_type != MAT_C_SPARSE) complain(name_, "not sparse");
  const auto* s = static_cast<const mat_sparse_t*>(v->data);
  std::vector<double> values(s->ndata);
  widen_any(v->data_type, s->data, values.size(), values, name_);
  std::vector<MatEntry> out;
  for (std::size_t col = 0; col < cols(); ++col)
    for (std::size_t k = s->jc[col]; k < s->jc[col + 1]; ++k) out.push_back({s->ir[k], col, values[k]});
  return out;
}

std::string MatVar::text() const {
  const matvar_t* v = as_var(var_);
  if (size() == 0) return "";
  if (v->class_type != MAT_C_CHAR) complain(name_, "not text");
  if (v->data_type == MAT_T_UTF8 || v->data_type == MAT_T_INT8)
    return {static_cast<const char*>(v->data), v->nbytes};
  std::string out(size(), ' ');
  std::vector<double> codes(size());
  const auto type = v->data_type == MAT_T_UTF16 ? MAT_T_UINT16 : v->data_type;
  widen_any(type, v->data, codes.size(), codes, name_);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(codes[i]);
  return out;
}

std::vector<std::string> MatVar::texts() const {
  std::vector<std::string> out(size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = cell(i).text();
  return out;
}

MatVar MatVar::cell(std::size_t index) const {
  if (as_var(var_)->class_type != MAT_C_CELL || index >= size()) complain(name_, "no such cell");
  matvar_t* c = Mat_VarGetCell(as_var(var_), static_cast<int>(index));
  if (!c) complain(name_, "empty cell");
  return {root_, c, name_ + "{" + std::to_string(index) + "}"};
}

std::vector<std::string> MatVar::field_names() const {
  if (as_var(var_)->class_type != MAT_C_STRUCT) complain(name_, "not a struct");
  char* const* names = Mat_VarGetStructFieldnames(as_var(var_));
  return {names, names + Mat_VarGetNumberOfFields(as_var(var_))};
}

bool MatVar::has(const std::string& field) const {
  for (const std::string& f : field_names())
    if (f == field) return true;
  return false;
}

MatVar MatVar::field(const std::string& field, std::size_t element) const {
  if (!has(field)) complain(name_ + "." + field, "no such field");
  matvar_t* f = Mat_VarGetStructFieldByName(as_var(var_), field.c_str(), element);
  if (!f) complain(name_ + "." + field, "empty field");
  return {root_, f, name_ + "." + field};
}

MatFile::MatFile(const std::filesystem::path& path) : path_(path.string()) {
  mat_t* f = Mat_Open(path_.c_str(), MAT_ACC_RDONLY);
  if (!f) throw std::runtime_error(path_ + ": not a readable MATLAB file");
  file_ = std::shared_ptr<void>(f, [](void* p) { Mat_Close(static_cast<mat_t*>(p)); });
}

bool MatFile::has(const std::string& name) const {
  auto* f = static_cast<mat_t*>(file_.get());
  Mat_Rewind(f);
  matvar_t* v = Mat_VarReadInfo(f, name.c_str());
  if (!v) return false;
  Mat_VarFree(v);
  return true;
}

MatVar MatFile::operator[](const std::string& name) const {
  auto* f = static_cast<mat_t*>(file_.get());
  Mat_Rewind(f);
  matvar_t* v = Mat_VarRead(f, name.c_str());
  if (!v) throw std::runtime_error(path_ + ": no variable " + name);
  std::shared_ptr<void> root(v, [](void* p) { Mat_VarFree(static_cast<matvar_t*>(p)); });
  return {root, v, name};
}

}  // namespace depthmill::test
