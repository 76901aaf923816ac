// Layout scannet: <scene>/color/0.jpg with depth/0.png (16 bits, millimetres) beside pose/ or intrinsic/.
// Colour and depth differ in size. Source: ScanNet/ScanNet, SensReader/python/SensorData.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kScannetRules[] = {
    {.pattern = "{scene/}color/{number}", .endings = "jpg png", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}depth/{number}", .endings = "png", .planes = "raw_depth gt depth", .telling = false},
};
constexpr std::string_view kScannetMarks[] = {"pose/", "intrinsic/"};

}  // namespace

extern const Layout kScannetLayout;

const Layout kScannetLayout = {
    .name = "scannet",
    .gives = "rgb gt raw_depth depth",
    .help = "ScanNet: color/N.jpg with depth/N.png beside pose/ or intrinsic/, millimetres",
    .rules = kScannetRules,
    .marks = kScannetMarks,
    .depth_scale = 1000,
};

}  // namespace depthmill::data
