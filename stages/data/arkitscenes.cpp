// Layout arkitscenes: <video>/{color,wide,lowres_wide,vga_wide}/<name> with highres_depth or lowres_depth, 16
// bits, millimetres. Source: apple/ARKitScenes, README and depth_upsampling loader.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kArkitscenesRules[] = {
    {.pattern = "{scene/}color/{frame}", .endings = "png jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}wide/{frame}", .endings = "png jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}lowres_wide/{frame}", .endings = "png jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}vga_wide/{frame}", .endings = "png jpg", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}highres_depth/{frame}", .endings = "png", .planes = "gt raw_depth depth"},
    {.pattern = "{scene/}lowres_depth/{frame}", .endings = "png", .planes = "raw_depth gt depth"},
};

}  // namespace

extern const Layout kArkitscenesLayout;

const Layout kArkitscenesLayout = {
    .name = "arkitscenes",
    .gives = "rgb gt raw_depth depth",
    .help = "ARKitScenes: color/ or wide/ with highres_depth/ or lowres_depth/, millimetres",
    .rules = kArkitscenesRules,
    .depth_scale = 1000,
};

}  // namespace depthmill::data
