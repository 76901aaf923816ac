// MATLAB files: v5 (`save -v6`, and packed by deflate `-v7`, the default since R2006) and v7.3, which are
// HDF5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/h5_file.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// Real, dense numeric and logical variables, in file order, with MATLAB's shapes (rows x columns x ...); those
// inside structs and cells under the names that MATLAB gives them: data.depth, data(2).depth, depths{3}. A cell
// of single numbers is an array of its own, as mat_element.h says.
// Throws FrameError(kMissingFile, kUnreadable, kTruncated).
std::vector<DataSetInfo> list_mat(const std::filesystem::path& file);

// One variable: the values at MATLAB's (i, j, k), row-major. FrameError(kUnreadable) lists the names there
// are.
Array read_mat(const std::filesystem::path& file, const std::string& name);

struct MatVariable {
  std::string name;
  Array values;
};

// A v5 file with these variables, uncompressed (so that any reader maps it and writing costs no time), as bytes and
// written whole or not at all. The header carries no date, so equal data give equal bytes. Throws std::runtime_error.
std::vector<std::uint8_t> mat_bytes(const std::vector<MatVariable>& variables);
void write_mat(const std::filesystem::path& file, const std::vector<MatVariable>& variables);

extern const FileFormat kMatFormat;

}  // namespace depthmill::io
