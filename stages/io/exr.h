// OpenEXR pictures: depth as renderers write it, and their colours. The header is read here, so that nothing is
// believed before it is held against the file; samples are decoded by OpenEXRCore, the C library of OpenEXR 3.1, in a
// module of its own (exr_codec.h). Not by OpenCV, whose reader is switched off unless OPENCV_IO_ENABLE_OPENEXR takes
// the risk. Source: "OpenEXR File Layout", openexr.com.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

enum class ExrSample { kUint = 0, kHalf = 1, kFloat = 2 };

struct ExrChannel {
  std::string name;  // "Z", "ViewLayer.Combined.R"
  ExrSample sample = ExrSample::kFloat;
  bool every_pixel = true;  // has a sample for each; chroma may have fewer
};

// Pixels from `left`, `top` to `right`, `bottom`, both included.
struct ExrWindow {
  std::int32_t left = 0, top = 0, right = -1, bottom = -1;
  std::size_t rows() const;  // 0 where there is none
  std::size_t cols() const;
};

// A file has one part, or several.
struct ExrPart {
  std::vector<ExrChannel> channels;
  ExrWindow data;                            // what has samples
  ExrWindow display;                         // the picture
  int coding = 0;                            // the number of its compression; 8 and 9 are DWA
  bool deep = false;                         // many samples a pixel
  std::size_t tile_rows = 0, tile_cols = 0;  // 0: it is of lines
};

// FrameError: kTruncated, kUnreadable.
std::vector<ExrPart> parse_exr_header(std::span<const std::uint8_t> bytes, std::string_view label);

// The picture, rows x cols of the display window; where the file has no samples it is 0.
//  - kRgb: uint8 rows x cols x 3 of R, G, B, of the one layer that has all three, or of Y alone: linear light through
//    the curve of sRGB (IEC 61966-2-1), below 0 black and above 1 white. `name` is a layer, "ViewLayer.Combined".
//  - kDepth: float32, or uint32 of whole samples, of channel Z, the one layer's Z, Y, R, or the only channel; never of
//    one that is a part of a point (X, Y, Z) or of a colour, unless R, G and B are the same. `name` is a channel.
// DWA, a coding of pictures that loses some of them, is refused: the C library has none of it.
// FrameError: kTruncated, kUnreadable with the channels that there are.
Array parse_exr(std::span<const std::uint8_t> bytes, PlaneKind kind, std::string_view name,
                std::string_view label);

// Is there no colour in it? `front`: the first bytes of a file; false where its header is not whole there.
bool exr_looks_like_depth(std::span<const std::uint8_t> front);

extern const FileFormat kExrFormat;

}  // namespace depthmill::io
