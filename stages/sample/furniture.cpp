#include "stages/sample/builder.h"

// Living, sleeping and working furniture. Sizes in metres; see Piece in builder.h for the frame.

namespace depthmill::sample {
namespace {

void four_legs(Builder& b, double hw, double y0, double y1, double height, double thick, std::uint16_t m) {
  for (double x : {-hw, hw - thick})
    for (double y : {y0, y1 - thick}) b.box({x, y, 0}, {x + thick, y + thick, height}, m);
}

void clutter(Builder& b, const Palette& p, double hw, double y0, double y1, double z, int least, int most) {
  const int n = b.random.integer(least, most);
  for (int i = 0; i < n; ++i) {
    const double x = -hw + 2 * hw * ((i + b.random.uniform(0.2, 0.8)) / n);
    small_thing(b, p, {x, b.random.uniform(y0, y1), z});
  }
}

void build_chair_at(Builder& b, const Palette& p, double x, double y, bool faces_wall) {
  // Seat 0.44 wide; the back stands at the far side of the sitter.
  const double d = faces_wall ? 1 : -1;
  auto lo = [&](double ya, double yb) { return y + std::min(d * ya, d * yb); };
  auto hi = [&](double ya, double yb) { return y + std::max(d * ya, d * yb); };
  auto box = [&](double x0, double ya, double z0, double x1, double yb, double z1, std::uint16_t m) {
    b.box({x + x0, lo(ya, yb), z0}, {x + x1, hi(ya, yb), z1}, m);
  };
  b.object(Label::kChair);
  const std::uint16_t seat = b.random.chance(0.4) ? p.fabric : p.wood;
  for (double lx : {-0.21, 0.175})
    for (double ly : {-0.2, 0.165}) box(lx, ly, 0, lx + 0.035, ly + 0.035, 0.44, p.wood);
  box(-0.22, -0.21, 0.43, 0.22, 0.21, 0.475, seat);
  for (double lx : {-0.21, 0.175}) box(lx, 0.165, 0.47, lx + 0.035, 0.2, 0.92, p.wood);
  box(-0.2, 0.17, 0.82, 0.2, 0.195, 0.94, p.wood);
  for (int i = 0; i < 3; ++i) box(-0.11 + i * 0.09, 0.175, 0.5, -0.07 + i * 0.09, 0.19, 0.83, p.wood);
}

void build_table(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kTable);
  b.box({-hw, 0, s.height - 0.035}, {hw, s.depth, s.height}, p.wood);
  b.box({-hw + 0.05, 0.05, s.height - 0.12}, {hw - 0.05, s.depth - 0.05, s.height - 0.035}, p.wood);
  four_legs(b, hw - 0.04, 0.04, s.depth - 0.04, s.height - 0.035, 0.06, p.wood);
  clutter(b, p, hw - 0.15, 0.15, s.depth - 0.15, s.height, 2, 5);
}

void build_dining_set(Builder& b, const Palette& p, const Piece& s) {
  const Piece top{s.width, s.depth - 1.0, s.height, nullptr, 0};
  // The table stands half a metre in; chairs on both long sides.
  b.object(Label::kTable);
  const double hw = top.width / 2, y0 = 0.5, y1 = s.depth - 0.5;
  b.box({-hw, y0, s.height - 0.04}, {hw, y1, s.height}, p.wood);
  four_legs(b, hw - 0.05, y0 + 0.05, y1 - 0.05, s.height - 0.04, 0.07, p.wood);
  const int n = std::max(1, static_cast<int>(s.width / 0.6));
  for (int i = 0; i < n; ++i) {
    const double x = -hw + s.width * (i + 0.5) / n;
    if (b.random.chance(0.85))
      build_chair_at(b, p, x + b.random.uniform(-0.05, 0.05), y1 + b.random.uniform(0, 0.25), true);
    if (b.random.chance(0.85))
      build_chair_at(b, p, x + b.random.uniform(-0.05, 0.05), y0 - b.random.uniform(0, 0.2), false);
  }
  clutter(b, p, hw - 0.2, y0 + 0.15, y1 - 0.15, s.height, 2, 5);
}

void build_desk(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kDesk);
  b.box({-hw, 0, s.height - 0.03}, {hw, s.depth, s.height}, p.wood);
  b.box({-hw, 0.02, 0}, {-hw + 0.03, s.depth - 0.04, s.height - 0.03}, p.wood);
  b.box({hw - 0.42, 0.02, 0.05}, {hw, s.depth - 0.04, s.height - 0.03}, p.wood);
  for (int i = 0; i < 3; ++i) {
    const double z = 0.08 + i * 0.21;
    b.box({hw - 0.40, s.depth - 0.05, z}, {hw - 0.02, s.depth - 0.025, z + 0.19}, p.wood);
    b.box({hw - 0.25, s.depth - 0.03, z + 0.09}, {hw - 0.17, s.depth - 0.01, z + 0.105}, p.metal);
  }
  for (int i = 0, n = s.width > 1.3 && b.random.chance(0.5) ? 2 : 1; i < n; ++i) {
    const double x = n == 2 ? -0.3 + 0.6 * i : b.random.uniform(-0.2, 0.2);
    b.object(Label::kMonitor);
    const Mat3 turn = rotation_z(b.random.uniform(-0.25, 0.25));
    b.box({x - 0.25, 0.2, s.height + 0.11}, {x + 0.25, 0.235, s.height + 0.43}, p.black, turn);
    b.box({x - 0.235, 0.21, s.height + 0.125}, {x + 0.235, 0.2375, s.height + 0.415}, p.screen, turn);
    b.box({x - 0.03, 0.18, s.height}, {x + 0.03, 0.21, s.height + 0.2}, p.black);
    b.box({x - 0.11, 0.12, s.height}, {x + 0.11, 0.28, s.height + 0.015}, p.black);
  }
  b.object(Label::kKeyboard);
  const std::uint16_t keys = b.add({.texture = Texture::kKeys,
                                    .a = {0.03, 0.03, 0.03},
                                    .b = {0.12, 0.12, 0.13},
                                    .scale = 0.02,
                                    .infrared = 0.1});
  b.box({-0.22, s.depth - 0.24, s.height}, {0.22, s.depth - 0.1, s.height + 0.02}, keys);
  if (b.random.chance(0.5)) table_lamp(b, p, {-hw + 0.2, 0.2, s.height});
  clutter(b, p, hw - 0.12, 0.3, s.depth - 0.15, s.height, 1, 4);
  if (b.random.chance(0.6)) {
    b.object(Label::kShelves);
    b.box({-hw, 0, 1.45}, {hw, 0.22, 1.48}, p.wood);
    books(b, p, {-hw + 0.05, 0.01, 1.48}, s.width - 0.1, 0.2, 0.28);
  }
}

