// Any text as a trajectory and as a pose: what is read has finite numbers and ascends in time.
#include <cmath>
#include <stdexcept>

#include "stages/scoring/poses.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto finite = [](const metrics::Pose& pose) {
    for (const double v : pose) fuzz::require(std::isfinite(v), "a pose has finite numbers");
  };
  try {
    double before = -HUGE_VAL;
    for (const auto& [time, pose] : parse_trajectory(fuzz::text(data, size), "input.txt")) {
      fuzz::require(time >= before, "times ascend");
      before = time;
      finite(pose);
    }
  } catch (const std::runtime_error&) {
  }
  try {
    if (const auto pose = parse_pose(fuzz::text(data, size), "input.txt")) finite(*pose);
  } catch (const std::runtime_error&) {
  }
  return 0;
}
