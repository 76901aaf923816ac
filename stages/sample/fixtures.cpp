#include "stages/sample/builder.h"

// Fixtures of kitchens, bathrooms, class rooms and basements.

namespace depthmill::sample {
namespace {

void cupboard_doors(Builder& b, double hw, double y, double z0, double z1, double each, std::uint16_t front,
                    std::uint16_t handle, bool handles_low) {
  const int n = std::max(1, static_cast<int>(2 * hw / each + 0.5));
  for (int i = 0; i < n; ++i) {
    const double x0 = -hw + 2 * hw * i / n, x1 = -hw + 2 * hw * (i + 1) / n;
    b.box({x0 + 0.008, y - 0.01, z0 + 0.01}, {x1 - 0.008, y + 0.015, z1 - 0.01}, front);
    const double x = i % 2 == 0 ? x1 - 0.06 : x0 + 0.05, z = handles_low ? z0 + 0.05 : z1 - 0.17;
    b.box({x, y + 0.01, z}, {x + 0.012, y + 0.04, z + 0.12}, handle);
  }
}

void build_kitchen_counter(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  const std::uint16_t front = b.random.chance(0.4) ? p.white : p.wood;
  b.object(Label::kCabinet);
  b.box({-hw, 0, 0.1}, {hw, s.depth - 0.03, s.height - 0.04}, front);
  b.box({-hw, 0, 0}, {hw, s.depth - 0.1, 0.1}, p.black);
  cupboard_doors(b, hw, s.depth - 0.03, 0.1, s.height - 0.22, 0.45, front, p.chrome, false);
  cupboard_doors(b, hw, s.depth - 0.03, s.height - 0.21, s.height - 0.04, 0.45, front, p.chrome, false);
  b.object(Label::kCounter);
  b.box({-hw, 0, s.height - 0.04}, {hw, s.depth + 0.02, s.height}, p.counter);
  b.box({-hw, 0, s.height}, {hw, 0.02, s.height + 0.5}, p.tile);
  double taken = -hw;
  if (s.width > 1.2) {
    b.object(Label::kSink);
    const double x = b.random.uniform(-hw + 0.45, hw - 0.45);
    b.box({x - 0.35, 0.1, s.height - 0.01}, {x + 0.35, s.depth - 0.08, s.height + 0.008}, p.steel);
    b.box({x - 0.31, 0.16, s.height}, {x + 0.31, s.depth - 0.12, s.height + 0.01}, p.metal);
    b.cylinder({x, 0.1, s.height}, 0.016, 0.26, p.chrome);
    b.box({x - 0.014, 0.1, s.height + 0.24}, {x + 0.014, 0.28, s.height + 0.265}, p.chrome);
    taken = x + 0.4;
  }
  if (b.random.chance(0.5) && taken + 0.55 < hw) {
    b.object(Label::kStove);
    b.box({hw - 0.52, 0.08, s.height}, {hw - 0.04, 0.42, s.height + 0.28},
          b.random.chance(0.5) ? p.black : p.white);
    b.box({hw - 0.5, 0.42, s.height + 0.03}, {hw - 0.17, 0.425, s.height + 0.25}, p.screen);
  }
  for (int i = 0, n = b.random.integer(2, 5); i < n; ++i)
    small_thing(
        b, p,
        {-hw + 0.12 + (s.width - 0.3) * (i + b.random.uniform()) / n, b.random.uniform(0.14, 0.3), s.height});
  if (b.random.chance(0.8)) {
    b.object(Label::kCabinet);
    b.box({-hw, 0, 1.42}, {hw, 0.31, 2.12}, front);
    cupboard_doors(b, hw, 0.31, 1.42, 2.12, 0.42, front, p.chrome, true);
  }
}

void build_refrigerator(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  const std::uint16_t m = b.random.chance(0.35) ? p.steel : b.random.chance(0.2) ? p.black : p.white;
  b.object(Label::kRefrigerator);
  b.box({-hw, 0.03, 0.03}, {hw, s.depth - 0.05, s.height}, m);
  const double split = s.height * 0.66;
  b.box({-hw, s.depth - 0.045, 0.06}, {hw, s.depth, split - 0.008}, m);
  b.box({-hw, s.depth - 0.045, split + 0.008}, {hw, s.depth, s.height}, m);
  b.box({hw - 0.08, s.depth, split - 0.5}, {hw - 0.05, s.depth + 0.045, split - 0.06}, p.chrome);
  b.box({hw - 0.08, s.depth, split + 0.06}, {hw - 0.05, s.depth + 0.045, split + 0.32}, p.chrome);
  for (int i = 0, n = b.random.integer(0, 4); i < n; ++i) {
    b.object(Label::kPaper);
    const double x = b.random.uniform(-hw + 0.08, hw - 0.25), z = b.random.uniform(0.9, 1.5);
    b.box({x, s.depth, z},
          {x + b.random.uniform(0.06, 0.16), s.depth + 0.003, z + b.random.uniform(0.08, 0.2)},
          b.random.chance(0.5) ? p.paper : some_paint(b, 0.6));
  }
}

void build_stove(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  const std::uint16_t m = b.random.chance(0.5) ? p.white : p.steel;
  b.object(Label::kStove);
  b.box({-hw, 0.01, 0.03}, {hw, s.depth - 0.03, s.height}, m);
  b.box({-hw, 0.01, s.height}, {hw, 0.09, s.height + 0.2}, m);
  b.box({-hw + 0.04, s.depth - 0.03, 0.24}, {hw - 0.04, s.depth, 0.72}, p.screen);
  b.box({-hw + 0.06, s.depth, 0.74}, {hw - 0.06, s.depth + 0.04, 0.76}, p.chrome);
  b.box({-hw + 0.01, 0.1, s.height}, {hw - 0.01, s.depth - 0.04, s.height + 0.006}, p.black);
  for (double x : {-0.18, 0.18})
    for (double y : {0.24, 0.47}) b.cylinder({x, y, s.height}, 0.09, 0.02, p.metal);
  for (int i = 0; i < 4; ++i)
    b.rod({-0.22 + i * 0.14, s.depth - 0.015, 0.84}, 0.022, 0.05, p.black, rotation_x(kPi / 2));
  if (b.random.chance(0.6)) {
    b.object(Label::kCup);
    b.cylinder({0.18, 0.24, s.height + 0.02}, 0.11, 0.15, p.chrome);
    b.cylinder({0.18, 0.24, s.height + 0.17}, 0.015, 0.03, p.black);
  }
  b.object(Label::kCabinet);
  b.box({-hw, 0, 1.55}, {hw, 0.45, 1.68}, m, rotation_x(0.0));
}

void build_bathtub(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2, rim = 0.07;
  b.object(Label::kBathtub);
  b.box({-hw, 0.01, 0}, {hw, 0.01 + rim, s.height}, p.white);
  b.box({-hw, s.depth - rim, 0}, {hw, s.depth, s.height}, p.white);
  b.box({-hw, 0.01, 0}, {-hw + rim, s.depth, s.height}, p.white);
  b.box({hw - rim, 0.01, 0}, {hw, s.depth, s.height}, p.white);
  b.box({-hw, 0.01, 0}, {hw, s.depth, 0.12}, p.white);
  b.rod({0, s.depth - rim / 2, s.height}, rim * 0.7, s.width, p.white, rotation_y(kPi / 2));
  b.cylinder({-hw + 0.2, 0.04, s.height}, 0.018, 0.12, p.chrome);
  b.box({-hw + 0.18, 0.03, s.height + 0.1}, {-hw + 0.22, 0.18, s.height + 0.13}, p.chrome);
  b.object(Label::kWall);
  b.box({-hw, 0, s.height}, {hw, 0.012, 2.0}, p.tile);
  if (b.random.chance(0.6)) {
    b.object(Label::kCurtain);
    b.rod({0, s.depth - 0.02, 2.0}, 0.012, s.width, p.chrome, rotation_y(kPi / 2));
    const double w = s.width * b.random.uniform(0.25, 0.5);
    for (int i = 0; i < 9; ++i) {
      const double x = hw - w + w * (i + 0.5) / 9;
      b.cylinder({x, s.depth - 0.02 + (i % 2 ? 0.02 : -0.02), 0.2}, 0.035, 1.79, p.fabric2);
    }
  }
}

void build_toilet(Builder& b, const Palette& p, const Piece& s) {
  b.object(Label::kToilet);
  b.box({-0.2, 0.02, 0.4}, {0.2, 0.2, 0.78}, p.white);
  b.box({-0.215, 0.01, 0.78}, {0.215, 0.21, 0.81}, p.white);
  b.box({-0.11, 0.08, 0}, {0.11, 0.5, 0.3}, p.white);
  b.ellipsoid({-0.19, 0.16, 0.1}, {0.19, s.depth - 0.02, 0.42}, p.white);
  b.ellipsoid({-0.195, 0.18, 0.385}, {0.195, s.depth, 0.44}, p.white);
  if (b.random.chance(0.5)) b.box({-0.19, 0.2, 0.42}, {0.19, 0.235, 0.8}, p.white, rotation_x(0.12));
}

void build_wash_stand(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kCabinet);
  b.box({-hw, 0.01, 0.08}, {hw, s.depth - 0.03, s.height - 0.04}, p.wood);
  cupboard_doors(b, hw, s.depth - 0.03, 0.1, s.height - 0.06, 0.4, p.wood, p.chrome, false);
  b.object(Label::kSink);
  b.box({-hw - 0.01, 0, s.height - 0.04}, {hw + 0.01, s.depth, s.height}, p.counter);
  b.ellipsoid({-0.24, 0.1, s.height - 0.08}, {0.24, s.depth - 0.05, s.height + 0.03}, p.white);
  b.cylinder({0, 0.07, s.height}, 0.016, 0.16, p.chrome);
  b.box({-0.012, 0.06, s.height + 0.14}, {0.012, 0.2, s.height + 0.165}, p.chrome);
  for (int i = 0, n = b.random.integer(1, 3); i < n; ++i)
    small_thing(b, p, {(i % 2 ? 1 : -1) * (hw - b.random.uniform(0.08, 0.14)), 0.2 + 0.1 * i, s.height});
  b.object(Label::kMirror);
  b.box({-hw + 0.02, 0, s.height + 0.25}, {hw - 0.02, 0.02, s.height + 1.05}, p.wood);
  b.box({-hw + 0.05, 0.015, s.height + 0.28}, {hw - 0.05, 0.025, s.height + 1.02}, p.mirror);
  b.object(Label::kLamp);
  for (int i = 0; i < 3; ++i) {
    const Vec3 c{-0.25 + 0.25 * i, 0.07, s.height + 1.15};
    b.ellipsoid(c - Vec3{0.05, 0.05, 0.05}, c + Vec3{0.05, 0.05, 0.05}, p.bulb);
  }
  if (b.random.chance(0.7)) {
    b.object(Label::kTowel);
    b.box({hw + 0.1, 0.05, 0.75}, {hw + 0.45, 0.09, 1.3}, p.fabric);
    b.rod({hw + 0.28, 0.07, 1.3}, 0.012, 0.5, p.chrome, rotation_y(kPi / 2));
  }
}

void build_school_desk(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kDesk);
  b.box({-hw, 0, s.height - 0.03}, {hw, s.depth - 0.5, s.height}, p.wood);
  for (double x : {-hw + 0.05, hw - 0.05})
    for (double y : {0.06, s.depth - 0.58}) b.cylinder({x, y, 0}, 0.014, s.height - 0.03, p.metal);
  if (b.random.chance(0.6)) small_thing(b, p, {b.random.uniform(-0.2, 0.2), 0.2, s.height});
  b.object(Label::kChair);
  const double y = s.depth - 0.4;
  const std::uint16_t seat = b.random.chance(0.5) ? p.plastic : p.black;
  b.box({-0.21, y - 0.2, 0.43}, {0.21, y + 0.2, 0.46}, seat);
  b.box({-0.2, y + 0.18, 0.58}, {0.2, y + 0.21, 0.84}, seat, rotation_x(-0.12));
  for (double x : {-0.19, 0.19}) {
    b.cylinder({x, y - 0.17, 0}, 0.012, 0.43, p.metal);
    b.cylinder({x, y + 0.19, 0}, 0.012, 0.8, p.metal);
  }
}