void build_chair(Builder& b, const Palette& p, const Piece&) { build_chair_at(b, p, 0, 0.25, false); }

void build_office_chair(Builder& b, const Palette& p, const Piece&) {
  b.object(Label::kChair);
  const Vec3 at{0, 0.3, 0};
  const std::uint16_t m = b.random.chance(0.5) ? p.black : p.fabric;
  for (int i = 0; i < 5; ++i) {
    const Mat3 turn = rotation_z(i * 2 * kPi / 5);
    const Vec3 middle = at + turn * Vec3{0.15, 0, 0.07};
    b.box(middle - Vec3{0.15, 0.02, 0.02}, middle + Vec3{0.15, 0.02, 0.02}, p.metal, turn);
    const Vec3 wheel = at + turn * Vec3{0.29, 0, 0.03};
    b.ellipsoid(wheel - Vec3{0.03, 0.03, 0.03}, wheel + Vec3{0.03, 0.03, 0.03}, p.black);
  }
  b.cylinder(at + Vec3{0, 0, 0.07}, 0.03, 0.36, p.metal);
  b.ellipsoid({-0.26, 0.04, 0.4}, {0.26, 0.56, 0.52}, m);
  b.box({-0.21, 0.02, 0.58}, {0.21, 0.09, 1.02}, m, rotation_x(0.12));
  b.box({-0.02, 0.03, 0.45}, {0.02, 0.07, 0.75}, p.metal);
  for (double x : {-0.29, 0.25}) {
    b.box({x, 0.12, 0.64}, {x + 0.04, 0.42, 0.67}, p.black);
    b.box({x + 0.005, 0.25, 0.45}, {x + 0.035, 0.29, 0.65}, p.metal);
  }
}

