#include "stages/scoring/poses.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "stages/io/csv.h"
#include "stages/io/ini.h"

namespace depthmill {
namespace {

namespace fs = std::filesystem;
using metrics::Pose;

constexpr double kMostApart = 0.02;  // seconds

// The numbers of a line; a word that is none is NaN.
std::vector<double> numbers(std::string_view line) {
  std::vector<double> values;
  while (true) {
    const auto begin = line.find_first_not_of(" \t\r,");
    if (begin == std::string_view::npos) return values;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t\r,"), line.size());
    const std::string_view word = line.substr(0, end);
    double value = std::nan("");
    try {
      value = io::parse_number(word);
    } catch (const std::exception&) {
    }
    values.push_back(value);
    line.remove_prefix(end);
  }
}

template <class Use>
void for_lines(std::string_view text, Use&& use) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// Of a place and a rotation x y z w of any length.
Pose pose_of(const double* place, const double* q) {
  const double n = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  const double x = q[0] / n, y = q[1] / n, z = q[2] / n, w = q[3] / n;
  return {1 - 2 * (y * y + z * z),
          2 * (x * y - z * w),
          2 * (x * z + y * w),
          place[0],
          2 * (x * y + z * w),
          1 - 2 * (x * x + z * z),
          2 * (y * z - x * w),
          place[1],
          2 * (x * z - y * w),
          2 * (y * z + x * w),
          1 - 2 * (x * x + y * y),
          place[2],
          0,
          0,
          0,
          1};
}

template <class Read>
auto reading(Read&& read) {
  try {
    return read();
  } catch (const FrameError&) {
    throw;
  } catch (const std::exception& e) {
    throw FrameError(FailureReason::kUnreadable, e.what());
  }
}

}  // namespace

Trajectory parse_trajectory(std::string_view text, const fs::path& file) {
  Trajectory poses;
  for_lines(text, [&](std::string_view line, std::size_t number) {
    if (line.substr(0, 1) == "#") return;
    const std::vector<double> values = numbers(line);
    if (values.empty()) return;
    if (values.size() != 8 || !all_finite(values) ||
        values[4] * values[4] + values[5] * values[5] + values[6] * values[6] + values[7] * values[7] < 1e-12)
      throw std::runtime_error(file.string() + ": line " + std::to_string(number) +
                               " is not a pose: time, tx ty tz, qx qy qz qw");
    poses.emplace_back(values[0], pose_of(&values[1], &values[4]));
  });
  std::stable_sort(poses.begin(), poses.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return poses;
}

std::optional<Pose> parse_pose(std::string_view text, const fs::path& file) {
  std::vector<double> values;
  for_lines(text, [&](std::string_view line, std::size_t) {
    const auto more = numbers(line);
    values.insert(values.end(), more.begin(), more.end());
  });
  if (values.size() != 16) throw std::runtime_error(file.string() + ": is not a pose of 4 x 4 numbers");
  if (!all_finite(values)) return std::nullopt;
  Pose pose{};
  std::copy(values.begin(), values.end(), pose.begin());
  return pose;
}

std::shared_ptr<const Trajectory> Poses::trajectory(const fs::path& file) const {
  const std::lock_guard lock(mutex_);
  auto& found = trajectories_[file];
  if (!found) found = std::make_shared<const Trajectory>(parse_trajectory(io::read_text_file(file), file));
  return found;
}

std::optional<Pose> Poses::of(std::string_view scene, std::string_view name) const {
  if (!given()) return std::nullopt;
  return reading([&]() -> std::optional<Pose> {
    fs::path along = where_;
    std::error_code ignored;
    if (fs::is_directory(where_, ignored)) {
      const std::string file = std::string(name) + ".txt";
      for (const fs::path& one :
           {where_ / scene / "pose" / file, where_ / scene / file, where_ / "pose" / file, where_ / file})
        if (fs::is_regular_file(one, ignored)) return parse_pose(io::read_text_file(one), one);
      along = where_ / scene / "groundtruth.txt";
      if (!fs::is_regular_file(along, ignored)) return std::nullopt;
    }
    const auto known = trajectory(along);
    const std::vector<double> time = numbers(name);
    if (time.size() != 1 || !all_finite(time) || known->empty()) return std::nullopt;
    const auto after = std::lower_bound(known->begin(), known->end(), time[0],
                                        [](const auto& pose, double t) { return pose.first < t; });
    auto nearest = after;
    if (after == known->end() ||
        (after != known->begin() && time[0] - std::prev(after)->first < after->first - time[0]))
      nearest = std::prev(after);
    if (std::abs(nearest->first - time[0]) > kMostApart) return std::nullopt;
    return nearest->second;
  });
}

}  // namespace depthmill
