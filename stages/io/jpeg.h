// JPEG pictures through libjpeg, so that its warnings are neither printed nor lost: what it could only guess is damage,
// not a picture.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"

namespace depthmill::io {

// The picture, rows x columns x 3, R G B; grey ones are spread over the three. Its orientation mark is left alone.
// Nothing for a picture of four inks: the general decoder has the last word there. Throws FrameError naming `label`:
// kUnreadable when it is no JPEG, or coded data are damaged; kTruncated when they end before the picture does. The
// caller has held the size against the bytes there are.
std::optional<Array> decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view label);

// A picture CV_8UC3, R G B, as a baseline JPEG with colour at half the resolution; `quality` is libjpeg's, 1 to 100.
// Throws std::runtime_error when libjpeg cannot: no pixel, or more than 65500 in a row or column.
std::vector<std::uint8_t> encode_jpeg(const cv::Mat& rgb, int quality);

}  // namespace depthmill::io
