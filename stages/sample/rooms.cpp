#include <cmath>
#include <stdexcept>
#include <string>

#include "stages/sample/builder.h"
#include "stages/sample/floor_plan.h"
#include "stages/sample/shell.h"

namespace depthmill::sample {
namespace {

using MakePiece = Piece (*)(Random&);

// What a type of room holds: the order is the order of placing, so what makes the room comes first.
struct RoomKind {
  std::string_view name;
  Vec3 least, most;  // metres
  std::vector<MakePiece> walls, middle, fillers;
};

const std::vector<RoomKind>& room_kinds() {
  static const std::vector<RoomKind> kinds{
      {"kitchen",
       {2.8, 3.4, 2.4},
       {4.2, 5.2, 2.7},
       {kitchen_counter, refrigerator, stove, kitchen_counter, cabinet_low},
       {table},
       {chair, boxes, chair, plant}},
      {"bedroom",
       {3.2, 3.6, 2.4},
       {4.6, 5.0, 2.7},
       {bed, night_stand, wardrobe, dresser, night_stand, desk, bookshelf},
       {},
       {boxes, armchair, floor_lamp, plant, chair}},
      {"living_room",
       {4.0, 4.4, 2.4},
       {5.8, 6.4, 2.9},
       {sofa, tv_stand, bookshelf, armchair, floor_lamp, sofa, dresser},
       {coffee_table, armchair},
       {plant, boxes, floor_lamp}},
      {"bathroom",
       {2.0, 2.8, 2.3},
       {3.0, 3.8, 2.6},
       {wash_stand, bathtub, toilet, cabinet_low},
       {},
       {boxes, plant}},
      {"office",
       {3.4, 4.0, 2.6},
       {5.2, 6.0, 3.0},
       {desk, bookshelf, desk, cabinet_low, whiteboard, bookshelf},
       {office_chair, office_chair},
       {plant, boxes, chair, boxes}},
      {"dining_room",
       {3.6, 4.2, 2.5},
       {5.0, 5.8, 3.0},
       {dresser, cabinet_low, plant, bookshelf},
       {dining_set},
       {floor_lamp, plant, boxes, chair}},
      {"classroom",
       {5.5, 6.0, 2.8},
       {7.5, 8.5, 3.2},
       {whiteboard, desk, bookshelf, cabinet_low, bookshelf},
       {school_desk, school_desk, school_desk, school_desk, school_desk, school_desk, school_desk},
       {boxes, chair, plant}},
      {"home_office",
       {2.8, 3.4, 2.4},
       {4.0, 4.8, 2.6},
       {desk, bookshelf, sofa, cabinet_low, bookshelf},
       {office_chair},
       {boxes, plant, floor_lamp, boxes}},
      {"basement",
       {4.0, 4.6, 2.2},
       {6.5, 8.0, 2.5},
       {washing_machine, metal_shelf, washing_machine, metal_shelf, boxes, wardrobe},
       {pillar, boxes, pillar},
       {boxes, boxes, chair, boxes, cabinet_low}},
  };
  return kinds;
}

void put_lamps(World& world, Builder& b, const Palette& p) {
  const int n = world.size.x * world.size.y > 20 ? 2 : 1;
  const double warm = b.random.uniform(0, 1);
  const Vec3 colour = mixed({1.0, 0.97, 0.95}, {1.0, 0.80, 0.55}, warm);
  for (int i = 0; i < n; ++i) {
    const Vec3 at{world.size.x * b.random.uniform(0.35, 0.65),
                  world.size.y * (n == 1 ? b.random.uniform(0.4, 0.6) : 0.3 + 0.4 * i), world.size.z};
    b.place({at.x, at.y, 0}, 0);
    b.object(Label::kLight);
    if (b.random.chance(0.5)) {
      b.ellipsoid({-0.2, -0.2, at.z - 0.1}, {0.2, 0.2, at.z + 0.1}, p.bulb);
    } else {
      b.box({-0.6, -0.12, at.z - 0.05}, {0.6, 0.12, at.z}, p.bulb);
    }
    world.lamps.push_back({{at.x, at.y, at.z - 0.14}, colour * (2.6 / n * b.random.uniform(0.7, 1.3))});
  }
  world.ambient = colour * b.random.uniform(0.22, 0.34) + Vec3{0.02, 0.03, 0.05};
}

}  // namespace

World build_room(std::string_view room, std::uint64_t seed, std::uint64_t scene) {
  const RoomKind* kind = nullptr;
  for (const RoomKind& k : room_kinds())
    if (k.name == room) kind = &k;
  if (!kind) throw std::invalid_argument("no room type '" + std::string(room) + "'");

  World world;
  world.key = mix(seed, scene);
  Builder b(world, key_for(seed, scene, Use::kRoom));
  Random& r = b.random;
  world.size = {r.uniform(kind->least.x, kind->most.x), r.uniform(kind->least.y, kind->most.y),
                r.uniform(kind->least.z, kind->most.z)};
  const Palette p = choose_palette(b, room);
  FloorPlan plan(world.size);
  build_shell(b, p, plan, room);

  // The south wall stays empty: the camera looks away from it. Beds and counters prefer the far wall.
  auto try_walls = [&](const Piece& piece, bool far_first) {
    const int start = far_first ? 0 : r.integer(0, 2);
    for (int i = 0; i < 3; ++i)
      if (plan.put_against(b, p, piece, plan.walls[(start + i) % 3])) return true;
    return false;
  };
  bool first = true;
  for (MakePiece make : kind->walls) {
    try_walls(make(r), first || r.chance(0.3));
    first = false;
  }
  const Footprint middle{world.size.x * 0.12, world.size.x * 0.88, world.size.y * 0.38, world.size.y * 0.95,
                         0};
  for (MakePiece make : kind->middle) {
    const Piece piece = make(r);
    const bool school = make == static_cast<MakePiece>(school_desk);
    plan.put_free(b, p, piece, school ? kPi : r.integer(0, 3) * kPi / 2 + r.uniform(-0.12, 0.12), 0.35,
                  middle);
  }
  for (MakePiece make : kind->fillers)
    if (r.chance(0.75)) try_walls(make(r), false);
  if (r.chance(0.45) && room != "bathroom" && room != "basement") {
    b.place({world.size.x / 2, world.size.y * 0.55, 0}, r.uniform(-0.1, 0.1));
    b.object(Label::kFloorMat);
    const double w = world.size.x * r.uniform(0.2, 0.32), d = world.size.y * r.uniform(0.15, 0.25);
    b.box({-w, -d, -0.01}, {w, d, 0.012}, r.chance(0.5) ? p.fabric2 : p.fabric);
    b.box({-w - 0.06, -d - 0.06, -0.01}, {w + 0.06, d + 0.06, 0.009}, p.fabric);
  }
  hang_pictures(b, p, plan, room);
  put_lamps(world, b, p);
  cast_shadows(world);

  Random look(key_for(seed, scene, Use::kView));
  world.white_balance = {look.uniform(0.9, 1.12), 1.0, look.uniform(0.85, 1.2)};
  world.grain = look.uniform(0.6, 1.5);
  choose_path(world, plan, key_for(seed, scene, Use::kPath));
  return world;
}

}  // namespace depthmill::sample
