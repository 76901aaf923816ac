// Layout kitti: the raw tree, the annotated depth, the selected validation set, and predictions under such
// names.
//
//   <drive>_sync/image_02/data/0000000005.png            colour; the left colour camera, image_03 is the right one
//   <drive>_sync/proj_depth/groundtruth/image_02/0000000005.png        and .../velodyne_raw/...
//   <drive>_sync_image_0000000005_image_02.png           val_selection_cropped, and groundtruth_depth, velodyne_raw
//   <drive>_sync_0000000005.png                          what BTS, AdaBins and GLPDepth predict
//
// Depth is 16 bits at 256 a metre, 0 = no reading. Source: KITTI's depth devkit; cleinc/bts,
// pytorch/bts_test.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kKittiRules[] = {
    {.pattern = "{any/}{frame}_{frame=sync}_image_{number}_{frame}", .endings = "png jpg", .planes = "rgb"},
    {.pattern = "{any/}{frame}_{frame=sync}_groundtruth_depth_{number}_{frame}",
     .endings = "png",
     .planes = "gt"},
    {.pattern = "{any/}{frame}_{frame=sync}_velodyne_raw_{number}_{frame}",
     .endings = "png",
     .planes = "raw_depth"},
    {.pattern = "{any/}{scene}/image_02/data/{number}", .endings = "png jpg", .planes = "rgb"},
    {.pattern = "{any/}{scene}/{scene=image_03}/data/{number}", .endings = "png jpg", .planes = "rgb"},
    {.pattern = "{any/}{scene}/proj_depth/groundtruth/image_02/{number}", .endings = "png", .planes = "gt"},
    {.pattern = "{any/}{scene}/proj_depth/groundtruth/{scene=image_03}/{number}",
     .endings = "png",
     .planes = "gt"},
    {.pattern = "{any/}{scene}/proj_depth/velodyne_raw/image_02/{number}",
     .endings = "png",
     .planes = "raw_depth"},
    {.pattern = "{any/}{scene}/proj_depth/velodyne_raw/{scene=image_03}/{number}",
     .endings = "png",
     .planes = "raw_depth"},
    {.pattern = "{any/}{frame}_{frame=drive}_{frame}_{frame=sync}_{number}",
     .endings = "png",
     .planes = "pred"},
};

}  // namespace

extern const Layout kKittiLayout;

const Layout kKittiLayout = {
    .name = "kitti",
    .gives = "",
    .help =
        "KITTI raw and annotated depth, val_selection_cropped, predictions named so; depth at 256 a metre",
    .rules = kKittiRules,
    .depth_scale = 256,
};

}  // namespace depthmill::data