void build_whiteboard(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kWhiteboard);
  const std::uint16_t m = b.add({.texture = Texture::kBooks,
                                 .a = {0.85, 0.86, 0.86},
                                 .b = {0.55, 0.58, 0.7},
                                 .scale = 0.11,
                                 .gloss = 0.7,
                                 .infrared = 0.7});
  b.box({-hw, 0, 0.9}, {hw, 0.02, 2.05}, p.metal);
  b.box({-hw + 0.03, 0.01, 0.93}, {hw - 0.03, 0.025, 2.02}, m);
  b.box({-hw, 0, 0.88}, {hw, 0.08, 0.9}, p.metal);
}

void build_washing_machine(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kBox);
  b.box({-hw, 0.02, 0.02}, {hw, s.depth, s.height}, p.white);
  b.rod({0, s.depth, 0.45}, 0.2, 0.05, p.chrome, rotation_x(kPi / 2));
  b.rod({0, s.depth + 0.02, 0.45}, 0.15, 0.04, p.screen, rotation_x(kPi / 2));
  b.box({-hw + 0.03, s.depth, s.height - 0.12}, {hw - 0.03, s.depth + 0.012, s.height - 0.03}, p.metal);
  if (b.random.chance(0.6)) small_thing(b, p, {0.05, 0.25, s.height});
}

