// The ground truth of ETH3D's pictures: files of the pictures' own names, DSC_0001.JPG, that are no JPEG but
// 4032 x 6048 float32 metres, row-major, low byte first, without a header; infinity = no reading. Source: ETH3D's
// documentation of its ground-truth depth.
#pragma once

#include <filesystem>

#include "stages/io/array.h"

namespace depthmill::io {

// By its name, its size and its first bytes.
bool is_eth3d_depth(const std::filesystem::path& file);

// Throws FrameError as read_bytes does.
Array read_eth3d_depth(const std::filesystem::path& file);

}  // namespace depthmill::io
