// Reading planes: one door for every file format a plane may come in.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>

#include "stages/base/frame.h"

namespace depthmill::io {

using depthmill::plane_kind;
using depthmill::PlaneKind;

// FILE or FILE:NAME as it stands on the command line. An existing file whose own name holds ':' wins;
// otherwise the text after the last ':' is the name of the variable, unless it holds a '/'. Throws
// std::invalid_argument when FILE is empty.
PlaneSource parse_plane_argument(const std::string& text);

// Reads one plane. The format follows from source.codec, or from the file's extension (see formats()).
//  - kDepth: integer files are divided by source.depth_scale, floating-point files are metres already, or are
//    multiplied by source.metres_per_unit.
//  - kRgb: 16-bit files are reduced to 8 bits (value / 257, rounded), floating-point files in [0, 1] are
//  scaled by
//    255; alpha is dropped, one gray channel is repeated; H x W x 3 and channel-first 3 x H x W are both
//    read.
//  - .mat, .h5, .npy: leading (and trailing) dimensions of length 1 are dropped. Without source.name the
//  file's
//    only fitting data set is taken, or among several the one called like `plane_name`.
//    .mat arrays keep MATLAB's rows and columns; .h5 data sets are read row-major as they lie.
// Throws FrameError whose sentence names the file: kMissingFile, kUnreadable (not what its name says, no
// fitting data set, the names there are being listed), kTruncated, kWrongSize (not a plane of this kind).
// Safe to call from several threads (HDF5 and MATIO files are read one at a time).
cv::Mat read_plane(const PlaneSource& source, PlaneKind kind, std::string_view plane_name = "");

// One row a file format: what the reader and writer of planes know about it, for `info` and for error
// messages.
struct Format {
  std::string_view extensions;  // "png", "jpg jpeg": without dot, lower case
  std::string_view reads;       // the kinds it can hold: "rgb depth"
  std::string_view writes;      // the kinds written by write_plane; "" = never written
  bool keeps_float64;           // depth survives a round trip bit for bit
  std::string_view help;        // one line
};
std::span<const Format> formats();

// The row for a file name (by extension, any case), or nullptr.
const Format* find_format(const std::filesystem::path& file);

}  // namespace depthmill::io
