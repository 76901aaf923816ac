// Where cameras stood, from the text files of the data sets: TUM's trajectories (groundtruth.txt: a line of time, tx ty
// tz, qx qy qz qw; # begins a remark) and ScanNet's pose/<frame>.txt (4 x 4 numbers). Camera to world, metres.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/temporal.h"
#include "stages/base/frame.h"

namespace depthmill {

// Times in seconds, ascending. Throws std::runtime_error naming file and line.
using Trajectory = std::vector<std::pair<double, metrics::Pose>>;
Trajectory parse_trajectory(std::string_view text, const std::filesystem::path& file);

// nullopt where the pose is lost: a number that is not finite, as ScanNet writes it. Throws std::runtime_error naming
// the file when it is no 4 x 4 matrix.
std::optional<metrics::Pose> parse_pose(std::string_view text, const std::filesystem::path& file);

class Poses {
 public:
  // A trajectory, or a folder with [<scene>/][pose/]<frame>.txt or <scene>/groundtruth.txt. Empty: no poses.
  explicit Poses(std::filesystem::path where) : where_(std::move(where)) {}

  bool given() const { return !where_.empty(); }
  // nullopt: there is none for this frame; of a trajectory none within 0.02 s of the time that the frame is called by,
  // as in TUM's own association. Throws FrameError(kUnreadable). Safe from several threads.
  std::optional<metrics::Pose> of(std::string_view scene, std::string_view name) const;

 private:
  std::shared_ptr<const Trajectory> trajectory(const std::filesystem::path& file) const;

  std::filesystem::path where_;
  mutable std::mutex mutex_;
  mutable std::map<std::filesystem::path, std::shared_ptr<const Trajectory>> trajectories_;
};

}  // namespace depthmill
