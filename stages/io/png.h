// PNG (https://www.w3.org/TR/png-3/), the format of every picture between the stages. Pictures of the ordinary kinds are
// unpacked with ISA-L, packed (deflate.h: the same bytes on every processor) and filtered here, because reading one with
// libpng and zlib takes a third of a fast network's forward pass; all other kinds are left to OpenCV.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"

namespace depthmill::io {

bool is_png(std::span<const std::uint8_t> bytes);

// A whole file whose header promises no more than such a file can hold; otherwise FrameError, kTruncated or
// kUnreadable, as for a checksum that does not hold: libpng would say so on stderr. The pixels are not looked at.
void check_png(std::span<const std::uint8_t> bytes, std::string_view label);

// rows x cols (x 3 RGB, x 4 RGBA), uint8 or uint16, of a file that passed check_png; of gray with alpha the
// gray alone. Nothing for a picture that is palettised, interlaced, packed below 8 bits or has a transparent
// colour, and for a damaged one: the general decoder has the last word there. Every checksum is verified.
std::optional<Array> decode_plain_png(std::span<const std::uint8_t> bytes);

// CV_8UC1, CV_8UC3 (RGB) or CV_16UC1. Rows are stored as differences to the row above.
std::vector<std::uint8_t> encode_png(const cv::Mat& m);

}  // namespace depthmill::io
