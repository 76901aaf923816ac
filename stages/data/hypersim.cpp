// Layout hypersim: ai_001_001/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg with
// scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5 (data set "dataset", float16 metres, NaN = no
// reading). Source: apple/ml-hypersim, README.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kHypersimRules[] = {
    {.pattern = "{scene/}images/scene_{scene}_final_preview/{frame=frame.}{number}.tonemap",
     .endings = "jpg png",
     .planes = "rgb"},
    {.pattern = "{scene/}images/scene_{scene}_geometry_hdf5/{frame=frame.}{number}.depth_meters",
     .endings = "hdf5 h5",
     .planes = "gt raw_depth depth",
     .variable = "dataset"},
};

}  // namespace

extern const Layout kHypersimLayout;

const Layout kHypersimLayout = {
    .name = "hypersim",
    .gives = "rgb gt raw_depth depth",
    .help = "Hypersim: frame.N.tonemap.jpg with frame.N.depth_meters.hdf5",
    .rules = kHypersimRules,
    .remark = "its depth is the distance to the camera's centre, not along the axis",
};

}  // namespace depthmill::data
