// PNG and JPEG, decoded by png.h or OpenCV. Colour is RGB on our side of the door and BGR only behind it.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// uint8 or uint16, rows x cols (x 3 RGB, x 4 RGBA). Orientation tags are not applied: a picture must stay
// aligned with its depth. A file that ends early is kTruncated (decoders would hand out a half-gray picture),
// anything else the decoder refuses kUnreadable; a header that promises more pixels than such a file can hold
// is refused first.
Array parse_image(std::span<const std::uint8_t> bytes, std::string_view label);

// Metres as 16-bit samples, value x depth_scale rounded to nearest. Throws FrameError naming pixel and value:
// kNonFinite, or kOutOfRange when it is negative or beyond 65535.
cv::Mat to_16_bit(const cv::Mat& depth, double depth_scale, std::string_view label);

extern const FileFormat kPngFormat, kJpegFormat;

}  // namespace depthmill::io