void build_bed(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kBed);
  const std::uint16_t frame = b.random.chance(0.5) ? p.skin : p.wood;
  b.box({-hw, 0, 0}, {hw, 0.06, s.height}, frame);
  b.box({-hw, 0.06, 0.12}, {hw, s.depth, 0.32}, frame);
  if (b.random.chance(0.5)) b.box({-hw, s.depth - 0.05, 0}, {hw, s.depth, 0.62}, frame);
  b.box({-hw + 0.03, 0.07, 0.32}, {hw - 0.03, s.depth - 0.06, 0.50}, p.white);
  // A blanket: a slab and some swellings for folds.
  b.box({-hw + 0.005, 0.65, 0.28}, {hw - 0.005, s.depth - 0.055, 0.545}, p.bedding);
  for (int i = 0; i < 6; ++i) {
    const double x = b.random.uniform(-hw + 0.25, hw - 0.25), y = b.random.uniform(0.8, s.depth - 0.4);
    const double w = b.random.uniform(0.12, 0.35), d = b.random.uniform(0.1, 0.3),
                 z = b.random.uniform(0.015, 0.05);
    b.ellipsoid({x - w, y - d, 0.5}, {x + w, y + d, 0.545 + z}, p.bedding);
  }
  const int pillows = s.width > 1.2 ? 2 : 1;
  for (int i = 0; i < pillows; ++i) {
    b.object(Label::kPillow);
    const double x = pillows == 1 ? 0 : (i == 0 ? -s.width / 4 : s.width / 4);
    b.ellipsoid({x - 0.36, 0.1, 0.47}, {x + 0.36, 0.58, 0.68}, b.random.chance(0.5) ? p.white : p.fabric2);
    if (b.random.chance(0.6)) {
      b.object(Label::kPillow);
      b.ellipsoid({x - 0.22, 0.42, 0.5}, {x + 0.22, 0.62, 0.86}, p.fabric);
    }
  }
}

void build_night_stand(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kNightStand);
  b.box({-hw, 0.01, 0.08}, {hw, s.depth, s.height}, p.wood);
  four_legs(b, hw, 0.01, s.depth, 0.1, 0.04, p.wood);
  for (int i = 0; i < 2; ++i) {
    const double z = 0.12 + i * (s.height - 0.14) / 2;
    b.box({-hw + 0.03, s.depth, z}, {hw - 0.03, s.depth + 0.012, z + (s.height - 0.2) / 2}, p.wood);
    b.ellipsoid({-0.015, s.depth, z + 0.07}, {0.015, s.depth + 0.04, z + 0.1}, p.metal);
  }
  if (b.random.chance(0.8))
    table_lamp(b, p, {0, s.depth / 2, s.height});
  else
    clutter(b, p, hw - 0.08, 0.12, s.depth - 0.1, s.height, 1, 2);
}

void build_drawers(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kDresser);
  const std::uint16_t m = b.random.chance(0.35) ? p.wood_dark : p.wood;
  b.box({-hw, 0.01, 0.06}, {hw, s.depth, s.height - 0.03}, m);
  b.box({-hw - 0.015, 0.005, s.height - 0.03}, {hw + 0.015, s.depth + 0.02, s.height}, m);
  const int rows = std::max(2, static_cast<int>(s.height / 0.24)), cols = s.width > 0.9 ? 2 : 1;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      const double z0 = 0.09 + (s.height - 0.14) * r / rows, z1 = 0.075 + (s.height - 0.14) * (r + 1) / rows;
      const double x0 = -hw + s.width * c / cols + 0.02, x1 = -hw + s.width * (c + 1) / cols - 0.02;
      b.box({x0, s.depth, z0}, {x1, s.depth + 0.015, z1}, m);
      b.box({(x0 + x1) / 2 - 0.05, s.depth + 0.015, (z0 + z1) / 2},
            {(x0 + x1) / 2 + 0.05, s.depth + 0.035, (z0 + z1) / 2 + 0.015}, p.metal);
    }
  clutter(b, p, hw - 0.1, 0.12, s.depth - 0.12, s.height, 1, 4);
}

void build_bookshelf(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  const std::uint16_t m = b.random.chance(0.3) ? p.white : p.wood;
  b.object(Label::kBookshelf);
  const std::uint8_t boards = static_cast<std::uint8_t>(std::max(3, static_cast<int>(s.height / 0.36)));
  b.box({-hw, 0, 0}, {-hw + 0.025, s.depth, s.height}, m);
  b.box({hw - 0.025, 0, 0}, {hw, s.depth, s.height}, m);
  b.box({-hw, 0, 0}, {hw, 0.012, s.height}, m);
  const double step = (s.height - 0.1) / boards;
  for (int i = 0; i <= boards; ++i) b.box({-hw, 0, 0.06 + i * step}, {hw, s.depth, 0.085 + i * step}, m);
  for (int i = 0; i < boards; ++i) {
    const double z = 0.085 + i * step;
    if (b.random.chance(0.75))
      books(b, p, {-hw + 0.035, 0.02, z}, s.width - 0.07, s.depth - 0.03, step - 0.05);
    else if (b.random.chance(0.8))
      small_thing(b, p, {b.random.uniform(-hw + 0.15, hw - 0.15), s.depth / 2, z});
  }
}

