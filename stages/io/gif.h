// GIF (89a), the first picture of a file: OpenCV's own version here reads none.
// Source: the format's specification, "Graphics Interchange Format, Version 89a", CompuServe 1990.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// uint8 rows x cols x 3. What the picture does not cover is black. FrameError: kTruncated, kUnreadable.
Array parse_gif(std::span<const std::uint8_t> bytes, std::string_view label);

extern const FileFormat kGifFormat;

}  // namespace depthmill::io
