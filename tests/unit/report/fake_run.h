// A small run folder with honest numbers, so that the report can be tested without a run: a sloping room with
// two boxes, seen from a slightly different place in each frame, and a prediction that is off by a chosen
// share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace depthmill::test {

struct FakeRun {
  std::size_t scenes = 2;
  std::size_t frames = 4;  // a scene
  double bias = 0.05;      // prediction = depth x (1 + bias x something that changes across frame and image)
  int rows = 120;
  int cols = 160;
  bool planes = true;     // write planes/ (16-bit PNG, millimetres)
  bool manifest = true;   // with one failed frame, and one skipped
  bool intervals = true;  // write metrics/intervals.csv: a tenth of the value on either side
  bool ranges = true;     // write metrics/ranges.csv
  std::vector<std::string> protocols = {"eigen", "eigen-nocrop"};
};

// Writes the folder `run`. Metric columns: abs_rel, rmse, log10, d1, d2, d3. Frame k of scene s is called
// "scene_<s>" / "d-<k>".
void write_fake_run(const std::filesystem::path& run, const FakeRun& options = {});

}  // namespace depthmill::test
