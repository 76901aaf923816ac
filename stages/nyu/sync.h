// Joins the depth, colour and accelerometer files of one scene folder (toolbox `get_synched_frames`).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace depthmill::nyu {

// One depth file and the files nearest to it in time; "" when the scene has none of that kind.
struct SynchedFrame {
  std::string depth, rgb, accel;
  bool operator==(const SynchedFrame&) const = default;
};

// The toolbox's rule on the bare names of one folder, in any order and with strays among them: every name
// that begins with d, r or a counts as depth, colour or accelerometer, all are sorted by bytes, and each
// depth file gets its partners by walk_to_nearest. Every depth file is kept, however far its partners are.
//
// Strays count as in the toolbox ("readme.txt" is a colour frame, and a time that is no number never stops
// the walk); pass the names through `well_formed_names` first unless that is wanted. Where the
// toolbox fails because a kind is absent, its name stays "".
std::vector<SynchedFrame> get_synched_frames(std::vector<std::string> file_names);

// Names that parse_raw_name accepts, and the others that get_synched_frames would have taken for frames.
// INDEX.txt and the like, which the toolbox never looks at, are in neither.
struct WellFormedNames {
  std::vector<std::string> kept;
  std::vector<std::string> strays;
};
WellFormedNames well_formed_names(std::span<const std::string> file_names);

// For each time of `primary`, the index into `secondary` (not empty, else std::invalid_argument) where the
// toolbox's walk stops: it starts where the last one stopped and goes on while the distance does not grow. On
// sorted finite times that is the nearest, the later one of two equally near. O(primary + secondary).
std::vector<std::size_t> walk_to_nearest(std::span<const double> primary, std::span<const double> secondary);

}  // namespace depthmill::nyu
