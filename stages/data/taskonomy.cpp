// Layout taskonomy (Omnidata's tree): <domain>/<set>/<building>/point_0_view_0_domain_<domain>.png. Depth
// along the axis is depth_zbuffer, 16 bits at 512 a metre, 65535 = no reading; depth_euclidean is a distance
// and is not read. Source: EPFL-VILAB/omnidata, omnidata_tools/torch/dataloader.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kTaskonomyRules[] = {
    {.pattern = "{any/}rgb/{scene/}{frame=point_}{number}{frame=_view_}{number}_domain_rgb",
     .endings = "png",
     .planes = "rgb"},
    {.pattern =
         "{any/}depth_zbuffer/{scene/}{frame=point_}{number}{frame=_view_}{number}_domain_depth_zbuffer",
     .endings = "png",
     .planes = "gt raw_depth depth"},
};
constexpr double kTaskonomyNoReading[] = {65535};

}  // namespace

extern const Layout kTaskonomyLayout;

const Layout kTaskonomyLayout = {
    .name = "taskonomy",
    .gives = "rgb gt raw_depth depth",
    .help = "Taskonomy, Omnidata: point_N_view_N_domain_rgb and _depth_zbuffer at 512 a metre",
    .rules = kTaskonomyRules,
    .depth_scale = 512,
    .no_reading = kTaskonomyNoReading,
};

}  // namespace depthmill::data
