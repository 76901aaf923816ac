// Layout eth3d: <scene>/images/dslr_images/DSC_0001.JPG with ground_truth_depth/dslr_images/DSC_0001.JPG, which is
// no JPEG (stages/io/eth3d.h). Source: ETH3D's documentation.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kEth3dRules[] = {
    {.pattern = "{scene/}images/dslr_images/{frame}", .endings = "jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}images/dslr_images_undistorted/{frame}",
     .endings = "jpg",
     .planes = "rgb",
     .telling = false},
    {.pattern = "{scene/}ground_truth_depth/dslr_images/{frame}",
     .endings = "jpg",
     .planes = "gt raw_depth depth"},
};

}  // namespace

extern const Layout kEth3dLayout;

const Layout kEth3dLayout = {
    .name = "eth3d",
    .gives = "rgb gt raw_depth depth",
    .help = "ETH3D: images/dslr_images/ with ground_truth_depth/dslr_images/, floats under the name .JPG",
    .rules = kEth3dRules,
};

}  // namespace depthmill::data
