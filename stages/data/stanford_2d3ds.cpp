// Layout 2d3ds: area_1/data/{rgb,depth}/camera_<...>_domain__{rgb,depth}.png. Depth is 16 bits at 512 a
// metre, 65535 = no reading. The panoramas (pano/) hold distances and are not read. Source:
// alexsax/2D-3D-Semantics, README.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kStanford2d3dsRules[] = {
    {.pattern = "{scene/}data/rgb/{frame=camera_}{frame}_domain__rgb", .endings = "png", .planes = "rgb"},
    {.pattern = "{scene/}data/depth/{frame=camera_}{frame}_domain__depth",
     .endings = "png",
     .planes = "gt raw_depth depth"},
};
constexpr double kStanford2d3dsNoReading[] = {65535};

}  // namespace

extern const Layout kStanford2d3dsLayout;

const Layout kStanford2d3dsLayout = {
    .name = "2d3ds",
    .gives = "rgb gt raw_depth depth",
    .help = "2D-3D-S: data/{rgb,depth}/camera_*_domain__*.png at 512 a metre",
    .rules = kStanford2d3dsRules,
    .depth_scale = 512,
    .no_reading = kStanford2d3dsNoReading,
};

}  // namespace depthmill::data
