// Vectors, rotations and the few functions a renderer needs, from +, -, *, / and sqrt alone: the C library's
// sin and exp differ between machines in the last bit, these do not.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace depthmill::sample {

inline constexpr double kPi = 3.14159265358979323846;

struct Vec3 {
  double x = 0, y = 0, z = 0;
  constexpr double operator[](int i) const { return i == 0 ? x : i == 1 ? y : z; }
};
constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
constexpr Vec3 operator*(Vec3 a, double s) { return {a.x * s, a.y * s, a.z * s}; }
constexpr Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
constexpr double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double length(Vec3 a) { return std::sqrt(dot(a, a)); }
inline Vec3 normalised(Vec3 a) { return a * (1.0 / length(a)); }
constexpr Vec3 mixed(Vec3 a, Vec3 b, double t) { return a * (1 - t) + b * t; }

// Row-major 3x3.
struct Mat3 {
  Vec3 row[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
};
constexpr Vec3 operator*(const Mat3& m, Vec3 v) {
  return {dot(m.row[0], v), dot(m.row[1], v), dot(m.row[2], v)};
}
constexpr Mat3 transposed(const Mat3& m) {
  return {{{m.row[0].x, m.row[1].x, m.row[2].x},
           {m.row[0].y, m.row[1].y, m.row[2].y},
           {m.row[0].z, m.row[1].z, m.row[2].z}}};
}
constexpr Mat3 operator*(const Mat3& a, const Mat3& b) {
  const Mat3 t = transposed(b);
  Mat3 c;
  for (int i = 0; i < 3; ++i)
    c.row[i] = {dot(a.row[i], t.row[0]), dot(a.row[i], t.row[1]), dot(a.row[i], t.row[2])};
  return c;
}
constexpr double determinant(const Mat3& m) { return dot(m.row[0], cross(m.row[1], m.row[2])); }
constexpr Mat3 inverse(const Mat3& m) {
  const double s = 1.0 / determinant(m);
  return transposed(
      {{cross(m.row[1], m.row[2]) * s, cross(m.row[2], m.row[0]) * s, cross(m.row[0], m.row[1]) * s}});
}

// Sine by its series after reduction to [-pi/2, pi/2]; within a few units of the last place for small angles,
// 1e-15 per radian for large ones.
inline double sine(double angle) {
  const double turns = std::floor(angle / (2 * kPi) + 0.5);
  double x = angle - turns * (2 * kPi);
  if (x > kPi / 2) x = kPi - x;
  if (x < -kPi / 2) x = -kPi - x;
  const double q = x * x;
  double sum = 0;
  for (int k = 21; k > 1; k -= 2) sum = (sum + 1) * -q / (k * (k - 1));
  return x * (1 + sum);
}
inline double cosine(double angle) { return sine(angle + kPi / 2); }

// Rotation about z by `angle` (counter-clockwise seen from above).
inline Mat3 rotation_z(double angle) {
  const double c = cosine(angle), s = sine(angle);
  return {{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}};
}
inline Mat3 rotation_x(double angle) {
  const double c = cosine(angle), s = sine(angle);
  return {{{1, 0, 0}, {0, c, -s}, {0, s, c}}};
}
inline Mat3 rotation_y(double angle) {
  const double c = cosine(angle), s = sine(angle);
  return {{{c, 0, s}, {0, 1, 0}, {-s, 0, c}}};
}

inline double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }
// 0 below `a`, 1 above `b`, smooth between.
inline double smooth_step(double a, double b, double x) {
  const double t = clamp01((x - a) / (b - a));
  return t * t * (3 - 2 * t);
}

}  // namespace depthmill::sample
