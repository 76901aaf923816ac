#include <cmath>
#include <limits>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/distortion.h"
#include "stages/sample/world.h"

namespace depthmill::sample {
namespace {

constexpr double kFar = 1e30;
constexpr double kNear = 0.05;
constexpr int kTile = 16;
constexpr int kTileRays = kTile * kTile;

// A solid as seen from one origin: rays (x, y, 1) of the grid become rays of the unit shape.
struct LocalSolid {
  Vec3 origin;
  Mat3 local_from_grid;
  Shape shape;
  double taper;
  std::uint16_t index;
  double x0, x1, y0, y1;  // bounds on the grid's plane z = 1
  double nearest;         // smallest t any point of it may have
};

// Projects the solid's bounding box, cut off at the near plane. False when all of it is behind.
bool bound(const Solid& solid, Vec3 origin, const Mat3& grid_from_world, LocalSolid& out) {
  Vec3 corner[8];
  for (int i = 0; i < 8; ++i) {
    Vec3 p = solid.center - origin;
    for (int axis = 0; axis < 3; ++axis)
      p = p + solid.axes.row[axis] * (((i >> axis) & 1) ? solid.half[axis] : -solid.half[axis]);
    corner[i] = grid_from_world * p;
  }
  out.x0 = out.y0 = kFar;
  out.x1 = out.y1 = -kFar;
  out.nearest = kFar;
  auto add = [&](Vec3 p) {
    out.x0 = std::min(out.x0, p.x / p.z);
    out.x1 = std::max(out.x1, p.x / p.z);
    out.y0 = std::min(out.y0, p.y / p.z);
    out.y1 = std::max(out.y1, p.y / p.z);
    out.nearest = std::min(out.nearest, p.z);
  };
  bool any = false;
  for (int i = 0; i < 8; ++i) {
    if (corner[i].z >= kNear) {
      add(corner[i]);
      any = true;
    }
    for (int axis = 0; axis < 3; ++axis) {
      const int j = i | (1 << axis);
      if (j == i || (corner[i].z >= kNear) == (corner[j].z >= kNear)) continue;
      const double s = (kNear - corner[i].z) / (corner[j].z - corner[i].z);
      add(mixed(corner[i], corner[j], s));
    }
  }
  return any;
}

struct Tile {
  double x[kTileRays], y[kTileRays], t[kTileRays];
  std::int32_t solid[kTileRays];
};

// Slabs; no branches, so that the compiler can take several rays at once.
void hit_boxes(const LocalSolid& s, Tile& tile) {
  const Mat3& m = s.local_from_grid;
  const double ax = m.row[0].x, ay = m.row[0].y, az = m.row[0].z;
  const double bx = m.row[1].x, by = m.row[1].y, bz = m.row[1].z;
  const double cx = m.row[2].x, cy = m.row[2].y, cz = m.row[2].z;
  const double ox = s.origin.x, oy = s.origin.y, oz = s.origin.z;
  const auto index = static_cast<std::int32_t>(s.index);
  for (int i = 0; i < kTileRays; ++i) {
    const double x = tile.x[i], y = tile.y[i];
    const double ia = 1.0 / (ax * x + ay * y + az);
    const double ib = 1.0 / (bx * x + by * y + bz);
    const double ic = 1.0 / (cx * x + cy * y + cz);
    const double a0 = (-1 - ox) * ia, a1 = (1 - ox) * ia;
    const double b0 = (-1 - oy) * ib, b1 = (1 - oy) * ib;
    const double c0 = (-1 - oz) * ic, c1 = (1 - oz) * ic;
    const double an = a0 < a1 ? a0 : a1, af = a0 < a1 ? a1 : a0;
    const double bn = b0 < b1 ? b0 : b1, bf = b0 < b1 ? b1 : b0;
    const double cn = c0 < c1 ? c0 : c1, cf = c0 < c1 ? c1 : c0;
    double in = an > bn ? an : bn;
    in = in > cn ? in : cn;
    double out = af < bf ? af : bf;
    out = out < cf ? out : cf;
    const bool hit = (in <= out) & (in > kNear) & (in < tile.t[i]);
    tile.t[i] = hit ? in : tile.t[i];
    tile.solid[i] = hit ? index : tile.solid[i];
  }
}

void hit_ellipsoids(const LocalSolid& s, Tile& tile) {
  const double c = dot(s.origin, s.origin) - 1;
  if (c <= 0) return;
  for (int i = 0; i < kTileRays; ++i) {
    const Vec3 d = s.local_from_grid * Vec3{tile.x[i], tile.y[i], 1};
    const double a = dot(d, d), b = dot(d, s.origin);
    const double q = b * b - a * c;
    if (!(q > 0)) continue;
    const double t = (-b - std::sqrt(q)) / a;
    if (t > kNear && t < tile.t[i]) {
      tile.t[i] = t;
      tile.solid[i] = s.index;
    }
  }
}

// x^2 + y^2 = r(z)^2 with r linear in z, 1 at the bottom and `taper` at the top; flat ends.
void hit_cylinders(const LocalSolid& s, Tile& tile) {
  const double slope = (s.taper - 1) / 2, middle = (1 + s.taper) / 2;
  const Vec3 o = s.origin;
  const double ro = middle + slope * o.z;
  for (int i = 0; i < kTileRays; ++i) {
    const Vec3 d = s.local_from_grid * Vec3{tile.x[i], tile.y[i], 1};
    const double rd = slope * d.z;
    const double a = d.x * d.x + d.y * d.y - rd * rd;
    const double b = d.x * o.x + d.y * o.y - rd * ro;
    const double c = o.x * o.x + o.y * o.y - ro * ro;
    double best = tile.t[i];
    const double q = b * b - a * c;
    if (q > 0 && c > 0) {
      const double t = (-b - std::sqrt(q)) / a;
      const double z = o.z + t * d.z;
      if (t > kNear && t < best && z > -1 && z < 1) best = t;
    }
    const double end = o.z > 1 ? 1 : o.z < -1 ? -1 : 0;
    if (end != 0) {
      const double t = (end - o.z) / d.z;
      const double x = o.x + t * d.x, y = o.y + t * d.y, r = middle + slope * end;
      if (t > kNear && t < best && x * x + y * y < r * r) best = t;
    }
    if (best < tile.t[i]) {
      tile.t[i] = best;
      tile.solid[i] = s.index;
    }
  }
}

RayGrid raw_rays(const nyu::Intrinsics& camera) {
  RayGrid grid{nyu::kRows, nyu::kCols, {}, {}};
  for (int r = 0; r < grid.rows; ++r)
    for (int c = 0; c < grid.cols; ++c) {
      const nyu::Normalised ray = nyu::ray_of_raw_pixel(c, r, camera);
      grid.x.push_back(ray.x);
      grid.y.push_back(ray.y);
    }
  return grid;
}

}  // namespace

const RayGrid& raw_rgb_rays() {
  static const RayGrid grid = raw_rays(nyu::kCameraParams.rgb);
  return grid;
}

const RayGrid& raw_depth_rays() {
  static const RayGrid grid = raw_rays(nyu::kCameraParams.depth);
  return grid;
}

const RayGrid& ideal_rgb_rays() {
  static const RayGrid grid = [] {
    RayGrid g{nyu::kRows, nyu::kCols, {}, {}};
    for (int r = 0; r < g.rows; ++r)
      for (int c = 0; c < g.cols; ++c) {
        const auto ray = nyu::normalised_from_pixel(c + 1, r + 1, nyu::kCameraParams.rgb);
        g.x.push_back(ray.x);
        g.y.push_back(ray.y);
      }
    return g;
  }();
  return grid;
}

Hits trace(const World& world, Vec3 origin, const Mat3& world_from_grid, const RayGrid& grid) {
  const Mat3 grid_from_world = inverse(world_from_grid);
  std::vector<LocalSolid> seen;
  seen.reserve(world.solids.size());
  for (std::size_t i = 0; i < world.solids.size(); ++i) {
    const Solid& solid = world.solids[i];
    LocalSolid local{};
    if (!bound(solid, origin, grid_from_world, local)) continue;
    Mat3 unit = solid.axes;
    for (int axis = 0; axis < 3; ++axis) unit.row[axis] = unit.row[axis] * (1.0 / solid.half[axis]);
    local.origin = unit * (origin - solid.center);
    local.local_from_grid = unit * world_from_grid;
    local.shape = solid.shape;
    local.taper = solid.taper;
    local.index = static_cast<std::uint16_t>(i);
    seen.push_back(local);
  }
  // Near things first: what lies behind everything a tile has seen is skipped. Stable: equal distances keep
  // the order of the room.
  std::stable_sort(seen.begin(), seen.end(),
                   [](const LocalSolid& a, const LocalSolid& b) { return a.nearest < b.nearest; });

  Hits hits{grid.rows, grid.cols, std::vector<double>(grid.x.size()),
            std::vector<std::uint16_t>(grid.x.size())};
  Tile tile;
  for (int r0 = 0; r0 < grid.rows; r0 += kTile)
    for (int c0 = 0; c0 < grid.cols; c0 += kTile) {
      double x0 = kFar, x1 = -kFar, y0 = kFar, y1 = -kFar;
      for (int i = 0; i < kTileRays; ++i) {
        const int r = std::min(r0 + i / kTile, grid.rows - 1), c = std::min(c0 + i % kTile, grid.cols - 1);
        const std::size_t p =
            static_cast<std::size_t>(r) * static_cast<std::size_t>(grid.cols) + static_cast<std::size_t>(c);
        tile.x[i] = grid.x[p];
        tile.y[i] = grid.y[p];
        tile.t[i] = kFar;
        tile.solid[i] = Hits::kNone;
        x0 = std::min(x0, grid.x[p]);
        x1 = std::max(x1, grid.x[p]);
        y0 = std::min(y0, grid.y[p]);
        y1 = std::max(y1, grid.y[p]);
      }
      double farthest = kFar;
      for (const LocalSolid& s : seen) {
        if (s.nearest > farthest) break;
        if (s.x1 < x0 || s.x0 > x1 || s.y1 < y0 || s.y0 > y1) continue;
        if (s.shape == Shape::kBox)
          hit_boxes(s, tile);
        else if (s.shape == Shape::kCylinder)
          hit_cylinders(s, tile);
        else
          hit_ellipsoids(s, tile);
        farthest = 0;
        for (double t : tile.t) farthest = t > farthest ? t : farthest;
      }
      for (int i = 0; i < kTileRays; ++i) {
        const int r = r0 + i / kTile, c = c0 + i % kTile;
        if (r >= grid.rows || c >= grid.cols) continue;
        const std::size_t p =
            static_cast<std::size_t>(r) * static_cast<std::size_t>(grid.cols) + static_cast<std::size_t>(c);
        hits.t[p] = tile.t[i];
        hits.solid[p] = static_cast<std::uint16_t>(tile.solid[i]);
      }
    }
  return hits;
}

Surface surface_at(const Solid& solid, Vec3 point) {
  Surface s{};
  s.local = solid.axes * (point - solid.center);
  const Vec3 q{s.local.x / solid.half.x, s.local.y / solid.half.y, s.local.z / solid.half.z};
  const Vec3 a{std::fabs(q.x), std::fabs(q.y), std::fabs(q.z)};
  Vec3 n;
  if (solid.shape == Shape::kBox) {
    if (a.z >= a.x && a.z >= a.y) {
      n = {0, 0, q.z > 0 ? 1.0 : -1.0};
      s.u = s.local.x;
      s.v = s.local.y;
    } else if (a.x >= a.y) {
      n = {q.x > 0 ? 1.0 : -1.0, 0, 0};
      s.u = s.local.y;
      s.v = s.local.z;
    } else {
      n = {0, q.y > 0 ? 1.0 : -1.0, 0};
      s.u = s.local.x;
      s.v = s.local.z;
    }
  } else if (solid.shape == Shape::kEllipsoid) {
    n = {q.x / solid.half.x, q.y / solid.half.y, q.z / solid.half.z};
    s.u = s.local.x + 0.37 * s.local.y;
    s.v = s.local.z + 0.23 * s.local.y;
  } else if (a.z > 0.9999999) {
    n = {0, 0, q.z > 0 ? 1.0 : -1.0};
    s.u = s.local.x;
    s.v = s.local.y;
  } else {
    const double slope = (solid.taper - 1) / 2, radius = (1 + solid.taper) / 2 + slope * q.z;
    n = {q.x / solid.half.x, q.y / solid.half.y, -radius * slope / solid.half.z};
    // Around the mantle without arctangent: continuous but for one seam.
    const double around = q.x > 0 ? q.y / radius : (q.y > 0 ? 2 - q.y / radius : -2 - q.y / radius);
    s.u = around * solid.half.x;
    s.v = s.local.z;
  }
  s.normal = normalised(transposed(solid.axes) * n);
  return s;
}

}  // namespace depthmill::sample