void build_metal_shelf(Builder& b, const Palette& p, const Piece& s) {
  const double hw = s.width / 2;
  b.object(Label::kShelves);
  for (double x : {-hw, hw - 0.03})
    for (double y : {0.02, s.depth - 0.03}) b.box({x, y, 0}, {x + 0.03, y + 0.03, s.height}, p.metal);
  for (int i = 0; i < 4; ++i) {
    const double z = 0.12 + i * (s.height - 0.2) / 3;
    b.box({-hw, 0.02, z}, {hw, s.depth, z + 0.025}, p.metal);
    double x = -hw + 0.05;
    while (x < hw - 0.35) {
      const double w = b.random.uniform(0.18, 0.4);
      if (b.random.chance(0.75)) {
        b.object(Label::kBox);
        const std::uint16_t m =
            b.random.chance(0.4) ? some_paint(b, 0.4) : b.add({.a = {0.42, 0.30, 0.18}, .infrared = 0.6});
        b.box({x, 0.06, z + 0.025},
              {x + w - 0.03, s.depth - b.random.uniform(0.02, 0.15), z + b.random.uniform(0.15, 0.42)}, m);
      }
      x += w;
    }
    b.object(Label::kShelves);
  }
}

void build_boxes(Builder& b, const Palette& p, const Piece& s) {
  double z = 0;
  for (int i = 0, n = b.random.integer(1, 3); i < n; ++i) {
    b.object(Label::kBox);
    const double w = s.width / 2 * b.random.uniform(0.7, 1.0), d = s.depth * b.random.uniform(0.7, 0.95),
                 h = b.random.uniform(0.22, 0.42);
    const std::uint16_t m =
        b.random.chance(0.5) ? b.add({.a = {0.42, 0.30, 0.18}, .infrared = 0.6}) : some_paint(b, 0.4);
    const Mat3 turn = rotation_z(b.random.uniform(-0.15, 0.15));
    b.box({-w, 0.04, z}, {w, d, z + h}, m, turn);
    b.box({-w - 0.01, 0.03, z + h - 0.05}, {w + 0.01, d + 0.01, z + h}, b.random.chance(0.5) ? m : p.plastic,
          turn);
    z += h;
  }
}

