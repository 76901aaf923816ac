// Layout densedepth, as DenseDepth is trained: data/nyu2_train/<scene>_out/N.jpg with N.png (8 bits, 255 = 10
// m, filled), data/nyu2_test/00000_colors.png with 00000_depth.png (16 bits, millimetres). Source:
// ialhashim/DenseDepth, data.py. Layout densedepth-npy, its test set: stacks of N maps.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "stages/data/layout.h"
#include "stages/data/plane_names.h"
#include "stages/data/rules.h"
#include "stages/io/stack.h"

namespace depthmill::data {
namespace {

constexpr PathRule kDensedepthRules[] = {
    {.pattern = "{any/}nyu2_train/{scene}_out/{number}", .endings = "jpg", .planes = "rgb"},
    {.pattern = "{any/}nyu2_train/{scene}_out/{number}",
     .endings = "png",
     .planes = "depth gt",
     .depth_scale = 25.5},
    {.pattern = "{any/}{scene=nyu2_test}/{number}_colors", .endings = "png", .planes = "rgb"},
    {.pattern = "{any/}{scene=nyu2_test}/{number}_depth", .endings = "png", .planes = "depth gt"},
};

// Frames are the maps of the stacks, in their order.
Listing list_stacks(const PlaneRequest& request, const Tree& tree, const Layout& layout) {
  Listing listing;
  std::vector<Frame> frames;
  for (const auto& [file, planes] :
       {std::pair{"eigen_test_rgb.npy", "rgb"}, {"eigen_test_depth.npy", "depth gt raw_depth"}}) {
    ++listing.files;
    std::string plane;
    for (const std::string& one : request.planes)
      if (plane.empty() && place_in_list(planes, one) >= 0) plane = one;
    const PlaneSource source = source_for(request, layout, tree.root() / file);
    if (plane.empty()) {
      listing.left_out.push_back(
          {source.file, "of plane " + std::string(planes).substr(0, std::string(planes).find(' '))});
      continue;
    }
    const auto maps = io::planes_inside(source, plane_kind(plane));
    if (maps.empty())
      throw std::runtime_error(source.file.string() + ": is no stack of maps (N x rows x columns)");
    if (frames.size() < maps.size()) frames.resize(maps.size());
    for (std::size_t n = 0; n < maps.size(); ++n) {
      std::string number = std::to_string(n);
      number.insert(0, 5 - std::min<std::size_t>(5, number.size()), '0');
      frames[n].name = "map_" + number;
      frames[n].sources[plane] = source;
      frames[n].sources[plane].name = maps[n];
    }
  }
  listing.frames = FrameList(std::move(frames));
  return listing;
}

}  // namespace

extern const Layout kDensedepthLayout, kDensedepthNpyLayout;

const Layout kDensedepthLayout = {
    .name = "densedepth",
    .gives = "rgb gt raw_depth depth",
    .help = "nyu2_train/<scene>_out/N.jpg with N.png (255 = 10 m), nyu2_test/N_colors.png with N_depth.png",
    .rules = kDensedepthRules,
    .depth_scale = 1000,
};

const Layout kDensedepthNpyLayout = {
    .name = "densedepth-npy",
    .gives = "rgb gt raw_depth depth",
    .help = "DenseDepth's test set: eigen_test_rgb.npy with eigen_test_depth.npy, stacks in one order",
    .detect =
        [](const Tree& tree) {
          return tree.has_file("eigen_test_rgb.npy") && tree.has_file("eigen_test_depth.npy");
        },
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_stacks(request, tree, kDensedepthNpyLayout); },
};

}  // namespace depthmill::data
