// What the fill is measured on: files, generated rooms, and inputs made to be hard.
#pragma once

#include <string>
#include <vector>

#include "colorization/image.h"

namespace depthmill::bench {

struct BenchFrame {
  std::string name;
  colorization::Image gray, depth;
  double alpha = 1.0;
};

// FILE[:NAME] each; integer depth is divided by depth_scale.
BenchFrame read_frame(const std::string& rgb, const std::string& depth, double depth_scale);

// Ray-cast rooms of stages/sample when that room is built, otherwise a plain drawing with like holes.
BenchFrame generated_frame(int seed);

// The worst cases that the solver has to survive: names and frames.
std::vector<std::string> hard_case_names();
BenchFrame hard_case(const std::string& name);

}  // namespace depthmill::bench
