// Which frames of two inputs belong together, where their names are not the same.
#pragma once

#include <string>

#include "stages/base/frame_list.h"

namespace depthmill::data {

// Gives the frames of `other` scene and name of the frames of `lead` that they belong to. The rules are tried
// in order, and the first that finds a partner for any frame decides for all:
//   1. the same scene and name
//   2. the same name, where one side has no scenes
//   3. the scene is part of the name: "kitchen_rgb_00045" or "kitchen__00045" for kitchen/00045; '/' reads '_'
//   4. the same name but for what networks and scripts add ("pred_", "_disp", "_raw_depth_meter", "_results", ...)
//   5. the same name where numbers are compared as numbers ("7", "0007")
//   6. the third rule without the folders that all frames of one side lie in, which the other side's whole name lacks:
//      raw/kitchen_rgb_00045 for kitchen/00045
// Under each, names that are not unique on both sides decide nothing. Returns what was done in words, "" for
// the first rule and where nothing fits.
std::string join_frames(const FrameList& lead, FrameList& other);

}  // namespace depthmill::data
