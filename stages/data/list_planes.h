// Listing for commands: one or more inputs, each in whatever layout it lies, joined into frames.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "stages/data/layout.h"
#include "stages/data/listing.h"

namespace depthmill::data {

// Joins the requests into frames, by scene and name. The first one leads: each frame it has is listed, in its
// order; what only the others have becomes a note with reason kNoPartner. Where one of two inputs has no
// scenes at all and names are unique in both, they are joined by name alone, and a note says so. Inputs that
// are all single files are one frame whatever their names. Notes and failures of the layouts are passed on.
//
// Throws std::runtime_error naming the input when it does not exist or the first one holds nothing of its
// planes; std::invalid_argument without a request or planes, or for a layout that there is none of.
Listing list_planes(std::span<const PlaneRequest> requests);

// Planes that may be the ground truth, as --gt-plane has it: the plane of that name, or with "auto" those among which
// each protocol chooses.
std::vector<std::string> gt_planes(const std::string& name);

// In a plain folder of ground truth the one depth plane a frame has is the ground truth, whatever it is called; in a run
// folder, which has raw and filled depth, the protocol chooses, and this is not for it.
void take_only_depth(FrameList& frames);

// Keeps the frames that `list` names, in the order of the listing: lines as in a list file (list_file.h), or
// ids "<scene>/<frame>" as the manifest has them, or frame names alone where they are unique. A line that
// matches no frame becomes a failure (kMissingFile). Throws std::runtime_error when the list cannot be read.
void keep_listed(Listing& listing, const std::filesystem::path& list);
// Keeps the others. What the list names and is not there is left out already.
void leave_out_listed(Listing& listing, const std::filesystem::path& list);

// Of frames that have a plane kMaskPlane: their planes with holes are read through it, and it is no plane of its own.
void hang_masks(FrameList& frames);

}  // namespace depthmill::data
