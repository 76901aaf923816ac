// Layout sun-rgbd: <sensor>/<subset>/<sample>/{image,depth,depth_bfx}/ with one file each. The samples of
// depth are millimetres whose 16 bits were rotated left by three; depth_bfx is filled. Source: SUN RGB-D's
// toolbox, as quoted in TUI-NICR/nicr-scene-analysis-datasets, sunrgbd.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kSunRgbdRules[] = {
    {.pattern = "{scene/}{frame}/image/*", .endings = "jpg png", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}{frame}/depth/*", .endings = "png", .planes = "raw_depth gt", .telling = false},
    {.pattern = "{scene/}{frame}/depth_bfx/*", .endings = "png", .planes = "depth gt"},
};

}  // namespace

extern const Layout kSunRgbdLayout;

const Layout kSunRgbdLayout = {
    .name = "sun-rgbd",
    .gives = "rgb gt raw_depth depth",
    .help = "SUN RGB-D: <sample>/{image,depth,depth_bfx}/, the bits of the depth turned by three",
    .rules = kSunRgbdRules,
    .depth_scale = 1000,
    .rotated_bits = true,
};

}  // namespace depthmill::data
