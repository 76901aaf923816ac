#include "stages/sample/sample.h"

#include <cmath>
#include <stdexcept>

#include "stages/base/adapt.h"
#include "stages/nyu/project.h"
#include "stages/sample/depth_sensor.h"
#include "stages/sample/random.h"
#include "stages/sample/timetable.h"
#include "stages/sample/world.h"

namespace depthmill::sample {
namespace {

const Recording& record_of(const SampleScene& scene, std::size_t record, char kind) {
  if (!scene.world || record >= scene.index_file.size() || scene.index_file[record].kind != kind)
    throw std::invalid_argument("scene '" + scene.name + "' has no record " + std::to_string(record) +
                                " of kind '" + kind + "'");
  return scene.index_file[record];
}

void require(const SampleOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) throw std::invalid_argument(problem);
}

}  // namespace

SampleScene make_scene(const SampleOptions& options, int scene_index) {
  require(options);
  if (scene_index < 0 || scene_index >= options.scenes)
    throw std::invalid_argument("there is no scene " + std::to_string(scene_index) + " among " +
                                std::to_string(options.scenes));
  constexpr int kTypes = static_cast<int>(std::size(kRoomTypes));
  const bool mixed_types = options.room.empty();
  const std::string type = mixed_types ? std::string(kRoomTypes[scene_index % kTypes]) : options.room;
  const int number = 1 + (mixed_types ? scene_index / kTypes : scene_index);
  const std::string digits = std::to_string(number);

  SampleScene scene;
  scene.name = type + "_" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
  scene.index = scene_index;
  scene.world =
      std::make_shared<const World>(build_room(type, options.seed, static_cast<std::uint64_t>(scene_index)));
  scene.index_file = make_timetable(options, scene_index);

  std::vector<std::size_t> rgb, accel;
  std::vector<double> depth_times, rgb_times, accel_times;
  for (std::size_t i = 0; i < scene.index_file.size(); ++i) {
    const Recording& r = scene.index_file[i];
    (r.kind == 'd' ? scene.depth : r.kind == 'r' ? rgb : accel).push_back(i);
    (r.kind == 'd' ? depth_times : r.kind == 'r' ? rgb_times : accel_times).push_back(r.host_time);
  }
  for (std::size_t k : nearest_in_time(depth_times, rgb_times)) scene.rgb_partner.push_back(rgb[k]);
  for (std::size_t k : nearest_in_time(depth_times, accel_times))
    scene.accel_partner.push_back(k == SampleScene::npos ? k : accel[k]);
  return scene;
}

cv::Mat render_depth(const SampleScene& scene, const SampleOptions& options, std::size_t record) {
  const Recording& recording = record_of(scene, record, 'd');
  const World& world = *scene.world;
  return sense_depth(world, pose_at(world.path, recording.exposure), options.defects,
                     mix(key_for(world.key, 0, Use::kDepthNoise), recording.clock));
}

std::array<std::uint8_t, 12> accel_dump(const SampleScene& scene, const SampleOptions& options,
                                        std::size_t record) {
  const Recording& recording = record_of(scene, record, 'a');
  const Pose pose = pose_at(scene.world->path, recording.exposure);
  // What a resting accelerometer feels is the world's up; the device's axes are x to its left, y up, z out of
  // its front, so that 819 counts stand on y when the camera is level.
  const Vec3 up = transposed(pose.world_from_camera) * Vec3{0, 0, 1};
  Random noise(mix(key_for(scene.world->key, record, Use::kAccelNoise)));
  const double g[3] = {-up.x, -up.y, up.z};
  std::array<std::uint8_t, 12> bytes{};
  for (int i = 0; i < 3; ++i) {
    const auto counts =
        static_cast<std::int16_t>(std::floor(g[i] * 819 + options.defects * 6 * noise.normal() + 0.5));
    const auto word = static_cast<std::uint16_t>(counts);
    bytes[static_cast<std::size_t>(2 * i)] = static_cast<std::uint8_t>(word & 0xff);
    bytes[static_cast<std::size_t>(2 * i + 1)] = static_cast<std::uint8_t>(word >> 8);
  }
  // The motor stays where it is (0 half-degrees, stopped): the hand does the tilting. Byte 7 is padding.
  return bytes;
}

SampleFrame render_frame(const SampleScene& scene, const SampleOptions& options, std::size_t depth_index) {
  if (depth_index >= scene.depth.size())
    throw std::invalid_argument("scene '" + scene.name + "' has no depth frame " +
                                std::to_string(depth_index));
  SampleFrame frame;
  frame.scene = scene.name;
  frame.depth_record = record_of(scene, scene.depth[depth_index], 'd');
  frame.rgb_record = record_of(scene, scene.rgb_partner[depth_index], 'r');
  frame.name = frame.depth_record.name.substr(0, frame.depth_record.name.rfind('.'));
  frame.depth_rel = render_depth(scene, options, scene.depth[depth_index]);
  frame.raw_rgb = render_rgb(scene, options, scene.rgb_partner[depth_index]);
  frame.truth_depth = render_truth(scene, scene.depth[depth_index]);
  if (const std::size_t a = scene.accel_partner[depth_index]; a != SampleScene::npos) {
    frame.accel_record = scene.index_file[a];
    const auto bytes = accel_dump(scene, options, a);
    for (std::size_t i = 0; i < 3; ++i)
      frame.accel[i] =
          static_cast<std::int16_t>(static_cast<std::uint16_t>(bytes[2 * i] | (bytes[2 * i + 1] << 8)));
    frame.accel[3] = static_cast<std::int8_t>(bytes[6]);
  }
  return frame;
}

RegisteredPair make_registered_pair(std::uint64_t seed, const std::string& room) {
  const SampleOptions options{
      .scenes = static_cast<int>(std::size(kRoomTypes)), .frames = 1, .seed = seed, .room = room};
  const SampleScene scene = make_scene(options, static_cast<int>(mix(seed) % std::size(kRoomTypes)));
  const SampleFrame frame = render_frame(scene, options, 0);
  static const nyu::DepthRegistration registration;
  RegisteredPair pair;
  pair.rgb.create(nyu::kRows, nyu::kCols, CV_8UC3);
  pair.raw_depth.create(nyu::kRows, nyu::kCols, CV_64FC1);
  registration.rgb_lens().undistort_rgb(view<std::uint8_t>(frame.raw_rgb), view_mut<std::uint8_t>(pair.rgb));
  registration.project_depth_map(view<std::uint16_t>(frame.depth_rel), view_mut<double>(pair.raw_depth));
  pair.truth = frame.truth_depth;
  return pair;
}

}  // namespace depthmill::sample
