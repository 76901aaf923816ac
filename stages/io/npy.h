// NumPy's array files, versions 1 to 3 of
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// Integers of 1 to 8 bytes, bool (as uint8), float16 (as float32), float32 and float64, in either byte order,
// C or Fortran order. Structured, complex and object arrays are refused; nothing is ever unpickled. The
// file's length must be exactly header plus data. Throws FrameError whose sentence begins with `label`.
Array parse_npy(std::span<const std::uint8_t> bytes, std::string_view label);

// Version 1, C order, low byte first, byte for byte what numpy.save writes.
std::vector<std::uint8_t> npy_bytes(const Array& array);

extern const FileFormat kNpyFormat;

}  // namespace depthmill::io
