// NumPy's archives of arrays (.npz): a zip whose records are .npy files.
#pragma once

#include <filesystem>
#include <vector>

#include "stages/io/h5_file.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// The arrays of numbers in it, in the archive's order; others (text, Python objects) are passed over. Throws
// FrameError, std::runtime_error when it is no archive.
std::vector<DataSetInfo> list_npz(const std::filesystem::path& file);

extern const FileFormat kNpzFormat;

}  // namespace depthmill::io
