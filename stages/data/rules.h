// Layouts that are told by the paths of their files: a list of rules, and one way to recognise and to list
// them.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "stages/data/layout.h"

namespace depthmill::data {

// Do the rules fit? One file of a telling rule is enough, or one of any rule beside a folder or file called
// like one of `marks` ("pose/", "traj.txt"), provided that half of the files that have a format follow the
// rules.
bool follows(const Tree& tree, std::span<const PathRule> rules, std::span<const std::string_view> marks = {});

// The frames that the rules find, by scene and name. A root that is a part of the layout ("seq/depth") is
// read as if it were asked for from above. Predictions under the names of their pictures are taken for
// requests of planes that may be named so. Masks are hung to the depth of their frame.
Listing list_by_rules(const PlaneRequest& request, const Tree& tree, const Layout& layout,
                      std::span<const PathRule> rules);

// A layout's rule that a file has by its path alone, for lists of files of known sets: a telling one, of depth.
// `layout` is nullptr where there is none.
struct KnownFile {
  const Layout* layout = nullptr;
  const PathRule* rule = nullptr;
};
KnownFile known_by_path(const std::filesystem::path& file);

}  // namespace depthmill::data
