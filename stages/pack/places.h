// Which part of the set, scene and number every frame of a run becomes.
//
// Scenes keep their names; '/' and blanks, which lists and trees of one level cannot take, become '_'. In a scene whose
// frames are called by numbers of up to five digits they keep these; elsewhere they are counted in their order, also
// those that fail later, so that a number depends on no other frame's fate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/base/frame_list.h"
#include "stages/pack/layout.h"
#include "stages/pack/split.h"

namespace depthmill::pack {

class Places {
 public:
  Places() = default;
  // Throws std::runtime_error: two scenes would become one, or a scene has more frames than five digits count.
  Places(const FrameList& frames, const Split& split, std::size_t first_number);

  // Of a frame of that list, by its index.
  Place of(const Frame& frame) const;
  bool has(Part part) const { return parts_[static_cast<std::size_t>(part)] > 0; }

 private:
  struct Entry {
    std::uint32_t number = 0, in_part = 0;
    Part part = Part::kTrain;
  };
  std::vector<Entry> entries_;
  std::size_t parts_[2] = {0, 0};
};

// The name of a scene as one level of a path without blanks; "scene" where there is none.
std::string packed_scene(std::string_view scene);

}  // namespace depthmill::pack
