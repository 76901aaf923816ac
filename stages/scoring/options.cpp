// What the stage evaluate can be told.
#include <algorithm>
#include <functional>

#include "stages/scoring/evaluate.h"

namespace depthmill {

const std::vector<io::Key<EvaluateOptions>>& evaluate_keys() {
  using O = EvaluateOptions;
  using io::key;
  static const std::vector<io::Key<O>> table = {
      key<O>("evaluate", "protocol", &O::protocols, "NAME,...",
             "protocols (names in configs/protocols, or FILE.ini), or all"),
      key<O>("evaluate", "allow-missing", &O::allow_missing, "",
             "score what is there when predictions are missing or not finite; the tables say so")
          .shaping(),
      key<O>(
          "evaluate", "plane-camera", &O::plane_camera, "FX,FY,CX,CY",
          "pixels: camera of the ground truth, for plane_*, points_* and tae; default: that of NYU Depth V2 "
          "for maps of 480x640")
          .must(
              [](const O& o) {
                const auto& c = o.plane_camera;
                return c.empty() || (c.size() == 4 && c[0] > 0 && c[1] > 0);
              },
              "needs four numbers: fx, fy, cx, cy, with fx and fy above 0")
          .shaping(),
      key<O>("evaluate", "poses", &O::poses, "FILE|DIR",
             "camera poses for tae: a TUM trajectory, or a folder with [SCENE/][pose/]FRAME.txt (ScanNet)")
          .shaping(),
      key<O>("evaluate", "explain", &O::explain, "FROM,TO",
             "score the steps from one protocol to another and show what each moved")
          .must([](const O& o) { return o.explain.empty() || o.explain.size() == 2; },
                "needs two protocols: FROM, TO"),
      key<O>("evaluate", "depth-ranges", &O::depth_ranges, "M,M,...",
             "metres, ascending: also score each interval of true depth")
          .must(
              [](const O& o) {
                return o.depth_ranges.size() != 1 &&
                       std::adjacent_find(o.depth_ranges.begin(), o.depth_ranges.end(),
                                          std::greater_equal<>()) == o.depth_ranges.end();
              },
              "must be at least two bounds that ascend")
          .shaping(),
  };
  return table;
}

bool EvaluateOptions::all() const {
  return explain.empty() && std::find(protocols.begin(), protocols.end(), "all") != protocols.end();
}

std::string EvaluateOptions::problem() const {
  if (protocols.empty() && explain.empty()) return "evaluate.protocol: name at least one protocol, or all";
  return io::key_problem(evaluate_keys(), *this);
}

}  // namespace depthmill