void build_pillar(Builder& b, const Palette& p, const Piece& s) {
  b.object(Label::kPipe);
  b.cylinder({0, 0.15, 0}, 0.06, s.height, b.random.chance(0.5) ? p.metal : p.plastic);
  b.cylinder({0, 0.15, 0}, 0.12, 0.02, p.metal);
}

}  // namespace

Piece kitchen_counter(Random& r) { return {r.uniform(1.2, 2.6), 0.62, 0.92, build_kitchen_counter, 2.1}; }
Piece refrigerator(Random& r) {
  return {r.uniform(0.65, 0.85), 0.72, r.uniform(1.6, 1.85), build_refrigerator, 0};
}
Piece stove(Random&) { return {0.62, 0.64, 0.92, build_stove, 2.1}; }
Piece bathtub(Random&) { return {1.65, 0.75, 0.55, build_bathtub, 2.1}; }
Piece toilet(Random&) { return {0.6, 0.68, 0.81, build_toilet, 0}; }
Piece wash_stand(Random& r) { return {r.uniform(0.7, 1.2), 0.54, 0.85, build_wash_stand, 2.1}; }
Piece school_desk(Random&) { return {0.7, 1.0, 0.74, build_school_desk, 0}; }
Piece whiteboard(Random& r) { return {r.uniform(2.0, 3.2), 0.1, 2.05, build_whiteboard, 0}; }
Piece washing_machine(Random&) { return {0.62, 0.62, 0.9, build_washing_machine, 0}; }
Piece metal_shelf(Random& r) {
  return {r.uniform(0.9, 1.4), 0.45, r.uniform(1.6, 2.0), build_metal_shelf, 0};
}
Piece boxes(Random& r) { return {r.uniform(0.4, 0.7), r.uniform(0.35, 0.55), 1.0, build_boxes, 0}; }
Piece pillar(Random&) { return {0.4, 0.4, 2.6, build_pillar, 0}; }

}  // namespace depthmill::sample
