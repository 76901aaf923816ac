#include <cmath>

#include "stages/sample/random.h"
#include "stages/sample/world.h"

namespace depthmill::sample {
namespace {

std::uint32_t hash2(std::int32_t x, std::int32_t y, std::uint32_t seed) {
  std::uint32_t h = seed * 0x9e3779b1u ^ static_cast<std::uint32_t>(x) * 0x85ebca77u ^
                    static_cast<std::uint32_t>(y) * 0xc2b2ae3du;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  return h ^ (h >> 15);
}
double unit32(std::uint32_t h) { return static_cast<double>(h) * 0x1p-32; }
double cell_noise(double x, double y, std::uint32_t seed) {
  return unit32(
      hash2(static_cast<std::int32_t>(std::floor(x)), static_cast<std::int32_t>(std::floor(y)), seed));
}
double fraction(double x) { return x - std::floor(x); }

// How much of a detail of this size (metres) a pixel that is `footprint` wide can show, 0..1.
double visible(double detail, double footprint) { return 1 - smooth_step(0.35, 1.2, footprint / detail); }

// 1 on lines of this width around multiples of `period`, blurred to the footprint; fades to its mean.
double lines(double x, double period, double width, double footprint) {
  const double f = fraction(x / period) * period;
  const double d = std::min(f, period - f);
  const double blur = footprint + 1e-4;
  const double sharp = 1 - smooth_step(width / 2 - blur / 2, width / 2 + blur / 2, d);
  return mixed({sharp, 0, 0}, {width / period, 0, 0}, 1 - visible(period, footprint)).x;
}

double wood_grain(double u, double v, std::uint32_t seed, double footprint) {
  const double bend = value_noise(u * 0.7, v * 3, seed + 1) * 0.12;
  const double rings = fraction((v + bend) * 9 + value_noise(u * 0.5, v * 2, seed + 2) * 1.5);
  const double ring = rings < 0.8 ? rings / 0.8 : (1 - rings) / 0.2;
  const double fibre = value_noise(u * 12, v * 260, seed + 3);
  return 0.25 + 0.5 * (0.5 + (ring - 0.5) * visible(0.05, footprint)) +
         0.3 * (fibre - 0.5) * visible(0.006, footprint);
}

Vec3 own_colour(std::uint32_t h, double least, double most) {
  return {least + (most - least) * unit32(hash2(1, 0, h)), least + (most - least) * unit32(hash2(2, 0, h)),
          least + (most - least) * unit32(hash2(3, 0, h))};
}

// u, v in [-1, 1] over the face. A mat, then either bands of landscape or discs and bars.
Vec3 painting(double u, double v, std::uint32_t seed, Vec3 frame) {
  const double edge = std::max(std::fabs(u), std::fabs(v));
  if (edge > 0.92) return frame;
  const bool has_mat = hash2(7, 7, seed) & 1;
  if (has_mat && edge > 0.7) return {0.75, 0.73, 0.68};
  Vec3 c = mixed(own_colour(seed, 0.05, 0.8), own_colour(seed + 1, 0.05, 0.9), 0.5 + 0.5 * v);
  if (hash2(8, 8, seed) & 1) {
    const double skyline = 0.1 + 0.5 * (value_noise(u * 2.2 + 9, 0.5, seed) - 0.5);
    if (v < skyline) c = own_colour(seed + 2, 0.03, 0.5);
    if (v < skyline - 0.5) c = own_colour(seed + 3, 0.05, 0.6);
    c = c * (0.75 + 0.5 * value_noise(u * 9, v * 9, seed + 4));
  } else {
    for (std::uint32_t k = 0; k < 6; ++k) {
      const double x = unit32(hash2(11, static_cast<int>(k), seed)) * 1.5 - 0.75;
      const double y = unit32(hash2(12, static_cast<int>(k), seed)) * 1.5 - 0.75;
      const double r = 0.1 + 0.3 * unit32(hash2(13, static_cast<int>(k), seed));
      const bool disc = hash2(14, static_cast<int>(k), seed) & 1;
      const double d = disc ? std::sqrt((u - x) * (u - x) + (v - y) * (v - y))
                            : std::max(std::fabs(u - x), std::fabs(v - y) * 2.5);
      if (d < r) c = own_colour(seed + 20 + k, 0.03, 0.85);
    }
  }
  return c;
}

// u, v in [-1, 1]: overcast sky over trees and a lawn.
Vec3 view_outdoors(double u, double v, std::uint32_t seed) {
  const double skyline = -0.1 + 0.7 * (value_noise(u * 3, 0.3, seed) - 0.4);
  if (v > skyline) return mixed({1.3, 1.35, 1.4}, {1.0, 1.2, 1.6}, clamp01(v));
  const double leaves = value_noise(u * 14, v * 14, seed + 1);
  return mixed({0.10, 0.16, 0.06}, {0.5, 0.6, 0.35}, leaves) * (v < -0.5 ? 1.3 : 1.0);
}

}  // namespace

double value_noise(double x, double y, std::uint32_t seed) {
  const double fx = std::floor(x), fy = std::floor(y);
  const auto ix = static_cast<std::int32_t>(fx), iy = static_cast<std::int32_t>(fy);
  double ax = x - fx, ay = y - fy;
  ax = ax * ax * (3 - 2 * ax);
  ay = ay * ay * (3 - 2 * ay);
  const double top = unit32(hash2(ix, iy, seed)) * (1 - ax) + unit32(hash2(ix + 1, iy, seed)) * ax;
  const double low = unit32(hash2(ix, iy + 1, seed)) * (1 - ax) + unit32(hash2(ix + 1, iy + 1, seed)) * ax;
  return top * (1 - ay) + low * ay;
}

std::vector<float> noise_field(int rows, int cols, double frequency, std::uint32_t seed) {
  const int lattice_cols = static_cast<int>(std::floor((cols - 1) * frequency)) + 2;
  std::vector<double> top(static_cast<std::size_t>(lattice_cols)), low(top.size()),
      share(static_cast<std::size_t>(cols));
  std::vector<std::size_t> cell(share.size());
  for (std::size_t c = 0; c < cell.size(); ++c) {
    const double x = static_cast<double>(c) * frequency, fx = std::floor(x), a = x - fx;
    cell[c] = static_cast<std::size_t>(fx);
    share[c] = a * a * (3 - 2 * a);
  }
  std::vector<float> field(static_cast<std::size_t>(rows) * share.size());
  std::int32_t at = -1;
  for (int r = 0; r < rows; ++r) {
    const double y = r * frequency, fy = std::floor(y);
    const auto iy = static_cast<std::int32_t>(fy);
    double ay = y - fy;
    ay = ay * ay * (3 - 2 * ay);
    if (iy != at)
      for (int i = 0; i < lattice_cols; ++i) {
        top[static_cast<std::size_t>(i)] = unit32(hash2(i, iy, seed));
        low[static_cast<std::size_t>(i)] = unit32(hash2(i, iy + 1, seed));
      }
    at = iy;
    float* out = field.data() + static_cast<std::size_t>(r) * share.size();
    for (std::size_t c = 0; c < share.size(); ++c) {
      const std::size_t k = cell[c];
      const double t = top[k] * (1 - share[c]) + top[k + 1] * share[c];
      const double l = low[k] * (1 - share[c]) + low[k + 1] * share[c];
      out[c] = static_cast<float>(t * (1 - ay) + l * ay);
    }
  }
  return field;
}

Vec3 reflectance(const Material& m, const Surface& s, const Solid& solid, double footprint) {
  const double u = s.u, v = s.v;
  const std::uint32_t seed = m.seed;
  switch (m.texture) {
    case Texture::kPlain: {
      const double n = value_noise(u * 2.3, v * 2.3, seed) - 0.5;
      return m.a * (1 + 0.10 * n);
    }
    case Texture::kWood: {
      const bool along_v = solid.half.z > std::max(solid.half.x, solid.half.y);
      const double g = along_v ? wood_grain(v, u, seed, footprint) : wood_grain(u, v, seed, footprint);
      return mixed(m.a, m.b, g);
    }
    case Texture::kPlanks: {
      const double row = std::floor(v / m.scale);
      const double shift = cell_noise(row, 0, seed) * 1.7;
      const double board = cell_noise(row, (u + shift) / 1.4, seed + 5);
      const double g = wood_grain(u + shift + row * 3.1, v, seed, footprint);
      const double seam =
          std::max(lines(v, m.scale, 0.004, footprint), 0.7 * lines(u + shift, 1.4, 0.004, footprint));
      return mixed(m.a, m.b, g) * ((0.75 + 0.4 * board) * (1 - 0.6 * seam));
    }
    case Texture::kTiles: {
      const double joint = std::max(lines(u, m.scale, 0.008, footprint), lines(v, m.scale, 0.008, footprint));
      const double tint = 0.92 + 0.16 * cell_noise(u / m.scale, v / m.scale, seed);
      const double cloud = 0.9 + 0.2 * value_noise(u * 11, v * 11, seed + 1);
      return mixed(m.a * (tint * cloud), m.b, joint);
    }
    case Texture::kCarpet: {
      const double fine = (value_noise(u * 180, v * 180, seed) - 0.5) * visible(0.008, footprint);
      const double tuft = (value_noise(u * 45, v * 45, seed + 1) - 0.5) * visible(0.03, footprint);
      const double worn = value_noise(u * 1.3, v * 1.3, seed + 2) - 0.5;
      return mixed(m.a, m.b, clamp01(0.5 + 0.8 * fine + 0.5 * tuft + 0.35 * worn));
    }
    case Texture::kConcrete: {
      const double stain = 0.5 * value_noise(u * 0.9, v * 0.9, seed) +
                           0.3 * value_noise(u * 3.1, v * 3.1, seed + 1) +
                           0.2 * value_noise(u * 12, v * 12, seed + 2);
      const double grit = (value_noise(u * 90, v * 90, seed + 3) - 0.5) * visible(0.015, footprint);
      return mixed(m.a, m.b, clamp01(smooth_step(0.2, 0.8, stain) + 0.3 * grit));
    }
    case Texture::kStripes: {
      const double f = fraction(u / m.scale);
      return f < 0.5 ? m.a : m.b;
    }
    case Texture::kChecks: {
      const double f = fraction(u / m.scale), g = fraction(v / m.scale);
      return (f < 0.5) == (g < 0.5) ? m.a : m.b;
    }
    case Texture::kBricks: {
      const double row = std::floor(v / 0.075);
      const double x = u + 0.11 * (static_cast<std::int64_t>(row) & 1);
      const double joint = std::max(lines(v, 0.075, 0.012, footprint), lines(x, 0.22, 0.012, footprint));
      const double tint = 0.7 + 0.6 * cell_noise(x / 0.22, row, seed);
      const double rough = 0.8 + 0.4 * value_noise(u * 60, v * 60, seed + 1);
      return mixed(m.a * (tint * rough), m.b, joint);
    }
    case Texture::kMarble: {
      const double w =
          u + 0.6 * v + 0.5 * value_noise(u * 3, v * 3, seed) + 0.2 * value_noise(u * 11, v * 11, seed + 1);
      const double vein = fraction(w * 2.5);
      const double k = std::fabs(vein - 0.5) * 2;
      return mixed(m.a, m.b, 0.8 * k * k * k * k);
    }
    case Texture::kFlowers: {
      const double x = u / m.scale, y = v / m.scale;
      const double cx = std::floor(x) + 0.3 + 0.4 * cell_noise(x, y, seed),
                   cy = std::floor(y) + 0.3 + 0.4 * cell_noise(x, y, seed + 1);
      const double d = std::sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy));
      const Vec3 petal = mixed(
          m.b,
          own_colour(hash2(static_cast<int>(std::floor(x)), static_cast<int>(std::floor(y)), seed), 0.1, 0.9),
          0.4);
      return d < 0.10 ? petal * 0.5 : d < 0.27 ? petal : m.a;
    }
    case Texture::kPicture: {
      const bool flat_y = solid.half.y <= solid.half.x && solid.half.y <= solid.half.z;
      const double hu = flat_y ? solid.half.x : solid.half.y, hv = solid.half.z;
      return painting(u / hu, v / hv, seed, m.a);
    }
    case Texture::kBooks: {
      const double line = std::floor(v / m.scale);
      const bool dash = fraction(v / m.scale) < 0.45 && cell_noise(u / (m.scale * 1.3), line, seed) < 0.72;
      return mixed(m.a, m.b, dash ? visible(m.scale, footprint) : 0.25);
    }
    case Texture::kKeys: {
      const double gap = std::max(lines(u, m.scale, m.scale * 0.25, footprint),
                                  lines(v, m.scale, m.scale * 0.25, footprint));
      return mixed(m.a, m.b, 1 - gap);
    }
    case Texture::kScene: {
      const bool flat_y = solid.half.y <= solid.half.x && solid.half.y <= solid.half.z;
      return view_outdoors(u / (flat_y ? solid.half.x : solid.half.y), v / solid.half.z, seed);
    }
  }
  return m.a;
}

}  // namespace depthmill::sample
