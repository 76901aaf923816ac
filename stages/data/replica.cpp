// Layout replica (NICE-SLAM's rendering): <scene>/results/frame000000.jpg with depth000000.png, 16 bits at
// 6553.5 a metre, beside traj.txt. Source: cvg/nice-slam, src/utils/datasets.py.
#include "stages/data/layout.h"
#include "stages/data/rules.h"

namespace depthmill::data {
namespace {

constexpr PathRule kReplicaRules[] = {
    {.pattern = "{scene/}results/frame{number}", .endings = "jpg png", .planes = "rgb", .telling = false},
    {.pattern = "{scene/}results/depth{number}",
     .endings = "png",
     .planes = "gt raw_depth depth",
     .telling = false},
};
constexpr std::string_view kReplicaMarks[] = {"traj.txt"};

}  // namespace

extern const Layout kReplicaLayout;

const Layout kReplicaLayout = {
    .name = "replica",
    .gives = "rgb gt raw_depth depth",
    .help = "Replica of NICE-SLAM: results/frameN.jpg with depthN.png at 6553.5 a metre",
    .rules = kReplicaRules,
    .marks = kReplicaMarks,
    .depth_scale = 6553.5,
};

}  // namespace depthmill::data
