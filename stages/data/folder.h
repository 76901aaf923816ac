// Planes in folders: a run folder of ours, any tree of images, a list file, or a single file; and how several
// planes of one frame find each other.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "stages/data/listing.h"

namespace depthmill::data {

// One input of a command: where it is and which planes it may give.
struct PlaneRequest {
  // Planes that serve, for example {"gt", "raw_depth", "depth"}. A file whose name says nothing about its
  // plane
  // ("scene/0001.png") counts as the first.
  std::vector<std::string> planes = {};
  // A run folder (it has planes/), a folder tree, a list (.txt), or one file.
  std::filesystem::path where = {};
  double depth_scale = 1000.0;  // as in PlaneSource
  std::string variable = {};    // data set inside .h5 and .mat files, as PlaneSource::name
  bool required = true;         // a frame that gets none of `planes` from here fails (kNoPartner)
};

// Joins the requests into frames. The first one leads: each frame it has is listed, sorted by scene and name
// (a list file keeps its order); what only the others have becomes a note with reason kNoPartner.
//
// Frames are joined by key: scene = folder below the root (below planes/ in a run folder), frame = file name
// without the words that name the plane (plane_names.h). Where one of two inputs has no scene folders at all
// and names are unique in both, they are joined by frame name alone, and a note says so. Inputs that are all
// single files are one frame whatever their names.
// Of several files for one plane the better name wins (`x.depth.h5` before `x_depth.png` before `x.png`),
// then the format: h5, npy, mat, pfm, png, others for depth; png, ppm, others for rgb. In a run folder only
// names of the form <frame>.<plane>.<ext> count. Predictions, and maps that go with them, stored under the
// name of their image ("rgb_00045.png") are taken where the folder has nothing better.
//
// A list file has one frame a line: path of the image, then optionally that of the depth and the focal length
// (as in nyudepthv2_test_files_with_gt.txt); '#' starts a comment, "None" is no file. Requests for rgb and
// pred take the first column, others the second where there is one. Paths are relative to the list; one with
// a leading '/' is tried as it stands, then below the list's folder. A file that is not there fails its frame
// (kMissingFile).
//
// Reads folder listings and list files, no plane. Throws std::runtime_error naming the input when it does not
// exist or the first one holds nothing of its planes; std::invalid_argument without a request or planes.
Listing list_planes(std::span<const PlaneRequest> requests);

// Keeps the frames that `list` names, in the order of the listing: lines as in a list file, or ids
// "<scene>/<frame>" as the manifest has them, or frame names alone where they are unique. A line that matches
// no frame becomes a failure (kMissingFile). Throws std::runtime_error when the list cannot be read.
void keep_listed(Listing& listing, const std::filesystem::path& list);

}  // namespace depthmill::data
