// The orientation that a camera has noted in a JPEG: its samples lie as the sensor was read, and a tag says how the
// camera was held (CIPA DC-008, Exif 2.32, tag 0x0112).
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>

namespace depthmill::io {

// 1 = the picture stands upright as it lies. Others name the place of its first row and column: 2 mirrored, 3 upside
// down, 4 both, 5 to 8 with rows and columns exchanged (6: to be turned clockwise, 8: the other way).
inline constexpr int kUpright = 1;

// Of the bytes a JPEG begins with; kUpright when they say nothing, or nothing that can be understood.
int exif_orientation(std::span<const std::uint8_t> bytes);
// Of a file, by its first bytes; kUpright when it is no JPEG or cannot be read.
int exif_orientation(const std::filesystem::path& file);

// The picture as it stands upright. `orientation`: 1 to 8.
cv::Mat turned_upright(const cv::Mat& picture, int orientation);

}  // namespace depthmill::io
