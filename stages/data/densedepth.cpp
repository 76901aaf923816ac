// Layout densedepth, as DenseDepth is trained: data/nyu2_train/<scene>_out/N.jpg with N.png (8 bits, 255 = 10
// m, filled), data/nyu2_test/00000_colors.png with 00000_depth.png (16 bits, millimetres). Source:
// ialhashim/DenseDepth, data.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

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

}  // namespace

extern const Layout kDensedepthLayout;

const Layout kDensedepthLayout = {
    .name = "densedepth",
    .gives = "rgb gt raw_depth depth",
    .help = "nyu2_train/<scene>_out/N.jpg with N.png (255 = 10 m), nyu2_test/N_colors.png with N_depth.png",
    .detect = [](const Tree& tree) { return follows(tree, kDensedepthRules); },
    .list =
        [](const PlaneRequest& request, const Tree& tree) {
          return list_by_rules(request, tree, kDensedepthLayout, kDensedepthRules);
        },
    .depth_scale = 1000,
};

}  // namespace depthmill::data
