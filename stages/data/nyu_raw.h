// The raw part of NYU Depth V2: folders of r-*.ppm, d-*.pgm and a-*.dump files, one a scene.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

struct NyuRawOptions {
  // Scenes to take: names of scene folders or paths below the root; empty = all. One that is not there is a
  // failure of the listing.
  std::vector<std::string> scenes = {};
  int every = 1;  // takes every n-th depth frame of a scene, beginning with the first; 1 or more
  // Seconds between a depth frame and its RGB frame beyond which the frame fails (kNoPartner); 0 = no limit,
  // as in the toolbox.
  double max_time_gap = 0;

  std::string problem() const;  // "" or a sentence that names the bad field
};

// Finds scene folders at and below `root` (any depth; links are followed), sorted by path. A scene folder
// holds at least one well-formed raw name (nyu/timestamps.h). Each depth file becomes a frame, in the order
// and with the partners of get_synched_frames over the well-formed names:
//   Frame::scene    the folder's name, or its path below the root where two folders share a name
//   Frame::name     stem of the depth file
//   Frame::sources  raw_rgb, depth_rel (kKinectPgm), and accel (kAccelDump) where there is one
// Notes: no accelerometer files; stray files that the toolbox would have taken for frames; files that
// INDEX.txt lists and that are not there. Failures: a scene without depth; a scene without RGB, whose depth
// frames are listed as failed.
//
// Reads folder listings and INDEX.txt alone, no frame. Throws std::runtime_error when the root is no folder
// or holds no scene, std::invalid_argument when options.problem().
Listing list_nyu_raw(const std::filesystem::path& root, const NyuRawOptions& options = {});

}  // namespace depthmill::data
