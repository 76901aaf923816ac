// Layout bts, synchronised and registered frames as BTS, AdaBins, NeWCRFs, ZoeDepth and GLPDepth are trained
// on:
//
//   <scene>/rgb_00045.jpg, <scene>/sync_depth_00045.png     16 bits, millimetres, 0 = no reading
//
// Source: cleinc/bts, utils/sync_project_frames_multi_threads.m and
// extract_official_train_test_set_from_mat.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kBtsRules[] = {
    {.pattern = "{scene/}rgb_{number}", .endings = "jpg jpeg png", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}sync_depth_{number}", .endings = "png", .planes = "gt raw_depth depth"},
};

}  // namespace

extern const Layout kBtsLayout;

const Layout kBtsLayout = {
    .name = "bts",
    .gives = "rgb gt raw_depth depth",
    .help = "rgb_N.jpg with sync_depth_N.png, millimetres: BTS, AdaBins, NeWCRFs, ZoeDepth, GLPDepth",
    .rules = kBtsRules,
    .depth_scale = 1000,
};

}  // namespace depthmill::data
