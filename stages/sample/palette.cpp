#include "stages/sample/builder.h"

namespace depthmill::sample {
namespace {

Vec3 pick(Random& random, std::initializer_list<Vec3> colours) {
  const auto i = static_cast<std::size_t>(random.integer(0, static_cast<int>(colours.size()) - 1));
  return *(colours.begin() + static_cast<std::ptrdiff_t>(i));
}

}  // namespace

Vec3 some_colour(Random& random, double brightness) {
  Vec3 c{random.uniform(), random.uniform(), random.uniform()};
  const double gray = (c.x + c.y + c.z) / 3;
  c = mixed({gray, gray, gray}, c, random.uniform(0.2, 1.0));
  const double scale = brightness * random.uniform(0.5, 1.5) / (gray + 0.1);
  return {std::min(0.9, c.x * scale), std::min(0.9, c.y * scale), std::min(0.9, c.z * scale)};
}

std::uint16_t some_paint(Builder& b, double brightness) {
  const Vec3 c = some_colour(b.random, brightness);
  // Dyes that look dark often reflect infrared well; a few do not.
  const double infrared = b.random.chance(0.2) ? 0.08 : b.random.uniform(0.25, 0.8);
  return b.add({.a = c, .gloss = b.random.uniform(0, 0.5), .infrared = infrared});
}

Palette choose_palette(Builder& b, std::string_view room) {
  Random& r = b.random;
  Palette p{};
  const bool wet = room == "bathroom" || room == "kitchen";
  const bool bare = room == "basement";
  const Vec3 pale = pick(r, {{0.72, 0.70, 0.64},
                             {0.66, 0.62, 0.50},
                             {0.55, 0.62, 0.66},
                             {0.60, 0.66, 0.55},
                             {0.70, 0.60, 0.52},
                             {0.74, 0.74, 0.72},
                             {0.52, 0.50, 0.56}});
  if (bare)
    p.wall = b.add(
        {.texture = Texture::kBricks, .a = {0.42, 0.28, 0.22}, .b = {0.5, 0.48, 0.45}, .infrared = 0.5});
  else if (wet && r.chance(0.6))
    p.wall = b.add({.texture = Texture::kTiles,
                    .a = pale,
                    .b = pale * 0.7,
                    .scale = r.uniform(0.10, 0.25),
                    .gloss = 0.3,
                    .infrared = 0.55});
  else
    p.wall = b.add({.a = pale, .infrared = 0.65});
  const Vec3 accent = pick(r, {{0.40, 0.08, 0.10},
                               {0.15, 0.30, 0.45},
                               {0.60, 0.45, 0.15},
                               {0.35, 0.45, 0.25},
                               {0.74, 0.72, 0.68},
                               {0.25, 0.20, 0.18}});
  p.wall_accent = bare            ? p.wall
                  : r.chance(0.3) ? b.add({.texture = Texture::kStripes,
                                           .a = pale,
                                           .b = mixed(pale, accent, 0.4),
                                           .scale = 0.24,
                                           .infrared = 0.6})
                                  : b.add({.a = mixed(pale, accent, r.uniform(0.3, 1.0)), .infrared = 0.55});
  p.ceiling = bare ? b.add({.texture = Texture::kPlanks,
                            .a = {0.16, 0.11, 0.07},
                            .b = {0.30, 0.21, 0.13},
                            .scale = 0.3,
                            .infrared = 0.35})
                   : b.add({.a = {0.78, 0.77, 0.74}, .infrared = 0.7});
  const Vec3 oak{0.42, 0.26, 0.13}, oak_dark{0.28, 0.15, 0.07};
  if (bare)
    p.floor = b.add(
        {.texture = Texture::kConcrete, .a = {0.24, 0.235, 0.225}, .b = {0.44, 0.43, 0.41}, .infrared = 0.5});
  else if (wet || r.chance(0.2))
    p.floor = b.add({.texture = r.chance(0.25) ? Texture::kChecks : Texture::kTiles,
                     .a = pick(r, {{0.62, 0.58, 0.5}, {0.5, 0.42, 0.34}, {0.68, 0.68, 0.66}}),
                     .b = {0.33, 0.31, 0.29},
                     .scale = r.uniform(0.28, 0.45),
                     .gloss = 0.25,
                     .infrared = 0.5});
  else if (r.chance(0.5))
    p.floor = b.add({.texture = Texture::kPlanks,
                     .a = oak * r.uniform(0.6, 1.2),
                     .b = oak_dark,
                     .scale = r.uniform(0.07, 0.14),
                     .gloss = 0.3,
                     .infrared = 0.5});
  else {
    const Vec3 c = pick(r, {{0.45, 0.40, 0.33}, {0.36, 0.34, 0.33}, {0.30, 0.32, 0.38}, {0.55, 0.50, 0.42}});
    p.floor = b.add({.texture = Texture::kCarpet, .a = c * 0.65, .b = c * 1.25, .infrared = 0.5});
  }
  p.baseboard = b.add({.a = {0.74, 0.73, 0.70}, .infrared = 0.6});
  const Vec3 wood = pick(r, {{0.46, 0.28, 0.14}, {0.55, 0.38, 0.21}, {0.30, 0.16, 0.09}, {0.62, 0.47, 0.30}});
  p.wood = b.add({.texture = Texture::kWood, .a = wood, .b = wood * 0.55, .gloss = 0.25, .infrared = 0.6});
  p.wood_dark = b.add({.texture = Texture::kWood,
                       .a = wood * 0.35,
                       .b = wood * 0.16,
                       .gloss = 0.4,
                       .infrared = r.chance(0.5) ? 0.14 : 0.3});
  p.fabric = b.add(
      {.texture = Texture::kCarpet, .a = some_colour(r, 0.25), .b = some_colour(r, 0.30), .infrared = 0.55});
  p.fabric2 = b.add({.texture = r.chance(0.5) ? Texture::kStripes : Texture::kFlowers,
                     .a = some_colour(r, 0.5),
                     .b = some_colour(r, 0.3),
                     .scale = r.uniform(0.06, 0.16),
                     .infrared = 0.55});
  const bool plain_bed = r.chance(0.5);
  p.bedding = b.add({.texture = plain_bed       ? Texture::kPlain
                                : r.chance(0.5) ? Texture::kFlowers
                                                : Texture::kChecks,
                     .a = some_colour(r, plain_bed ? 0.35 : 0.6),
                     .b = some_colour(r, 0.3),
                     .scale = r.uniform(0.12, 0.3),
                     .infrared = 0.6});
  p.metal = b.add({.a = {0.30, 0.30, 0.31}, .gloss = 0.5, .infrared = 0.3});
  p.chrome = b.add({.a = {0.55, 0.55, 0.57}, .gloss = 1.0, .infrared = 0.07});
  p.steel = b.add({.a = {0.48, 0.48, 0.48}, .gloss = 0.8, .infrared = 0.22});
  p.white = b.add({.a = {0.78, 0.78, 0.76}, .gloss = 0.5, .infrared = 0.7});
  p.black = b.add({.a = {0.025, 0.025, 0.028}, .gloss = 0.3, .infrared = 0.05});
  p.plastic = some_paint(b, 0.4);
  p.paper = b.add({.texture = Texture::kBooks,
                   .a = {0.8, 0.8, 0.78},
                   .b = {0.25, 0.25, 0.27},
                   .scale = 0.018,
                   .infrared = 0.7});
  p.leaf =
      b.add({.texture = Texture::kCarpet, .a = {0.06, 0.16, 0.04}, .b = {0.16, 0.33, 0.09}, .infrared = 0.7});
  p.clay = b.add({.a = some_colour(r, 0.35), .gloss = 0.3, .infrared = 0.5});
  p.screen =
      r.chance(0.5)
          ? b.add({.a = {0.012, 0.012, 0.016}, .gloss = 0.9, .infrared = 0.03})
          : b.add({.texture = Texture::kPicture, .a = {0.02, 0.02, 0.02}, .gloss = 0.6, .infrared = 0.03});
  p.glass = b.add({.texture = Texture::kScene, .glass = true, .shines = true});
  p.outdoors = p.glass;
  p.mirror = b.add({.a = {0.42, 0.44, 0.45}, .gloss = 1.0, .infrared = 0.0, .glass = true});
  p.lampshade = b.add({.a = {1.5, 1.3, 0.95}, .infrared = 0.6, .shines = true});
  p.bulb = b.add({.a = {2.2, 2.1, 1.9}, .infrared = 0.5, .shines = true});
  p.door = r.chance(0.5) ? p.baseboard : p.wood;
  p.counter = b.add({.texture = r.chance(0.6) ? Texture::kMarble : Texture::kPlain,
                     .a = pick(r, {{0.65, 0.62, 0.58}, {0.10, 0.10, 0.11}, {0.42, 0.36, 0.30}}),
                     .b = {0.35, 0.33, 0.31},
                     .gloss = 0.6,
                     .infrared = r.chance(0.3) ? 0.09 : 0.5});
  p.tile = b.add({.texture = Texture::kTiles,
                  .a = {0.68, 0.70, 0.70},
                  .b = {0.45, 0.45, 0.44},
                  .scale = 0.1,
                  .gloss = 0.5,
                  .infrared = 0.6});
  p.skin = b.add({.a = {0.16, 0.10, 0.07}, .gloss = 0.5, .infrared = r.chance(0.4) ? 0.08 : 0.35});
  return p;
}

}  // namespace depthmill::sample
