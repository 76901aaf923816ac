// HDF5 files: plain ones, row-major as they lie, and MATLAB's v7.3 files, whose dimensions are reversed.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "stages/io/array.h"

namespace depthmill::io {

// Debian builds the HDF5 library without thread safety, so one lock serves the whole process. Everything here
// takes it; whoever calls HDF5 directly beside this room must hold it too.
std::mutex& hdf5_mutex();

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

// One data set in a new file at exactly this name (no temporary: see write_plane). Without time stamps
// inside, so equal data give equal bytes. Throws std::runtime_error.
void write_h5(const std::filesystem::path& file, const std::string& name, const Array& array);

}  // namespace depthmill::io
