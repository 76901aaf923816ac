// Where planes lie in a run folder: <run>/planes/<scene>/<frame>.<plane>.<ending>, known here alone. Scene and
// frame stand there in the form of safe_name.h, so that no name leads out of the folder or is too long for it.
#pragma once

#include <filesystem>
#include <string_view>

#include "stages/io/plane_file.h"

namespace depthmill::run_folder {

// The file in which a plane of this frame is written; without a scene that level is left out. Depth has the
// format asked for, but planes that are kept exactly (base, detail) have the best there is where that one loses
// digits; planes of another kind have the first format that is written of it (rgb: png). Throws
// std::invalid_argument for a plane of a kind that is never written (normals).
std::filesystem::path plane_path(const std::filesystem::path& run, std::string_view scene,
                                 std::string_view frame, std::string_view plane_name,
                                 const io::FileFormat& depth_format);

// The file of a plane in a run folder, in whichever format it lies there, the best one first
// (io::formats_for); an empty path when it is not there.
std::filesystem::path find_plane(const std::filesystem::path& run, std::string_view scene,
                                 std::string_view frame, std::string_view plane_name);

// The same in a folder of that shape without planes/ above it: <folder>/<scene>/<frame>.<plane>.<ending>.
std::filesystem::path find_plane_below(const std::filesystem::path& folder, std::string_view scene,
                                       std::string_view frame, std::string_view plane_name);

}  // namespace depthmill::run_folder
