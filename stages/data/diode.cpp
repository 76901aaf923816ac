// Layout diode: <s>_<c>_indoors_AAA_EEE.png, _depth.npy (metres) and _depth_mask.npy (0 = no reading) in one
// folder. Source: diode-dataset/diode-devkit, diode.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kDiodeRules[] = {
    {.pattern = "{scene/}{frame}_depth_mask", .endings = "npy", .planes = kMaskPlane},
    {.pattern = "{scene/}{frame}_depth", .endings = "npy", .planes = "gt raw_depth depth", .telling = false},
    {.pattern = "{scene/}{frame}", .endings = "png", .planes = "rgb", .telling = false},
};

}  // namespace

extern const Layout kDiodeLayout;

const Layout kDiodeLayout = {
    .name = "diode",
    .gives = "rgb gt raw_depth depth",
    .help = "DIODE: N.png with N_depth.npy and N_depth_mask.npy",
    .rules = kDiodeRules,
};

}  // namespace depthmill::data
