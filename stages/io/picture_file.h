// TIFF, BMP and WebP, decoded by OpenCV (libtiff, its own, libwebp). TIFF is read as depth too: 16-bit
// samples and float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// uint8, uint16 or float32, rows x cols (x 3 RGB, x 4 RGBA). Orientation tags are not applied. FrameError:
// kTruncated where the header promises more than such a file can hold, kUnreadable for everything else that
// the decoder refuses.
Array parse_picture(std::span<const std::uint8_t> bytes, std::string_view label);

// What the first picture of a TIFF file says of itself; nothing when its tags cannot be read.
struct TiffFacts {
  std::size_t rows = 0, cols = 0, bits = 1, channels = 1;  // bits: of a sample
};
std::optional<TiffFacts> tiff_facts(std::span<const std::uint8_t> bytes);

extern const FileFormat kTiffFormat, kBmpFormat, kWebpFormat;

}  // namespace depthmill::io
