// The folder layout in which SD-ConvTrans finds its data:
//
//   train/images/<stem>.jpg                        RGB
//   train/wls/depths_withtest/<stem>.mat           variable I: depth / 10 metres
//   train/wls/depths_base_withtest/<stem>.mat      variable base: WLS base / 10 metres
//   test/images/<stem>.jpg                         RGB
//   test/depths/<stem>.mat                         variable temp: depth in metres
//
// MATLAB v5 files of doubles. Written whole or not at all, folders made as needed.
#pragma once

#include <filesystem>
#include <string>

#include "stages/base/frame.h"

namespace depthmill {

// "scene/frame" -> "scene_frame": one name for all files of a frame.
std::string published_stem(const Frame& frame);

// Planes needed: rgb, depth, base (training); rgb, depth (test). Depth in metres at any size. The JPEG has
// quality 95. Throws FrameError (a plane is not there, sizes differ, not finite), std::runtime_error (the
// disk refuses).
void write_published_train(const std::filesystem::path& root, const Frame& frame);
void write_published_test(const std::filesystem::path& root, const Frame& frame);

}  // namespace depthmill
