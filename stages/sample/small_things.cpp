#include "stages/sample/builder.h"

namespace depthmill::sample {

void table_lamp(Builder& b, const Palette& p, Vec3 at) {
  b.object(Label::kLamp);
  b.cylinder(at, 0.07, 0.02, p.metal);
  b.cylinder(at, 0.018, 0.3, p.metal);
  b.ellipsoid(at + Vec3{-0.06, -0.06, 0.04}, at + Vec3{0.06, 0.06, 0.2}, p.clay);
  b.cylinder(at + Vec3{0, 0, 0.28}, 0.15, 0.2, p.lampshade, 0.65);
}

void books(Builder& b, const Palette&, Vec3 at, double width, double depth, double height) {
  b.object(Label::kBooks);
  const double end = at.x + width * b.random.uniform(0.55, 1.0);
  double x = at.x;
  while (x < end - 0.02) {
    const double thick = b.random.uniform(0.018, 0.055);
    const double tall = height * b.random.uniform(0.62, 0.96), deep = depth * b.random.uniform(0.65, 0.95);
    const std::uint16_t cover = b.add({.texture = Texture::kBooks,
                                       .a = some_colour(b.random, 0.3),
                                       .b = some_colour(b.random, 0.5),
                                       .scale = b.random.uniform(0.03, 0.09),
                                       .infrared = b.random.uniform(0.15, 0.7)});
    Mat3 tilt;
    if (b.random.chance(0.12)) tilt = rotation_y(b.random.uniform(-0.2, 0.2));
    b.box({x, at.y, at.z}, {x + thick, at.y + deep, at.z + tall}, cover, tilt);
    x += thick + (b.random.chance(0.1) ? b.random.uniform(0.02, 0.12) : 0.002);
  }
}

void small_thing(Builder& b, const Palette& p, Vec3 at) {
  Random& r = b.random;
  switch (r.integer(0, 8)) {
    case 0: {  // bottle
      b.object(Label::kBottle);
      const std::uint16_t m = some_paint(b, 0.3);
      const double w = r.uniform(0.025, 0.045), h = r.uniform(0.14, 0.24);
      b.cylinder(at, w, h, m);
      b.cylinder(at + Vec3{0, 0, h}, w, 0.03, m, 0.4);
      b.cylinder(at + Vec3{0, 0, h + 0.03}, w * 0.4, 0.035, p.white);
      return;
    }
    case 1:  // cup
      b.object(Label::kCup);
      b.cylinder(at, 0.04, 0.095, some_paint(b, 0.6), 1.1);
      return;
    case 2:  // pile of papers or magazines
      b.object(Label::kPaper);
      for (int i = 0, n = r.integer(1, 3); i < n; ++i) {
        const double z = at.z + 0.012 * i;
        b.box({at.x - 0.1, at.y - 0.14, z}, {at.x + 0.1, at.y + 0.14, z + 0.012},
              i + 1 == n && r.chance(0.4) ? some_paint(b, 0.5) : p.paper, rotation_z(r.uniform(-0.6, 0.6)));
      }
      return;
    case 3: {  // lying books
      b.object(Label::kBooks);
      double z = at.z;
      for (int i = 0, n = r.integer(2, 5); i < n; ++i) {
        const double t = r.uniform(0.015, 0.045), w = r.uniform(0.07, 0.11), d = r.uniform(0.1, 0.14);
        b.box({at.x - w, at.y - d, z}, {at.x + w, at.y + d, z + t}, some_paint(b, 0.35),
              rotation_z(r.uniform(-0.4, 0.4)));
        z += t;
      }
      return;
    }
    case 4: {  // bowl of fruit
      b.object(Label::kCup);
      b.cylinder(at, 0.06, 0.07, p.clay, 2.0);
      const std::uint16_t fruit = b.add({.a = r.chance(0.5) ? Vec3{0.7, 0.28, 0.03} : Vec3{0.5, 0.06, 0.04},
                                         .gloss = 0.4,
                                         .infrared = 0.7});
      for (int i = 0; i < 5; ++i) {
        const Vec3 c = at + Vec3{r.uniform(-0.06, 0.06), r.uniform(-0.06, 0.06), 0.085 + 0.02 * r.uniform()};
        b.ellipsoid(c - Vec3{0.035, 0.035, 0.035}, c + Vec3{0.035, 0.035, 0.035}, fruit);
      }
      return;
    }
    case 5:  // small carton
      b.object(Label::kBox);
      b.box({at.x - r.uniform(0.04, 0.12), at.y - 0.07, at.z},
            {at.x + r.uniform(0.04, 0.12), at.y + 0.07, at.z + r.uniform(0.06, 0.25)}, some_paint(b, 0.45),
            rotation_z(r.uniform(-0.5, 0.5)));
      return;
    case 6: {  // potted plant
      b.object(Label::kPlant);
      b.cylinder(at, 0.055, 0.1, p.clay, 1.3);
      for (int i = 0, n = r.integer(3, 6); i < n; ++i) {
        const Vec3 c = at + Vec3{r.uniform(-0.07, 0.07), r.uniform(-0.07, 0.07), r.uniform(0.14, 0.28)};
        const double s = r.uniform(0.03, 0.07);
        b.ellipsoid(c - Vec3{s, s, s}, c + Vec3{s, s, s}, p.leaf);
      }
      return;
    }
    case 7: {  // framed photograph, leaning back
      b.object(Label::kPicture);
      const std::uint16_t m =
          b.add({.texture = Texture::kPicture, .a = some_colour(r, 0.2), .gloss = 0.5, .infrared = 0.4});
      const double w = r.uniform(0.07, 0.13), h = r.uniform(0.14, 0.24);
      b.box({at.x - w, at.y - 0.012, at.z}, {at.x + w, at.y + 0.012, at.z + h}, m, rotation_x(0.18));
      return;
    }
    default: {  // jar or vase
      b.object(Label::kCup);
      const std::uint16_t m = some_paint(b, 0.5);
      const double w = r.uniform(0.04, 0.08);
      b.ellipsoid(at + Vec3{-w, -w, 0}, at + Vec3{w, w, 2.6 * w}, m);
      b.cylinder(at + Vec3{0, 0, 2.3 * w}, w * 0.55, 0.06, m, 1.3);
      return;
    }
  }
}

}  // namespace depthmill::sample
