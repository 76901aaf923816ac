// Layout nicr, the labelled NYU set as TUI-NICR's scripts lay it out: {train,test}/{rgb,depth,depth_raw}/0000.png
// with the lists train.txt and test.txt; numbers are those of the labelled set, from 0; millimetres; depth is
// filled, depth_raw has its holes. Source: TUI-NICR/nicr-scene-analysis-datasets, nyuv2.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kNicrRules[] = {
    {.pattern = "{any/}{scene=train}/rgb/{number}", .endings = "png", .planes = "rgb", .telling = false},
    {.pattern = "{any/}{scene=test}/rgb/{number}", .endings = "png", .planes = "rgb", .telling = false},
    {.pattern = "{any/}{scene=train}/depth_raw/{number}", .endings = "png", .planes = "raw_depth gt"},
    {.pattern = "{any/}{scene=test}/depth_raw/{number}", .endings = "png", .planes = "raw_depth gt"},
    {.pattern = "{any/}{scene=train}/depth/{number}",
     .endings = "png",
     .planes = "depth gt raw_depth",
     .telling = false},
    {.pattern = "{any/}{scene=test}/depth/{number}",
     .endings = "png",
     .planes = "depth gt raw_depth",
     .telling = false},
};
constexpr std::string_view kNicrMarks[] = {"train.txt", "test.txt"};

}  // namespace

extern const Layout kNicrLayout;

const Layout kNicrLayout = {
    .name = "nicr",
    .gives = "rgb gt raw_depth depth",
    .help = "{train,test}/{rgb,depth,depth_raw}/N.png with train.txt and test.txt, millimetres, N from 0",
    .rules = kNicrRules,
    .marks = kNicrMarks,
    .depth_scale = 1000,
};

}  // namespace depthmill::data
