// Layout vda-nyu, the videos of Video-Depth-Anything's NYU benchmark: <scene>/rgb/N.jpg (cut to rows 45:471,
// columns 41:601), <scene>/depth/N.png (not cut, 16 bits at 6000 a metre) and nyuv2_video_500.json. Source:
// DepthAnything/Video-Depth-Anything, benchmark/dataset_extract/dataset_extract_nyuv2.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kVdaNyuRules[] = {
    {.pattern = "{scene/}rgb/{frame}", .endings = "jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}depth/{frame}", .endings = "png", .planes = "gt raw_depth depth", .telling = false},
};
constexpr std::string_view kVdaNyuMarks[] = {"nyuv2_video_500.json"};

}  // namespace

extern const Layout kVdaNyuLayout;

const Layout kVdaNyuLayout = {
    .name = "vda-nyu",
    .gives = "rgb gt raw_depth depth",
    .help = "the NYU videos of Video-Depth-Anything: rgb/, depth/ at 6000 a metre, nyuv2_video_500.json",
    .rules = kVdaNyuRules,
    .marks = kVdaNyuMarks,
    .depth_scale = 6000,
    .remark = "its pictures are cut to 426 x 560, its depth is not",
};

}  // namespace depthmill::data
