// Layout vkitti2: Scene01/<variant>/frames/{rgb,depth}/Camera_0/{rgb,depth}_00000. Depth is 16 bits,
// centimetres; 65535 is the sky. Source: Virtual KITTI 2's README; isl-org/ZoeDepth,
// zoedepth/data/vkitti2.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kVkitti2Rules[] = {
    {.pattern = "{scene/}rgb/{scene}/rgb_{number}", .endings = "jpg png", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}depth/{scene}/depth_{number}",
     .endings = "png",
     .planes = "gt raw_depth depth",
     .telling = false},
};
constexpr std::string_view kVkitti2Marks[] = {"Camera_0/", "Camera_1/"};
constexpr double kVkitti2NoReading[] = {65535};

}  // namespace

extern const Layout kVkitti2Layout;

const Layout kVkitti2Layout = {
    .name = "vkitti2",
    .gives = "rgb gt raw_depth depth",
    .help = "Virtual KITTI 2: rgb/Camera_N and depth/Camera_N, centimetres",
    .rules = kVkitti2Rules,
    .marks = kVkitti2Marks,
    .depth_scale = 100,
    .no_reading = kVkitti2NoReading,
};

}  // namespace depthmill::data
