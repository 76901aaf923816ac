// Pixels as the bytes of files.
#pragma once

#include <string>

#include "stages/pack/pack.h"

namespace depthmill::pack {

// JPEG or PNG, as the options say.
Bytes picture_bytes(const Pixels& pixels, const Place& place, const PackOptions& options);
// A 16-bit PNG of `scale` steps a metre, 0 = no reading. FrameError(kOutOfRange) for depth beyond 65535 steps;
// a reading is at least 1 step.
Bytes depth_png(const cv::Mat& depth, double scale, const Place& place);

// "kitchen/00045" and the like: printf's %0*d.
std::string digits(std::size_t number, int width);

}  // namespace depthmill::pack
