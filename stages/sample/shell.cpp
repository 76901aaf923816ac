#include "stages/sample/shell.h"

#include <cmath>

namespace depthmill::sample {
namespace {

constexpr double kThick = 0.14;

// The wall's boxes around its openings, in the wall's frame; skirting along the floor.
void build_wall(Builder& b, const Palette& p, const Wall& wall, double height, std::uint16_t material,
                bool skirting) {
  b.place(wall.middle, wall.angle);
  b.object(Label::kWall);
  std::vector<Opening> openings = wall.openings;
  std::sort(openings.begin(), openings.end(),
            [](const Opening& a, const Opening& c) { return a.middle < c.middle; });
  double x = -wall.length / 2 - kThick;
  auto piece = [&](double x0, double x1, double z0, double z1) {
    if (x1 - x0 < 1e-3 || z1 - z0 < 1e-3) return;
    b.box({x0, -kThick, z0}, {x1, 0, z1}, material);
    if (skirting && z0 <= 0) b.box({x0, 0, 0}, {x1, 0.015, 0.09}, p.baseboard);
  };
  for (const Opening& o : openings) {
    piece(x, o.middle - o.width / 2, 0, height);
    piece(o.middle - o.width / 2, o.middle + o.width / 2, 0, o.bottom);
    piece(o.middle - o.width / 2, o.middle + o.width / 2, o.top, height);
    x = o.middle + o.width / 2;
  }
  piece(x, wall.length / 2 + kThick, 0, height);
}

void build_frame(Builder& b, const Palette& p, const Opening& o) {
  const double x0 = o.middle - o.width / 2, x1 = o.middle + o.width / 2, w = 0.07;
  const std::uint16_t m = p.door;
  b.box({x0 - w, -0.01, o.bottom}, {x0, 0.02, o.top + w}, m);
  b.box({x1, -0.01, o.bottom}, {x1 + w, 0.02, o.top + w}, m);
  b.box({x0 - w, -0.01, o.top}, {x1 + w, 0.025, o.top + w}, m);
}

void build_window(Builder& b, const Palette& p, const Opening& o) {
  const double x0 = o.middle - o.width / 2, x1 = o.middle + o.width / 2;
  b.object(Label::kWindow);
  build_frame(b, p, o);
  b.box({x0 - 0.08, -0.02, o.bottom - 0.03}, {x1 + 0.08, 0.1, o.bottom}, p.baseboard);
  b.box({x0, -0.09, (o.bottom + o.top) / 2 - 0.02}, {x1, -0.05, (o.bottom + o.top) / 2 + 0.02}, p.baseboard);
  b.box({o.middle - 0.018, -0.09, o.bottom}, {o.middle + 0.018, -0.05, o.top}, p.baseboard);
  const bool pane = b.random.chance(0.65);
  if (pane) b.box({x0, -0.075, o.bottom}, {x1, -0.068, o.top}, p.glass);
  const double kind = b.random.uniform();
  if (kind < 0.4) {
    // Curtains: pleats of thin cylinders.
    b.object(Label::kCurtain);
    const std::uint16_t m = b.random.chance(0.5) ? p.fabric2 : p.fabric;
    b.rod({o.middle, 0.09, o.top + 0.1}, 0.012, o.width + 0.5, p.metal, rotation_y(kPi / 2));
    const double drop = b.random.chance(0.5) ? 0.05 : o.bottom - 0.1;
    for (double side : {-1.0, 1.0}) {
      const double reach = o.width * b.random.uniform(0.12, 0.42);
      const int n = std::max(3, static_cast<int>((reach + 0.15) / 0.055));
      for (int i = 0; i < n; ++i) {
        const double x = o.middle + side * (o.width / 2 + 0.15 - (reach + 0.15) * (i + 0.5) / n);
        b.cylinder({x, 0.08 + (i % 2 ? 0.018 : -0.012), drop}, 0.036, o.top + 0.1 - drop, m);
      }
    }
  } else if (kind < 0.7) {
    b.object(Label::kBlinds);
    const double low = o.bottom + (o.top - o.bottom) * b.random.uniform(0.0, 0.6);
    b.box({x0, -0.04, o.top - 0.05}, {x1, 0.0, o.top}, p.white);
    for (double z = low; z < o.top - 0.05; z += 0.05)
      b.box({x0 + 0.01, -0.035, z}, {x1 - 0.01, -0.005, z + 0.032}, p.white, rotation_x(0.5));
  }
}

// A door: an open leaf, and beyond it another room or a corridor with something to see at its end.
void build_door(Builder& b, const Palette& p, const Opening& o, double height, bool open) {
  const double x0 = o.middle - o.width / 2, x1 = o.middle + o.width / 2;
  b.object(Label::kDoor);
  build_frame(b, p, o);
  if (!open) {
    b.box({x0, -0.06, 0}, {x1, -0.015, o.top}, p.door);
    for (double z : {0.2, 1.1})
      for (double x : {x0 + 0.12, o.middle + 0.04})
        b.box({x, -0.02, z}, {x + o.width / 2 - 0.16, -0.008, z + 0.72}, p.door);
    b.ellipsoid({x1 - 0.11, -0.02, 0.97}, {x1 - 0.05, 0.05, 1.03}, p.chrome);
    return;
  }
  const double reach = b.random.chance(0.4) ? b.random.uniform(6, 12) : b.random.uniform(2, 5);
  const double left = x0 - b.random.uniform(0.2, 2.0), right = x1 + b.random.uniform(0.2, 2.0);
  if (b.random.chance(0.6)) {
    // The leaf stands open into the other room.
    const double angle = b.random.uniform(0.2, 0.7);
    const Vec3 hinge{x0, -kThick, 0};
    const Vec3 half = rotation_z(-kPi / 2 + angle) * Vec3{o.width / 2, 0, 0};
    const Vec3 c = hinge + half;
    b.box({c.x - o.width / 2, c.y - 0.02, 0.01}, {c.x + o.width / 2, c.y + 0.02, o.top - 0.01}, p.door,
          rotation_z(-kPi / 2 + angle));
  }
  b.object(Label::kFloor);
  b.box({left, -reach - kThick, -0.1}, {right, -kThick, 0}, p.floor);
  b.box({x0, -kThick, -0.1}, {x1, 0, 0.004}, p.door);
  b.object(Label::kCeiling);
  b.box({left, -reach - kThick, height}, {right, -kThick, height + 0.1}, p.ceiling);
  b.object(Label::kWall);
  const std::uint16_t m = b.random.chance(0.5) ? p.wall_accent : p.wall;
  b.box({left - 0.1, -reach - kThick, 0}, {left, -kThick, height}, m);
  b.box({right, -reach - kThick, 0}, {right + 0.1, -kThick, height}, m);
  b.box({left, -reach - kThick - 0.1, 0}, {right, -reach - kThick, height}, m);
  b.object(Label::kPicture);
  const std::uint16_t picture =
      b.add({.texture = Texture::kPicture, .a = some_colour(b.random, 0.2), .infrared = 0.5});
  b.box({o.middle - 0.3, -reach - kThick, 1.3}, {o.middle + 0.3, -reach - kThick + 0.03, 1.8}, picture);
  b.object(Label::kDresser);
  const double x = b.random.uniform(x0 - 0.1, x1 - 0.3);
  b.box({x, -reach - kThick, 0}, {x + 0.8, -reach - kThick + 0.4, b.random.uniform(0.5, 1.1)}, p.wood);
  b.object(Label::kLight);
  b.box({o.middle - 0.15, -reach * 0.5 - 0.5, height - 0.03}, {o.middle + 0.15, -reach * 0.5, height},
        p.bulb);
}

}  // namespace

void build_shell(Builder& b, const Palette& p, FloorPlan& plan, std::string_view room) {
  Random& r = b.random;
  const Vec3 size = plan.size();
  b.place({0, 0, 0}, 0);
  b.object(Label::kFloor);
  b.box({-kThick, -kThick, -0.1}, {size.x + kThick, size.y + kThick, 0}, p.floor);
  b.object(Label::kCeiling);
  b.box({-kThick, -kThick, size.z}, {size.x + kThick, size.y + kThick, size.z + 0.1}, p.ceiling);

  // One door in a wall that can be seen, usually open; windows in one or two other walls.
  const int door_wall = r.chance(0.45) ? 0 : r.integer(1, 2);
  const bool open = r.chance(room == "bathroom" ? 0.4 : 0.75);
  const double door_width = r.chance(0.2) ? r.uniform(1.2, 1.8) : r.uniform(0.78, 0.95);
  {
    Wall& wall = plan.walls[door_wall];
    const double reach = (wall.length - door_width) / 2 - 0.15;
    const Opening door{r.uniform(-reach, reach), door_width, 0, std::min(2.05, size.z - 0.15)};
    wall.openings.push_back(door);
    plan.take(plan.against(wall, door.middle, 0, door.width, 0.7));
  }
  std::vector<std::pair<int, Opening>> windows;
  for (int w = 0; w < 3; ++w) {
    if (w == door_wall || !r.chance(room == "basement" ? 0.2 : 0.6)) continue;
    Wall& wall = plan.walls[w];
    const double width = std::min(r.uniform(0.9, 1.9), wall.length * 0.5);
    const double reach = (wall.length - width) / 2 - 0.3;
    const Opening window{r.uniform(-reach, reach), width, r.uniform(0.85, 1.15),
                         std::min(2.15, size.z - 0.2)};
    wall.openings.push_back(window);
    windows.push_back({w, window});
  }
  const int accent = r.chance(0.5) ? r.integer(0, 2) : -1;
  for (int w = 0; w < 4; ++w)
    build_wall(b, p, plan.walls[w], size.z, w == accent ? p.wall_accent : p.wall, room != "basement");
  b.place(plan.walls[door_wall].middle, plan.walls[door_wall].angle);
  build_door(b, p, plan.walls[door_wall].openings[0], size.z, open);
  for (const auto& [w, window] : windows) {
    b.place(plan.walls[w].middle, plan.walls[w].angle);
    build_window(b, p, window);
  }
  if (room == "basement") {
    b.place({0, 0, 0}, 0);
    for (int i = 0; i < 4; ++i) {
      b.object(Label::kPipe);
      const double y = size.y * (0.2 + 0.2 * i) + r.uniform(-0.2, 0.2);
      b.rod({size.x / 2, y, size.z - r.uniform(0.08, 0.2)}, r.uniform(0.03, 0.1), size.x,
            r.chance(0.5) ? p.metal : p.white, rotation_y(kPi / 2));
    }
  }
}

void hang_pictures(Builder& b, const Palette&, FloorPlan& plan, std::string_view room) {
  Random& r = b.random;
  if (room == "basement" || (room == "bathroom" && r.chance(0.6))) return;
  for (int w = 0; w < 3; ++w) {
    const Wall& wall = plan.walls[w];
    for (int i = 0, n = r.integer(0, 3); i < n; ++i) {
      const double width = r.uniform(0.25, 0.8), height = r.uniform(0.3, 0.7);
      const double along = r.uniform(-wall.length / 2 + width, wall.length / 2 - width);
      bool clear = true;
      for (const Opening& o : wall.openings)
        clear &= std::fabs(along - o.middle) > (o.width + width) / 2 + 0.15;
      const double z = r.uniform(1.3, 1.5);
      Footprint f = plan.against(wall, along, 0, width + 0.06, 0.1);
      if (!clear || !plan.bare(f, z - 0.1)) continue;
      f.top = 2;
      plan.take(f);
      b.place(wall.middle, wall.angle);
      b.object(Label::kPicture);
      const std::uint16_t m = b.add({.texture = Texture::kPicture,
                                     .a = some_colour(r, 0.15),
                                     .gloss = 0.4,
                                     .infrared = r.uniform(0.2, 0.6)});
      b.box({along - width / 2, 0, z}, {along + width / 2, 0.03, z + height}, m);
    }
  }
}

}  // namespace depthmill::sample
