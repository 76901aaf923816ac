// The extract stage: from a raw Kinect frame to colour and registered depth without their lenses (toolbox
// `project_depth_map`, `crop_image`).
// Needs raw_rgb and depth_rel, adds rgb (CV_8UC3, undistorted) and raw_depth (CV_64FC1 metres, 0 = hole);
// the two raw planes are let go, accel stays as it is where it was read.
#pragma once

#include <memory>
#include <string>

#include "stages/base/stage.h"
#include "stages/io/key_table.h"

namespace depthmill {

enum class Crop {
  kNone,     // 480 x 640, with the white and the empty border
  kToolbox,  // 427 x 561, the part that depth reaches (nyu/crop.h)
};

inline constexpr auto kCrops = io::enum_words<Crop>("none", "toolbox");

struct ExtractOptions {
  Crop crop = Crop::kNone;
};

// Section [extract].
const std::vector<io::Key<ExtractOptions>>& extract_keys();

// Failures of a frame: kWrongSize (not 480 x 640), kOutOfRange (codes over 2047: the other byte order, or
// metres in millimetres), kNoValidPixel (nothing registered: all 2047, all 0). May run on any number of
// threads. `prepare` makes the lens maps: 15 MB.
std::unique_ptr<Stage> make_extract_stage(const ExtractOptions& options);

}  // namespace depthmill