void build_seat(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2, arm = 0.2;
  b.object(Label::kSofa);
  const std::uint16_t m = b.random.chance(0.35) ? p.skin : p.fabric;
  b.box({-hw, 0.02, 0.06}, {hw, s.depth - 0.05, 0.34}, m);
  b.box({-hw, 0.0, 0.06}, {hw, 0.24, s.height - 0.04}, m, rotation_x(0.06));
  for (double x : {-hw, hw - arm}) {
    b.box({x, 0.02, 0.06}, {x + arm, s.depth, 0.54}, m);
    b.rod({x + arm / 2, s.depth / 2, 0.54}, arm / 2, s.depth - 0.02, m, rotation_x(kPi / 2));
  }
  const int n = std::max(1, static_cast<int>((s.width - 2 * arm) / 0.55));
  const double w = (s.width - 2 * arm) / n;
  for (int i = 0; i < n; ++i) {
    const double x0 = -hw + arm + i * w;
    b.box({x0 + 0.01, 0.24, 0.32}, {x0 + w - 0.01, s.depth, 0.45}, m);
    b.ellipsoid({x0 + 0.01, 0.2, 0.38}, {x0 + w - 0.01, s.depth + 0.02, 0.49}, m);
    b.ellipsoid({x0 + 0.0, 0.14, 0.42}, {x0 + w, 0.42, s.height + 0.02}, m);
    if (b.random.chance(0.5)) {
      b.object(Label::kPillow);
      const Vec3 c{x0 + w * b.random.uniform(0.3, 0.7), 0.45, 0.64};
      b.ellipsoid(c - Vec3{0.21, 0.08, 0.2}, c + Vec3{0.21, 0.08, 0.2},
                  b.random.chance(0.5) ? p.fabric2 : some_paint(b, 0.4));
      b.object(Label::kSofa);
    }
  }
}

void build_coffee_table(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kTable);
  const std::uint16_t m = b.random.chance(0.4) ? p.wood_dark : p.wood;
  b.box({-hw, 0, s.height - 0.04}, {hw, s.depth, s.height}, m);
  b.box({-hw + 0.06, 0.06, 0.14}, {hw - 0.06, s.depth - 0.06, 0.16}, m);
  four_legs(b, hw - 0.02, 0.02, s.depth - 0.02, s.height - 0.04, 0.06, m);
  clutter(b, p, hw - 0.15, 0.12, s.depth - 0.12, s.height, 2, 4);
}

void build_tv_stand(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kTable);
  b.box({-hw, 0.02, 0}, {hw, s.depth, 0.05}, p.wood_dark);
  b.box({-hw, 0.02, s.height - 0.04}, {hw, s.depth, s.height}, p.wood_dark);
  b.box({-hw, 0.02, 0.22}, {hw, s.depth, 0.25}, p.wood_dark);
  for (double x : {-hw, -0.015, hw - 0.03}) b.box({x, 0.02, 0}, {x + 0.03, s.depth, s.height}, p.wood_dark);
  b.box({-hw, 0.02, 0}, {hw, 0.04, s.height}, p.wood_dark);
  b.object(Label::kBox);
  b.box({-hw + 0.1, 0.1, 0.25}, {-hw + 0.5, s.depth - 0.05, 0.33}, p.black);
  b.object(Label::kTelevision);
  const double w = std::min(hw - 0.05, 0.52);
  b.box({-w, 0.16, s.height + 0.07}, {w, 0.22, s.height + 0.09 + 1.12 * w}, p.black);
  b.box({-w + 0.03, 0.2, s.height + 0.1}, {w - 0.03, 0.223, s.height + 0.06 + 1.12 * w}, p.screen);
  b.box({-0.2, 0.1, s.height}, {0.2, 0.3, s.height + 0.02}, p.black);
  b.box({-0.04, 0.17, s.height}, {0.04, 0.21, s.height + 0.1}, p.black);
}

