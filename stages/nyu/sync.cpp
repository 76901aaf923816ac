#include "stages/nyu/sync.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "stages/nyu/timestamps.h"

namespace depthmill::nyu {
namespace {

std::vector<double> times_of(const std::vector<std::string>& names) {
  std::vector<double> times;
  times.reserve(names.size());
  for (const std::string& name : names) times.push_back(synch_seconds(name));
  return times;
}

}  // namespace

std::vector<std::size_t> walk_to_nearest(std::span<const double> primary, std::span<const double> secondary) {
  if (secondary.empty()) throw std::invalid_argument("walk_to_nearest: nothing to choose from");
  std::vector<std::size_t> nearest;
  nearest.reserve(primary.size());
  std::size_t at = 0;
  for (double time : primary) {
    double best = std::abs(time - secondary[at]);
    while (at + 1 < secondary.size()) {
      const double next = std::abs(time - secondary[at + 1]);
      if (next > best) break;  // a tie goes on, and so does NaN on either side
      best = next;
      ++at;
    }
    nearest.push_back(at);
  }
  return nearest;
}

std::vector<SynchedFrame> get_synched_frames(std::vector<std::string> file_names) {
  std::sort(file_names.begin(), file_names.end());
  std::vector<std::string> depth, rgb, accel;
  for (std::string& name : file_names) {
    if (name.starts_with('d'))
      depth.push_back(std::move(name));
    else if (name.starts_with('r'))
      rgb.push_back(std::move(name));
    else if (name.starts_with('a'))
      accel.push_back(std::move(name));
  }

  std::vector<SynchedFrame> frames(depth.size());
  const std::vector<double> depth_times = times_of(depth);
  for (std::size_t i = 0; i < depth.size(); ++i) frames[i].depth = depth[i];
  if (!rgb.empty()) {
    const auto nearest = walk_to_nearest(depth_times, times_of(rgb));
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i].rgb = rgb[nearest[i]];
  }
  if (!accel.empty()) {
    const auto nearest = walk_to_nearest(depth_times, times_of(accel));
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i].accel = accel[nearest[i]];
  }
  return frames;
}

WellFormedNames well_formed_names(std::span<const std::string> file_names) {
  WellFormedNames result;
  for (const std::string& name : file_names) {
    if (parse_raw_name(name))
      result.kept.push_back(name);
    else if (name.starts_with('d') || name.starts_with('r') || name.starts_with('a'))
      result.strays.push_back(name);
  }
  return result;
}

}  // namespace depthmill::nyu
