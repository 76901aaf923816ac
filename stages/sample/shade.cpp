#include <cmath>

#include "stages/sample/random.h"
#include "stages/sample/world.h"

namespace depthmill::sample {
namespace {

// Rows: right, towards -y, down; seen from the lamp.
constexpr Mat3 kLookDown{{{1, 0, 0}, {0, -1, 0}, {0, 0, -1}}};

const RayGrid& shadow_rays() {
  static const RayGrid grid = [] {
    RayGrid g{ShadowMap::kSize, ShadowMap::kSize, {}, {}};
    for (int r = 0; r < g.rows; ++r)
      for (int c = 0; c < g.cols; ++c) {
        g.x.push_back(((c + 0.5) / g.cols * 2 - 1) * ShadowMap::kReach);
        g.y.push_back(((r + 0.5) / g.rows * 2 - 1) * ShadowMap::kReach);
      }
    return g;
  }();
  return grid;
}

// Share of the lamp that reaches the point, from a 3 x 3 tent over the map; 1 outside the map.
double lit(const ShadowMap& map, Vec3 lamp, Vec3 point) {
  const double down = lamp.z - point.z;
  if (down < 0.05) return 1;
  constexpr double kScale = ShadowMap::kSize / (2 * ShadowMap::kReach);
  const double x = ((point.x - lamp.x) / down + ShadowMap::kReach) * kScale - 0.5;
  const double y = ((lamp.y - point.y) / down + ShadowMap::kReach) * kScale - 0.5;
  const double fx = std::floor(x), fy = std::floor(y);
  if (!(fx >= 1 && fy >= 1 && fx < ShadowMap::kSize - 3 && fy < ShadowMap::kSize - 3)) return 1;
  const auto ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const double ax = x - fx, ay = y - fy;
  const double wx[4] = {(1 - ax) / 3, 1.0 / 3, 1.0 / 3, ax / 3},
               wy[4] = {(1 - ay) / 3, 1.0 / 3, 1.0 / 3, ay / 3};
  const auto limit = static_cast<float>(down * 0.988 - 0.02);
  double sum = 0;
  for (int j = 0; j < 4; ++j) {
    const float* row = map.depth.data() + static_cast<std::ptrdiff_t>(iy - 1 + j) * ShadowMap::kSize + ix - 1;
    for (int i = 0; i < 4; ++i) sum += row[i] >= limit ? wx[i] * wy[j] : 0;
  }
  return sum;
}

// What a mirror shows: the bare room shell in the reflected direction.
Vec3 mirrored(const World& world, Vec3 point, Vec3 direction) {
  double best = 1e9;
  int side = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double d = direction[axis];
    if (std::fabs(d) < 1e-9) continue;
    const double t = ((d > 0 ? world.size[axis] : 0) - point[axis]) / d;
    if (t > 1e-3 && t < best) {
      best = t;
      side = axis == 2 ? (d > 0 ? 2 : 3) : axis;
    }
  }
  const Vec3 at = point + direction * best;
  const double n = value_noise(at.x * 1.5 + at.y, at.z * 2, 77);
  const Vec3 base = side == 2   ? Vec3{0.6, 0.59, 0.56}
                    : side == 3 ? Vec3{0.24, 0.2, 0.17}
                                : Vec3{0.42, 0.4, 0.36};
  return base * (0.5 + 0.6 * n);
}

}  // namespace

void cast_shadows(World& world) {
  world.shadows.clear();
  for (const Lamp& lamp : world.lamps) {
    const Hits hits = trace(world, lamp.at, transposed(kLookDown), shadow_rays());
    ShadowMap map;
    map.depth.reserve(hits.t.size());
    for (double t : hits.t) map.depth.push_back(static_cast<float>(std::min(t, 1e6)));
    world.shadows.push_back(std::move(map));
  }
}

Vec3 shade(const World& world, Vec3 from, Vec3 point, std::uint16_t index, double footprint) {
  const Solid& solid = world.solids[index];
  const Material& material = world.materials[solid.material];
  const Surface s = surface_at(solid, point);
  const Vec3 colour = reflectance(material, s, solid, footprint);
  if (material.shines) return colour;
  const Vec3 to_eye = normalised(from - point);
  if (material.glass) {
    const Vec3 d = s.normal * (2 * dot(s.normal, to_eye)) - to_eye;
    return colour * mirrored(world, point, d) * 1.8;
  }
  // Corners get less ambient light: the nearer two shell faces meet, the darker.
  double open = 1;
  if (point.x > 0 && point.y > 0 && point.x < world.size.x && point.y < world.size.y)
    for (int axis = 0; axis < 3; ++axis) {
      const double d = std::min(point[axis], world.size[axis] - point[axis]);
      if (std::fabs(s.normal[axis]) < 0.7) open *= 1 - 0.45 / (1 + d * d * 25);
    }
  Vec3 light = world.ambient * (open * (0.75 + 0.25 * s.normal.z));
  // The underside of things near the floor sees little.
  if (s.normal.z < -0.5 && point.z < 1.0) light = light * 0.5;
  Vec3 highlight{};
  const Vec3 lifted = point + s.normal * 0.025;
  for (std::size_t i = 0; i < world.lamps.size(); ++i) {
    const Vec3 to = world.lamps[i].at - point;
    const double d2 = dot(to, to) + 0.15;
    const Vec3 l = to * (1 / std::sqrt(d2));
    const double facing = dot(s.normal, l);
    if (facing <= 0) continue;
    const double share = lit(world.shadows[i], world.lamps[i].at, lifted);
    if (share <= 0) continue;
    light = light + world.lamps[i].power * (facing * share / d2);
    if (material.gloss > 0) {
      const Vec3 h = normalised(l + to_eye);
      double c = std::max(0.0, dot(h, s.normal));
      c *= c;  // to the 64th power
      for (int k = 0; k < 5; ++k) c *= c;
      highlight = highlight + world.lamps[i].power * (0.35 * material.gloss * c * share / d2 * 2);
    }
  }
  return colour * light + highlight;
}

}  // namespace depthmill::sample
