// Layouts that are told by the paths of their files: a list of rules, and one way to recognise and to list
// them.
#pragma once

#include <span>
#include <string_view>

#include "stages/data/layout.h"

namespace depthmill::data {

struct PathRule {
  std::string_view pattern;  // see path_pattern.h; without the file's ending
  std::string_view endings;  // "png jpg", lower case; "" = whatever holds the plane
  std::string_view planes;   // that the file may be, best first, separated by spaces; kMaskPlane: a mask
  std::string_view variable = {};  // data set inside the file
  double depth_scale = 0;          // where it is not the layout's
  bool telling = true;             // no other layout has such names: one file is enough to know it
};

// Do the rules fit? One file of a telling rule is enough, or one of any rule beside a folder or file called
// like one of `marks` ("pose/", "traj.txt"), provided that half of the files that have a format follow the
// rules.
bool follows(const Tree& tree, std::span<const PathRule> rules, std::span<const std::string_view> marks = {});

// The frames that the rules find, by scene and name. A root that is a part of the layout ("seq/depth") is
// read as if it were asked for from above. Predictions under the names of their pictures are taken for
// requests of planes that may be named so. Masks are hung to the depth of their frame.
Listing list_by_rules(const PlaneRequest& request, const Tree& tree, const Layout& layout,
                      std::span<const PathRule> rules);

}  // namespace depthmill::data
