// Layout sintel: training/{clean,final}/<scene>/frame_0001.png with training/depth/<scene>/frame_0001.dpt
// (dpt.h). Of the two renderings the clean one is taken. Source: MPI Sintel's depth package, sintel_io.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kSintelRules[] = {
    {.pattern = "{any/}clean/{scene}/{frame=frame_}{number}",
     .endings = "png",
     .planes = "rgb",
     .telling = false},
    {.pattern = "{any/}final/{scene}/{frame=frame_}{number}",
     .endings = "png",
     .planes = "rgb",
     .telling = false},
    {.pattern = "{any/}depth/{scene}/{frame=frame_}{number}",
     .endings = "dpt",
     .planes = "gt raw_depth depth"},
};

}  // namespace

extern const Layout kSintelLayout;

const Layout kSintelLayout = {
    .name = "sintel",
    .gives = "rgb gt raw_depth depth",
    .help = "Sintel: clean/ or final/ pictures with depth/*.dpt",
    .rules = kSintelRules,
};

}  // namespace depthmill::data
