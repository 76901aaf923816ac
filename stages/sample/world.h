// What a made-up room is made of: solids with a material and a label, lamps, and the way the camera takes.
// World coordinates in metres: x and y along the floor, z up; the room is [0, size.x] x [0, size.y] x
// [0, size.z].
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/sample/geometry.h"

namespace depthmill::sample {

enum class Texture : std::uint8_t {
  kPlain,     // colour a with faint unevenness
  kWood,      // grain along the longer side, a to b
  kPlanks,    // boards of wood with seams
  kTiles,     // tiles of colour a, joints of colour b, `scale` metres wide
  kCarpet,    // fine noise between a and b
  kStripes,   // a and b alternating every `scale` metres
  kChecks,    // a chess board of a and b
  kBricks,    // brick a, mortar b
  kMarble,    // veins of b in a
  kConcrete,  // stained, a to b
  kFlowers,   // blobs of b on a
  kPicture,   // a painting or poster: a frame and shapes in colours of its own
  kBooks,     // rows of text-like dashes of b on a
  kKeys,      // a grid of small squares of b on a
  kScene,     // bright view through a window: sky, trees
};

// How a surface looks to the colour camera and to the depth sensor.
struct Material {
  Texture texture = Texture::kPlain;
  Vec3 a{}, b{};       // linear reflectance 0..1
  double scale = 0.3;  // metres, see Texture
  double gloss = 0;    // 0..1: strength of highlights; glossy surfaces also lose depth where they mirror away
  double infrared = 0.6;  // reflectance at 830 nm, 0..1: what the depth sensor gets back
  bool glass = false;     // mirror or window pane: the depth sensor gets nothing back
  bool shines = false;    // a lamp or a view outdoors: not shaded
  std::uint32_t seed = 0;
};

enum class Shape : std::uint8_t { kBox, kCylinder, kEllipsoid };

// The unit shape [-1, 1]^3, scaled by `half`, turned by `axes` (rows: local axes in world coordinates), put
// at `center`. The cylinder stands along local z; its radius at the top is `taper` times that at the bottom.
struct Solid {
  Shape shape = Shape::kBox;
  Vec3 center;
  Mat3 axes;
  Vec3 half;
  double taper = 1;
  std::uint16_t material = 0;
  std::uint8_t label = 0;     // index into class_names()
  std::uint8_t instance = 0;  // 1..255 within its label
};

struct Lamp {
  Vec3 at;
  Vec3 power;  // colour times strength: irradiance is power / distance^2
};

// What the room looks like from a lamp, looking down: nearest distance along -z a direction.
struct ShadowMap {
  static constexpr int kSize = 512;
  static constexpr double kReach = 3.5;  // tangent of the half angle
  std::vector<float> depth;              // kSize x kSize; metres below the lamp
};

// A walk with a hand-held camera: about one place and direction, swaying in slow sines, so that it stays in
// the free space however long it lasts.
struct Wave {
  double amount = 0, rate = 0, phase = 0;  // unit of the quantity, radians per second, radians
};
struct CameraPath {
  Vec3 middle;                          // metres
  double yaw = 0, pitch = 0, roll = 0;  // radians; yaw 0 looks along +y, pitch > 0 looks down
  Wave sway[3], turn[3], shake[3];      // on position x y z; on yaw, pitch, roll; the same, quick and small
};

// The pose of the depth camera (x right, y down, z forward).
struct Pose {
  Vec3 at;
  Mat3 world_from_camera;
};
Pose pose_at(const CameraPath& path, double seconds);

struct World {
  Vec3 size;
  std::vector<Solid> solids;
  std::vector<Material> materials;
  std::vector<Lamp> lamps;
  std::vector<ShadowMap> shadows;  // one a lamp
  Vec3 ambient{0.3, 0.3, 0.3};
  Vec3 white_balance{1, 1, 1};
  double exposure = 1;  // linear gain
  double grain = 1;     // amount of image noise
  CameraPath path;
  std::uint64_t key = 0;  // of the scene: noise keys derive from it
};

// Lens tables: ideal directions (x, y, 1) seen by every pixel of a 480x640 image.
struct RayGrid {
  int rows = 0, cols = 0;
  std::vector<double> x, y;  // rows * cols
};
const RayGrid& raw_rgb_rays();    // through the distorted colour lens
const RayGrid& raw_depth_rays();  // through the distorted depth lens
const RayGrid& ideal_rgb_rays();  // the toolbox's registered image: pixels counted from 1

struct Hits {
  static constexpr std::uint16_t kNone = 0xffff;
  int rows = 0, cols = 0;
  std::vector<double> t;             // along the grid's direction; 1e30 where nothing
  std::vector<std::uint16_t> solid;  // index into World::solids or kNone
};

// First solid along origin + t * world_from_grid * (x, y, 1), t > 0.05, for every ray of the grid. A solid
// that holds the origin is not seen.
Hits trace(const World& world, Vec3 origin, const Mat3& world_from_grid, const RayGrid& grid);

// A point on a solid in the solid's own frame.
struct Surface {
  Vec3 local;   // metres from the solid's centre along its axes
  Vec3 normal;  // world, unit, outwards
  double u, v;  // metres along the face, for textures
};
Surface surface_at(const Solid& solid, Vec3 point);

// Reflectance of the material at a surface point; `footprint` is a pixel's width there in metres: finer
// detail is left out.
Vec3 reflectance(const Material& material, const Surface& surface, const Solid& solid, double footprint);

// Linear light that leaves a surface towards the eye at `from`: lamps with shadows, ambient light,
// highlights.
Vec3 shade(const World& world, Vec3 from, Vec3 point, std::uint16_t solid, double footprint);

// Fills world.shadows from world.lamps and the solids.
void cast_shadows(World& world);

// The room itself (rooms.cpp): walls, openings, furniture, lamps, camera path. `room` is one of kRoomTypes.
World build_room(std::string_view room, std::uint64_t seed, std::uint64_t scene);

// value_noise(col * frequency, row * frequency, seed) for a whole image, row-major: many times faster.
std::vector<float> noise_field(int rows, int cols, double frequency, std::uint32_t seed);

// Smooth noise in [0, 1] with features of size 1.
double value_noise(double x, double y, std::uint32_t seed);

}  // namespace depthmill::sample
