// Layout 7-scenes: <scene>/seq-01/frame-000000.color.png, .depth.png. Depth is 16 bits, millimetres, 65535
// and 0 = no reading, and not registered to the colour camera. Source: the data set's README;
// nianticlabs/simplerecon, datasets/seven_scenes_dataset.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kSevenScenesRules[] = {
    {.pattern = "{scene/}{frame=frame-}{number}.color", .endings = "png jpg", .planes = "rgb"},
    {.pattern = "{scene/}{frame=frame-}{number}.depth", .endings = "png", .planes = "raw_depth gt depth"},
};
constexpr double kSevenScenesNoReading[] = {65535};

}  // namespace

extern const Layout kSevenScenesLayout;

const Layout kSevenScenesLayout = {
    .name = "7-scenes",
    .gives = "rgb gt raw_depth depth",
    .help = "7-Scenes: frame-N.color.png with frame-N.depth.png, 65535 = no reading",
    .rules = kSevenScenesRules,
    .depth_scale = 1000,
    .no_reading = kSevenScenesNoReading,
    .remark = "its depth is not registered to its colour pictures",
};

}  // namespace depthmill::data
