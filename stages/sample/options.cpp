// What generated scenes can be told.
#include <algorithm>
#include <iterator>

#include "stages/sample/sample.h"

namespace depthmill::sample {
namespace {

// Not offered by the program; tests and benchmarks set them.
const std::vector<io::Key<SampleOptions>>& inner_keys() {
  using O = SampleOptions;
  static const std::vector<io::Key<O>> table = {
      io::key<O>("sample", "fps", &O::fps).within(0.1, 30),
      io::key<O>("sample", "defects", &O::defects).within(0, 1),
  };
  return table;
}

}  // namespace

const std::vector<io::Key<SampleOptions>>& sample_keys() {
  using O = SampleOptions;
  using io::key;
  static const std::vector<io::Key<O>> table = {
      key<O>("sample", "scenes", &O::scenes, "N", "generated scenes").within(1, 10000),
      key<O>("sample", "frames", &O::frames, "N", "depth frames a scene").within(1, 100000),
      key<O>("sample", "seed", &O::seed, "S", "equal seeds give equal bytes"),
  };
  return table;
}

std::string SampleOptions::problem() const {
  for (const auto* keys : {&sample_keys(), &inner_keys()})
    if (const std::string reason = io::key_problem(*keys, *this); !reason.empty()) return reason;
  if (room.empty() || std::find(std::begin(kRoomTypes), std::end(kRoomTypes), room) != std::end(kRoomTypes))
    return "";
  std::string known;
  for (std::string_view type : kRoomTypes) known += (known.empty() ? "" : ", ") + std::string(type);
  return "sample.room must be empty or one of " + known + ", not '" + room + "'";
}

}  // namespace depthmill::sample
