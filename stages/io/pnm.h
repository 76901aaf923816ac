// Portable pixmaps: binary PGM (P5) and PPM (P6) of 8 and 16 bits, as netpbm defines them
// (https://netpbm.sourceforge.net/doc/pgm.html, ppm.html), and in the raw NYU Depth V2 recordings' variant,
// whose 16-bit samples lie low byte first.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

enum class ByteOrder {
  kHighFirst,  // what netpbm says
  kLowFirst,   // what the Kinect recorder wrote
};

// rows x cols (P5) or rows x cols x 3 (P6); uint8 for a maximum below 256, else uint16. P5 samples are as
// they stand, whatever the maximum; P6 samples are stretched to the full 8 or 16 bits when the maximum is
// another. The header may hold any netpbm white space and # comments. The file's length must be exactly
// header plus samples, and is compared before anything is allocated. Throws FrameError (kTruncated,
// kUnreadable) whose sentence begins with `label`.
Array parse_pnm(std::span<const std::uint8_t> bytes, ByteOrder order, std::string_view label);

// CV_8UC1, CV_16UC1 -> P5, CV_8UC3 (RGB) -> P6; the header is the data set's one line "P6 640 480 255\n".
std::vector<std::uint8_t> pnm_bytes(const cv::Mat& m, ByteOrder order);

extern const FileFormat kPpmFormat, kPgmFormat;

}  // namespace depthmill::io
