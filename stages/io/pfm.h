// Portable float maps: "Pf" (one channel) and "PF" (RGB), three header tokens, rows from the bottom up; a
// negative scale says low byte first. http://www.pauldebevec.com/Research/HDR/PFM/
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

// float32, rows x cols or rows x cols x 3, top row first. The scale's size is not applied, only its sign
// read. The file's length must be exactly header plus data. Throws FrameError whose sentence begins with
// `label`.
Array parse_pfm(std::span<const std::uint8_t> bytes, std::string_view label);

// CV_32FC1, low byte first.
std::vector<std::uint8_t> pfm_bytes(const cv::Mat& m);

extern const FileFormat kPfmFormat;

}  // namespace depthmill::io
