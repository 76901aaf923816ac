// Frames in trees of files whose names say what they are: run folders, and folders of anyone's images
// (layouts planes and folder). Frames are told by key: scene = folder below the root (below planes/ in a run
// folder), frame = file name without the words that name the plane (plane_names.h).
//
// Of several files for one plane the better name wins (`x.depth.h5` before `x_depth.png` before `x.png`),
// then the format (io::formats_for: h5 before png for depth, png before jpg for rgb). In a run folder only
// names of the form <frame>.<plane>.<ext> count. Predictions, and maps that go with them, stored under the
// name of their image ("rgb_00045.png") are taken where the folder has nothing better.
#pragma once

#include <filesystem>
#include <string>

#include "stages/data/layout.h"
#include "stages/data/plane_names.h"

namespace depthmill::data {

// The frame's name that a file name gives; one made of nothing but its plane's word ("depth.png") takes its
// folder's.
std::string frame_name(const PlaneName& name, const std::filesystem::path& file);

// The file, read as the request says.
PlaneSource source_for(const PlaneRequest& request, const std::filesystem::path& file);

}  // namespace depthmill::data
