// Frames in folders of anyone's images (layout folder). Frames are told by key: scene = folder below the root, frame =
// file name without the words that name the plane (plane_names.h).
//
// A name alone decides nothing; what lies beside it has a say:
//  - A folder whose name is a plane's word ("rgb/0.png" beside "depth/0.png") says what its files are where a
//    folder beside it says something else and holds a file of the same name. It is no scene then.
//  - A word in a name counts where it is what the command asks for, or where a file beside it has the same name
//    but for the word ("0000.png" beside "0000_depth.png"). Otherwise it is part of a name ("ford-gt-2005.jpg").
//  - A word in a picture's name that its depth has too ("img_1.png" beside "img_1_depth.png") is part of the frame's.
//  - Where a bare name has such a partner, bare names in that folder are the other plane.
//  - A 16-bit grey picture is never taken as colour.
//
// Of several files for one plane the better name wins (`x.depth.h5` before `x_depth.png` before `x.png`),
// then the format (io::formats_for: h5 before png for depth, png before jpg for rgb); with `every_picture`
// each becomes a frame, under its whole stem or, where stems are equal too, its whole name. Predictions, and
// maps that go with them, stored under the name of their image ("rgb_00045.png") are taken where the folder
// has nothing better.
#pragma once

#include <filesystem>
#include <string>

#include "stages/data/layout.h"
#include "stages/data/plane_names.h"

namespace depthmill::data {

// The frame's name that a file name gives; one made of nothing but its plane's word ("depth.png") takes its
// folder's.
std::string frame_name(const PlaneName& name, const std::filesystem::path& file);

// Place of the file's format among those that can hold the plane, the best being 0; -1 when it cannot.
int format_rank(const std::filesystem::path& file, const std::string& plane);

// The frames of the tree as above, their files read as `layout` has them.
Listing list_folder(const PlaneRequest& request, const Tree& tree, const Layout& layout);

// A folder's role by its name: "depth_raw" holds raw depth, "mask" masks. Bare when it has none.
PlaneName folder_role(const std::string& folder_name);

}  // namespace depthmill::data