void build_wardrobe(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kCabinet);
  const std::uint16_t m = b.random.chance(0.3) ? p.white : p.wood;
  b.box({-hw, 0.01, 0}, {hw, s.depth - 0.02, s.height}, m);
  const int doors = std::max(2, static_cast<int>(s.width / 0.5));
  for (int i = 0; i < doors; ++i) {
    const double x0 = -hw + s.width * i / doors, x1 = -hw + s.width * (i + 1) / doors;
    b.box({x0 + 0.006, s.depth - 0.02, 0.08}, {x1 - 0.006, s.depth, s.height - 0.03}, m);
    const double x = i % 2 == 0 ? x1 - 0.05 : x0 + 0.04;
    b.box({x, s.depth, s.height * 0.45}, {x + 0.012, s.depth + 0.025, s.height * 0.45 + 0.14}, p.metal);
  }
  if (b.random.chance(0.5)) {
    b.object(Label::kBox);
    b.box({-hw + 0.1, 0.05, s.height}, {-hw + 0.55, s.depth - 0.08, s.height + 0.22}, some_paint(b, 0.4));
  }
}

void build_floor_lamp(Builder& b, const Palette& p, const Piece&) {
  b.object(Label::kLamp);
  b.cylinder({0, 0.18, 0}, 0.14, 0.025, p.metal);
  b.cylinder({0, 0.18, 0}, 0.014, 1.5, p.metal);
  b.cylinder({0, 0.18, 1.4}, 0.2, 0.26, p.lampshade, 0.6);
}

void build_plant(Builder& b, const Palette& p, const Piece& s) {
  b.object(Label::kPlant);
  b.cylinder({0, 0.22, 0}, 0.13, 0.28, p.clay, 1.35);
  b.cylinder({0, 0.22, 0.2}, 0.02, s.height - 0.5, p.wood_dark);
  for (int i = 0; i < 22; ++i) {
    const Vec3 c{b.random.uniform(-0.24, 0.24), 0.24 + b.random.uniform(-0.2, 0.24),
                 b.random.uniform(0.4, 1) * s.height};
    const double l = b.random.uniform(0.08, 0.17), w = b.random.uniform(0.03, 0.07);
    b.ellipsoid(c - Vec3{l, w, w * 0.7}, c + Vec3{l, w, w * 0.7}, p.leaf);
  }
}

}  // namespace

Piece table(Random& r) { return {r.uniform(1.0, 1.6), r.uniform(0.7, 0.9), 0.74, build_table, 0}; }
Piece dining_set(Random& r) { return {r.uniform(1.2, 2.0), r.uniform(1.8, 2.0), 0.75, build_dining_set, 0}; }
Piece desk(Random& r) { return {r.uniform(1.1, 1.7), r.uniform(0.65, 0.8), 0.74, build_desk, 1.8}; }
Piece chair(Random&) { return {0.5, 0.5, 0.94, build_chair, 0}; }
Piece office_chair(Random&) { return {0.62, 0.62, 1.02, build_office_chair, 0}; }
Piece bed(Random& r) {
  return {r.chance(0.6) ? r.uniform(1.4, 1.8) : 0.95, 2.05, r.uniform(0.85, 1.15), build_bed, 0};
}
Piece night_stand(Random& r) {
  return {r.uniform(0.4, 0.5), 0.42, r.uniform(0.5, 0.62), build_night_stand, 0};
}
Piece dresser(Random& r) { return {r.uniform(0.8, 1.4), 0.48, r.uniform(0.75, 1.2), build_drawers, 0}; }
Piece cabinet_low(Random& r) { return {r.uniform(0.45, 0.9), 0.45, r.uniform(0.5, 0.8), build_drawers, 0}; }
Piece bookshelf(Random& r) {
  return {r.uniform(0.7, 1.1), r.uniform(0.26, 0.32), r.uniform(1.2, 2.1), build_bookshelf, 0};
}
Piece sofa(Random& r) { return {r.uniform(1.6, 2.3), 0.92, r.uniform(0.8, 0.92), build_seat, 0}; }
Piece armchair(Random& r) { return {r.uniform(0.9, 1.0), 0.88, r.uniform(0.82, 0.95), build_seat, 0}; }
Piece coffee_table(Random& r) {
  return {r.uniform(0.8, 1.2), r.uniform(0.5, 0.7), r.uniform(0.38, 0.46), build_coffee_table, 0};
}
Piece tv_stand(Random& r) { return {r.uniform(1.0, 1.5), 0.45, 0.5, build_tv_stand, 0}; }
Piece wardrobe(Random& r) { return {r.uniform(1.0, 1.8), 0.6, r.uniform(1.9, 2.15), build_wardrobe, 0}; }
Piece floor_lamp(Random&) { return {0.42, 0.42, 1.66, build_floor_lamp, 0}; }
Piece plant(Random& r) { return {0.6, 0.55, r.uniform(0.9, 1.5), build_plant, 0}; }

}  // namespace depthmill::sample
