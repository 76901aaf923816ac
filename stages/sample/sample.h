// Made-up Kinect recordings: furnished rooms ray-cast through both calibrated lenses of NYU Depth V2 and
// written in its exact raw format, with the true depth beside them. The default input of the program, and
// what tests and benchmarks draw from.
//
//   SampleOptions options{.scenes = 1, .frames = 5, .seed = 7};
//   const SampleScene scene = make_scene(options, 0);        // a room, a camera path, a timetable
//   const SampleFrame frame = render_frame(scene, options, 2);  // the third depth frame and its RGB partner
//   write_sample_scenes("raw", options);                      // raw/kitchen_0001/...,
//   raw/truth/kitchen_0001/...
//
// Everything is a pure function of the options and the indices: equal on every machine with IEEE doubles, for
// any thread count and any order of calls. All functions may be called from several threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/io/key_table.h"

namespace depthmill::sample {

// Room types, as scene folders of the data set are called (scene names are "<type>_0001").
inline constexpr std::string_view kRoomTypes[] = {"kitchen",   "bedroom",     "living_room",
                                                  "bathroom",  "office",      "dining_room",
                                                  "classroom", "home_office", "basement"};

struct SampleOptions {
  int scenes = 3;          // scene folders, 1..10000; types take turns in the order of kRoomTypes
  int frames = 12;         // depth frames a scene, 1..100000 (RGB frames: about as many)
  std::uint64_t seed = 1;  // another seed, other rooms, paths and noise
  double fps = 25.0;       // mean depth frames per second, 0.1..30; below 20 the recording looks thinned out
  std::string room{};      // one of kRoomTypes for every scene; "" = take turns
  double defects = 1.0;  // 0..1: amount of sensor noise, drop-out and speckle; 0 = quantised codes with only
                         // what geometry costs (projector shadow, range, the blank band)
  bool accel = true;     // also accelerometer records
  std::string problem() const;  // "" or one sentence naming the first bad field
};

// Section [sample].
const std::vector<io::Key<SampleOptions>>& sample_keys();

// One file of a recording.
struct Recording {
  char kind = 'd';          // 'r', 'd' or 'a'
  double exposure = 0;      // seconds since the recording began at which the picture was taken
  double host_time = 0;     // Unix seconds of arrival, as in the name (microseconds)
  std::uint32_t clock = 0;  // device clock as in the name; wraps
  std::string name;         // "d-1294886362.665769-3143255701.pgm"
};

struct World;  // the room: world.h

struct SampleScene {
  std::string name;  // "kitchen_0001"
  int index = 0;
  std::shared_ptr<const World> world;
  std::vector<Recording> index_file;  // every r, d and a record in capture order, as INDEX.txt lists them
  std::vector<std::size_t> depth;     // positions of the depth records in index_file, in order of time
  // For each depth record, the RGB and accel record that get_synched_frames picks (accel: npos when none).
  std::vector<std::size_t> rgb_partner, accel_partner;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

// One synchronised moment.
struct SampleFrame {
  std::string scene, name;  // scene folder and stem of the depth file
  Recording rgb_record, depth_record, accel_record;
  cv::Mat raw_rgb;      // 480x640 CV_8UC3 RGB through the distorted colour lens
  cv::Mat depth_rel;    // 480x640 CV_16UC1 codes 0..2046 through the distorted depth lens, 2047 = none
  cv::Mat truth_depth;  // 480x640 CV_64FC1, see render_truth
  std::array<double, 4> accel{};  // x y z counts (819 = 1 g) and tilt code
};

// The room `scene_index` (0-based, < options.scenes) with its path and timetable; about 20 ms.
// Throws std::invalid_argument with options.problem() or when the index is out of range.
SampleScene make_scene(const SampleOptions& options, int scene_index);

// Depth frame `depth_index` (position in scene.depth) with its partners and truth; under 0.15 s on one core.
// Throws std::invalid_argument when out of range.
SampleFrame render_frame(const SampleScene& scene, const SampleOptions& options, std::size_t depth_index);

// The parts of a frame, one by one; `record` is a position in scene.index_file of the right kind.
cv::Mat render_rgb(const SampleScene& scene, const SampleOptions& options, std::size_t record);
cv::Mat render_depth(const SampleScene& scene, const SampleOptions& options, std::size_t record);
std::array<std::uint8_t, 12> accel_dump(const SampleScene& scene, const SampleOptions& options,
                                        std::size_t record);

// What project_depth_map would give for a sensor without noise, holes and rounding to pixels: for every pixel
// of the undistorted colour image, Z in the DEPTH camera's frame of the nearest surface that the toolbox's
// mapping (with its mixed pixel bases) puts there, metres; 0 where nothing is there (an open window). Not
// clamped to 10 m, not limited to what the depth camera sees. Taken at the pose of depth record `record`.
cv::Mat render_truth(const SampleScene& scene, std::size_t record);

// Which object each pixel of render_truth belongs to: class (index + 1 into class_names(), 0 = none) and
// instance number within its class (1..255), as the labelled set has them.
struct SampleLabels {
  cv::Mat labels;     // 480x640 CV_16UC1
  cv::Mat instances;  // 480x640 CV_8UC1
};
SampleLabels render_labels(const SampleScene& scene, std::size_t record);
std::span<const std::string_view> class_names();

// Called after each depth frame written; returning false stops (the scene is left unfinished).
using SampleProgress = std::function<bool(std::size_t frames_done, std::size_t frames_total)>;

struct SampleSummary {
  std::vector<std::string> scenes;
  std::size_t depth_files = 0, rgb_files = 0, accel_files = 0;
  bool stopped = false;  // progress said so
};

// Writes DIR/<scene>/{r-*.ppm,d-*.pgm,a-*.dump,INDEX.txt} and DIR/truth/<scene>/<depth stem>.depth.npy
// (float64 metres). Files of the same name are replaced; a scene folder that holds others is an
// error. One scene can be written alone
// by its index, so callers may run several at once. About 2.9 MB a frame. Throws std::invalid_argument
// (options) or std::runtime_error naming the file that could not be written.
SampleSummary write_sample_scenes(const std::filesystem::path& dir, const SampleOptions& options,
                                  const SampleProgress& progress = {});
SampleSummary write_sample_scene(const std::filesystem::path& dir, const SampleOptions& options,
                                 int scene_index, const SampleProgress& progress = {});

// A registered frame without files, for tests and benchmarks: what extract would make of one frame.
struct RegisteredPair {
  cv::Mat rgb;        // 480x640 CV_8UC3 RGB, undistorted, white border
  cv::Mat raw_depth;  // 480x640 CV_64FC1 metres, registered, 0 = hole (20-35 % of the pixels)
  cv::Mat truth;      // 480x640 CV_64FC1 metres, see render_truth
};
// `seed` chooses room, view and noise; `room` as in SampleOptions.
RegisteredPair make_registered_pair(std::uint64_t seed, const std::string& room = "");

// Ways in which a recording can be broken.
enum class Damage {
  kTruncate,      // a depth file cut in the middle
  kTruncateRgb,   // an RGB file cut in the middle
  kEmpty,         // a depth file of no bytes
  kWrongSize,     // a depth file that says, and is, 320 x 240
  kAllMissing,    // a depth file with nothing but 2047
  kAllZero,       // a depth file with nothing but code 0
  kNotAnImage,    // a depth file with text in it
  kBadAccel,      // an accelerometer record of 5 bytes
  kJunkFiles,     // files that do not belong: readme.txt, about.txt, Thumbs.db, d-oops.pgm
  kNoRgb,         // every RGB file removed
  kNoDepth,       // every depth file removed
  kNoAccel,       // every accelerometer record removed
  kListedAbsent,  // a depth file removed that INDEX.txt lists
};
struct DamageDone {
  Damage kind;
  std::string file;  // name of the file hit; "" for the kinds that hit many
};
// Breaks the written scene folder in each of these ways, each on a file of its own, in order: the first kind
// for a depth file takes the first depth file by name, and so on. RGB: the file that is the partner in time
// of no damaged depth file yet, where there is one. Throws std::invalid_argument when there are not enough
// files.
std::vector<DamageDone> damage_scene(const std::filesystem::path& scene_dir, std::span<const Damage> kinds);

}  // namespace depthmill::sample
