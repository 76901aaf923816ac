// HDF5 files: plain ones, row-major as they lie, and MATLAB's v7.3 files, whose dimensions are reversed.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// A numeric data set (or variable) of a file, as far as its header tells.
struct DataSetInfo {
  std::string name;  // path inside the file without the leading '/'
  std::vector<std::size_t> shape;
};

enum class H5Layout {
  kRowMajor,  // as it lies
  kMatlab,    // v7.3: the file holds W x H for a MATLAB array H x W
};

// Every data set of integers or floats, in the order of names; MATLAB's own groups (#refs#, #subsystem#) are
// left out. Throws FrameError(kMissingFile, kUnreadable).
std::vector<DataSetInfo> list_h5(const std::filesystem::path& file, H5Layout layout);

// One data set. FrameError(kUnreadable) that lists the names there are when it is none of them; kTruncated
// when the file ends before its data does.
Array read_h5(const std::filesystem::path& file, const std::string& name, H5Layout layout);

// The name of the data set meant where only a file was named: the one called `plane_name`, or the only one
// that could be a plane of this kind. FrameError(kUnreadable) that lists what is there.
std::string choose_data_set(std::span<const DataSetInfo> there, const PlaneSource& source, PlaneKind kind,
                            std::string_view plane_name);

// A new file with one data set, whole or not at all. Without time stamps inside, so equal data give equal
// bytes. Throws std::runtime_error.
void write_h5(const std::filesystem::path& file, const std::string& name, const Array& array);

extern const FileFormat kHdf5Format;

}  // namespace depthmill::io
