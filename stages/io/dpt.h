// Depth files of MPI Sintel (.dpt): the number 202021.25, width and height as 32-bit integers, then rows of
// float32 metres from the top, all with the low byte first. Source: the package's sintel_io.py.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// float32 rows x cols. FrameError: kTruncated, kUnreadable.
Array parse_dpt(std::span<const std::uint8_t> bytes, std::string_view label);

extern const FileFormat kDptFormat;

}  // namespace depthmill::io
