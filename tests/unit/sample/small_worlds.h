// Worlds of one or two solids whose pictures can be computed by hand.
#pragma once

#include <memory>

#include "stages/sample/cameras.h"
#include "stages/sample/sample.h"
#include "stages/sample/world.h"

namespace depthmill::test {

inline std::uint16_t add_paint(sample::World& world, sample::Vec3 colour, bool shines = false) {
  sample::Material m;
  m.a = m.b = colour;
  m.shines = shines;
  world.materials.push_back(m);
  return static_cast<std::uint16_t>(world.materials.size() - 1);
}

inline void add_box(sample::World& world, sample::Vec3 low, sample::Vec3 high, std::uint16_t material = 0) {
  sample::Solid s;
  s.center = (low + high) * 0.5;
  s.half = (high - low) * 0.5;
  s.material = material;
  s.instance = 1;
  world.solids.push_back(s);
}

// A wall across the view whose face is the plane y = `distance`; the camera of `pose_at` stands at the origin
// and looks along +y.
inline sample::World wall_world(double distance) {
  sample::World world;
  world.size = {100, 100, 100};
  add_paint(world, {0.5, 0.5, 0.5});
  add_box(world, {-60, distance, -60}, {60, distance + 1, 60});
  return world;
}

inline sample::Pose turned(double yaw, double pitch, double roll) {
  sample::CameraPath path;
  path.yaw = yaw;
  path.pitch = pitch;
  path.roll = roll;
  return sample::pose_at(path, 0);
}

// A scene of this world with one depth and one RGB record, taken at second 0.
inline sample::SampleScene scene_of(sample::World world) {
  sample::SampleScene scene;
  scene.name = "test_0001";
  scene.world = std::make_shared<const sample::World>(std::move(world));
  sample::Recording rgb;
  rgb.kind = 'r';
  scene.index_file = {sample::Recording{}, rgb};
  scene.depth = {0};
  scene.rgb_partner = {1};
  scene.accel_partner = {sample::SampleScene::npos};
  return scene;
}

}  // namespace depthmill::test
