// Layout ibims, the folders of iBims-1: rgb/, depth/ (16 bits, 65535 = 50 m), mask_invalid/ and mask_transp/
// with one picture a frame each; a reading counts where both masks are not 0. Source: iBims-1's evaluation
// script.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kIbimsRules[] = {
    {.pattern = "{any/}rgb/{frame}", .endings = "png", .planes = "rgb", .telling = false},
    {.pattern = "{any/}depth/{frame}", .endings = "png", .planes = "gt raw_depth depth", .telling = false},
    {.pattern = "{any/}mask_invalid/{frame}", .endings = "png", .planes = kMaskPlane},
    {.pattern = "{any/}mask_transp/{frame}", .endings = "png", .planes = kMaskPlane},
};
constexpr double kIbimsNoReading[] = {0};

}  // namespace

extern const Layout kIbimsLayout;

const Layout kIbimsLayout = {
    .name = "ibims",
    .gives = "rgb gt raw_depth depth",
    .help = "iBims-1: rgb/, depth/ at 65535 = 50 m, mask_invalid/, mask_transp/",
    .detect = [](const Tree& tree) { return follows(tree, kIbimsRules); },
    .list = [](const PlaneRequest& request,
               const Tree& tree) { return list_by_rules(request, tree, kIbimsLayout, kIbimsRules); },
    .depth_scale = 65535.0 / 50,
    .no_reading = kIbimsNoReading,
};

}  // namespace depthmill::data
