#include "stages/sample/floor_plan.h"

#include <cmath>

namespace depthmill::sample {

FloorPlan::FloorPlan(Vec3 size) : size_(size) {
  walls[0] = {{size.x / 2, size.y, 0}, kPi, size.x, {}};
  walls[1] = {{0, size.y / 2, 0}, -kPi / 2, size.y, {}};
  walls[2] = {{size.x, size.y / 2, 0}, kPi / 2, size.y, {}};
  walls[3] = {{size.x / 2, 0, 0}, 0, size.x, {}};
}

Footprint FloorPlan::against(const Wall& wall, double along, double off, double width, double depth) const {
  const Mat3 turn = rotation_z(wall.angle);
  const Vec3 a = wall.middle + turn * Vec3{along - width / 2, off, 0};
  const Vec3 b = wall.middle + turn * Vec3{along + width / 2, off + depth, 0};
  return {std::min(a.x, b.x), std::max(a.x, b.x), std::min(a.y, b.y), std::max(a.y, b.y), 0};
}

bool FloorPlan::free(const Footprint& f, double margin) const {
  if (f.x0 < -1e-6 || f.y0 < -1e-6 || f.x1 > size_.x + 1e-6 || f.y1 > size_.y + 1e-6) return false;
  for (const Footprint& t : taken_)
    if (f.x0 < t.x1 + margin && f.x1 > t.x0 - margin && f.y0 < t.y1 + margin && f.y1 > t.y0 - margin)
      return false;
  return true;
}

bool FloorPlan::bare(const Footprint& f, double bottom) const {
  for (const Footprint& t : taken_)
    if (f.x0 < t.x1 && f.x1 > t.x0 && f.y0 < t.y1 && f.y1 > t.y0 && t.top > bottom) return false;
  return true;
}

bool FloorPlan::put_against(Builder& builder, const Palette& palette, const Piece& piece, const Wall& wall) {
  for (int attempt = 0; attempt < 24; ++attempt) {
    const double room = wall.length - piece.width - 0.04;
    if (room < 0) return false;
    const double along = builder.random.uniform(-room / 2, room / 2);
    Footprint f = against(wall, along, 0, piece.width, piece.depth);
    f.top = std::max(piece.height, piece.top);
    if (!free(f, 0.04)) continue;
    bool covers = false;
    for (const Opening& o : wall.openings)
      covers |= std::fabs(along - o.middle) < (piece.width + o.width) / 2 && f.top > o.bottom + 0.05;
    if (covers) continue;
    take(f);
    builder.place(wall.middle + rotation_z(wall.angle) * Vec3{along, 0, 0}, wall.angle);
    piece.build(builder, palette, piece);
    return true;
  }
  return false;
}

bool FloorPlan::put_free(Builder& builder, const Palette& palette, const Piece& piece, double angle,
                         double margin, const Footprint& within) {
  const Mat3 turn = rotation_z(angle);
  const double c = std::fabs(turn.row[0].x), s = std::fabs(turn.row[0].y);
  const double w = piece.width * c + piece.depth * s, d = piece.width * s + piece.depth * c;
  for (int attempt = 0; attempt < 24; ++attempt) {
    const double x = builder.random.uniform(within.x0 + w / 2, within.x1 - w / 2);
    const double y = builder.random.uniform(within.y0 + d / 2, within.y1 - d / 2);
    const Footprint f{x - w / 2, x + w / 2, y - d / 2, y + d / 2, piece.height};
    if (within.x1 - within.x0 < w || within.y1 - within.y0 < d || !free(f, margin)) continue;
    take(f);
    builder.place(Vec3{x, y, 0} + turn * Vec3{0, -piece.depth / 2, 0}, angle);
    piece.build(builder, palette, piece);
    return true;
  }
  return false;
}

}  // namespace depthmill::sample
