#include <cmath>
#include <set>

#include "stages/sample/shell.h"

namespace depthmill::sample {
namespace {

double at(const Wave& w, double seconds) { return w.amount * sine(w.rate * seconds + w.phase); }

// A coarse look around: 32 x 24 rays of about the Kinect's field of view.
const RayGrid& coarse_rays() {
  static const RayGrid grid = [] {
    RayGrid g{24, 32, {}, {}};
    for (int r = 0; r < g.rows; ++r)
      for (int c = 0; c < g.cols; ++c) {
        g.x.push_back((c - 15.5) / 32 * 1.1);
        g.y.push_back((r - 11.5) / 24 * 0.82);
      }
    return g;
  }();
  return grid;
}

// How good a view is: many things to see, at distances that the sensor can measure.
double score(const World& world, const Pose& pose) {
  const Hits hits = trace(world, pose.at, pose.world_from_camera, coarse_rays());
  std::set<int> things;
  int close = 0, far = 0, none = 0;
  for (std::size_t i = 0; i < hits.t.size(); ++i) {
    if (hits.solid[i] == Hits::kNone) {
      ++none;
      continue;
    }
    const Solid& s = world.solids[hits.solid[i]];
    things.insert(s.label * 256 + s.instance);
    close += hits.t[i] < 0.9;
    far += hits.t[i] > 5;
  }
  const auto n = static_cast<double>(hits.t.size());
  return static_cast<double>(things.size()) - 60 * std::max(0.0, close / n - 0.02) -
         25 * std::max(0.0, far / n - 0.12) - 30 * none / n;
}

double mean_light(const World& world, const Pose& pose) {
  const Hits hits = trace(world, pose.at, pose.world_from_camera, coarse_rays());
  double sum = 0;
  for (std::size_t i = 0; i < hits.t.size(); ++i) {
    if (hits.solid[i] == Hits::kNone) continue;
    const Vec3 d{coarse_rays().x[i], coarse_rays().y[i], 1};
    const Vec3 point = pose.at + pose.world_from_camera * d * hits.t[i];
    const Vec3 light = shade(world, pose.at, point, hits.solid[i], 0.05);
    sum += std::min(2.0, (light.x + light.y + light.z) / 3);
  }
  return sum / static_cast<double>(hits.t.size());
}

}  // namespace

Pose pose_at(const CameraPath& path, double seconds) {
  const double yaw = path.yaw + at(path.turn[0], seconds) + at(path.shake[0], seconds);
  const double pitch = path.pitch + at(path.turn[1], seconds) + at(path.shake[1], seconds);
  const double roll = path.roll + at(path.turn[2], seconds) + at(path.shake[2], seconds);
  // Camera axes (x right, y down, z forward) of a level camera that looks along +y, then roll about its own
  // z, pitch about its own x, yaw about the world's z.
  const Mat3 level{{{1, 0, 0}, {0, 0, 1}, {0, -1, 0}}};
  Pose pose;
  pose.at =
      path.middle + Vec3{at(path.sway[0], seconds), at(path.sway[1], seconds), at(path.sway[2], seconds)};
  pose.world_from_camera = rotation_z(yaw) * level * rotation_x(-pitch) * rotation_z(roll);
  return pose;
}

void choose_path(World& world, const FloorPlan& plan, std::uint64_t key) {
  Random r(key);
  double best = -1e9;
  CameraPath chosen;
  for (int attempt = 0; attempt < 40; ++attempt) {
    CameraPath path;
    const double margin = attempt < 25 ? 0.35 : 0.15;
    path.middle = {r.uniform(margin + 0.2, world.size.x - margin - 0.2), r.uniform(0.4, world.size.y * 0.45),
                   r.uniform(1.15, 1.6)};
    const bool free =
        plan.free({path.middle.x - 0.2, path.middle.x + 0.2, path.middle.y - 0.2, path.middle.y + 0.2, 0},
                  margin - 0.1);
    // Towards a point in the far half of the room.
    const Vec3 aim{world.size.x * r.uniform(0.1, 0.9), world.size.y * r.uniform(0.75, 1.1), 0};
    const Vec3 to = aim - path.middle;
    // Yaw without arctangent: bisect the angle whose direction (-sin, cos) is parallel to `to`.
    double low = -kPi / 2, high = kPi / 2;
    for (int i = 0; i < 40; ++i) {
      const double mid = (low + high) / 2;
      (-sine(mid) * to.y - cosine(mid) * to.x > 0 ? low : high) = mid;
    }
    path.yaw = low;
    path.pitch = r.uniform(0.06, 0.38);
    path.roll = r.normal() * 0.025;
    const double sway = r.uniform(0.06, 0.16);
    for (Wave& w : path.sway) w = {sway, r.uniform(0.4, 0.9), r.uniform(0, 2 * kPi)};
    path.sway[2].amount *= 0.4;
    path.turn[0] = {r.uniform(0.15, 0.4), r.uniform(0.3, 0.7), r.uniform(0, 2 * kPi)};
    path.turn[1] = {r.uniform(0.02, 0.07), r.uniform(0.4, 0.9), r.uniform(0, 2 * kPi)};
    path.turn[2] = {0.012, r.uniform(0.5, 1.0), r.uniform(0, 2 * kPi)};
    for (Wave& w : path.shake) w = {r.uniform(0.002, 0.006), r.uniform(5, 11), r.uniform(0, 2 * kPi)};
    const double value = score(world, pose_at(path, 0)) + score(world, pose_at(path, 1.5)) - (free ? 0 : 20);
    if (value > best) {
      best = value;
      chosen = path;
    }
  }
  world.path = chosen;
  const double light = mean_light(world, pose_at(chosen, 0));
  world.exposure = std::min(6.0, r.uniform(0.19, 0.30) / (light + 0.02));
}

}  // namespace depthmill::sample
