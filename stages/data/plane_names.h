// What the name of a plane's file says: which frame it belongs to and which plane it holds. One table of
// words covers the spellings in use: our own `<frame>.<plane>.<ext>`, `rgb_00045` with `sync_depth_00045`
// (the synchronised frames of BTS and its followers), `119_image`, `0001_colors` with `0001_depth`,
// `rawdepth`.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::data {

enum class NameKind {
  kDotted,  // <frame>.<plane>: this plane and no other
  kWord,    // a word of the table
  kBare,    // says nothing about the plane
};

struct PlaneName {
  std::string frame;  // what is left when the plane's word is taken out; may be empty ("depth.png")
  NameKind kind;
  std::string_view
      planes;  // planes it may be, best first, separated by spaces; empty when bare, and for a mask
  std::string_view word = {};  // of the table or the plane's own name; empty when bare
  bool mask = false;           // says which readings count ("x_depth_mask.npy"): never a plane of a frame
};

// `file_name` with its extension. A word counts where letters end on both sides of it ("cafe_rgb1" has rgb,
// "goldcolor" has not color); the first word of the table that is there counts.
PlaneName parse_plane_name(const std::string& file_name);

// Place of `plane` in a list separated by spaces, or -1.
int place_in_list(std::string_view list, std::string_view plane);

}  // namespace depthmill::data
