// Layout matterport: <uuid>_i0_3.jpg with <uuid>_d0_3.png, 16 bits at 4000 a metre, in folders of the data
// set's names. Source: niessner/Matterport, data_organization.md.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kMatterportRules[] = {
    {.pattern = "{any/}{frame}_i{number}_{number}", .endings = "jpg", .planes = "rgb", .telling = false},
    {.pattern = "{any/}{frame}_d{number}_{number}",
     .endings = "png",
     .planes = "raw_depth gt depth",
     .telling = false},
};
constexpr std::string_view kMatterportMarks[] = {"matterport_depth_images/", "undistorted_depth_images/"};

}  // namespace

extern const Layout kMatterportLayout;

const Layout kMatterportLayout = {
    .name = "matterport",
    .gives = "rgb gt raw_depth depth",
    .help = "Matterport3D: N_i0_0.jpg with N_d0_0.png at 4000 a metre",
    .rules = kMatterportRules,
    .marks = kMatterportMarks,
    .depth_scale = 4000,
};

}  // namespace depthmill::data
