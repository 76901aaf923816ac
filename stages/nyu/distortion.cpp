#include "stages/nyu/distortion.h"

#include <cmath>

namespace depthmill::nyu {

Normalised apply_distortion(Normalised ideal, const std::array<double, 5>& k) {
  const auto [x, y] = ideal;
  const auto [k1, k2, p1, p2, k3] = k;
  const double r2 = x * x + y * y;
  const double radial = 1 + k1 * r2 + k2 * (r2 * r2) + k3 * (r2 * r2 * r2);
  const double twice_xy = 2 * x * y;
  return {x * radial + (p1 * twice_xy + p2 * (r2 + 2 * x * x)),
          y * radial + (p1 * (r2 + 2 * y * y) + p2 * twice_xy)};
}

std::array<std::array<double, 5>, 2> distortion_jacobian(Normalised ideal) {
  const auto [x, y] = ideal;
  const double r2 = x * x + y * y;
  const double r4 = r2 * r2;
  const double r6 = r4 * r2;
  return {{{x * r2, x * r4, 2 * x * y, r2 + 2 * x * x, x * r6},
           {y * r2, y * r4, r2 + 2 * y * y, 2 * x * y, y * r6}}};
}

Normalised remove_distortion(Normalised distorted, const std::array<double, 5>& k) {
  const auto [k1, k2, p1, p2, k3] = k;
  Normalised ideal = distorted;
  for (int step = 0; step < 20; ++step) {
    const Normalised there = apply_distortion(ideal, k);
    const double ex = there.x - distorted.x;
    const double ey = there.y - distorted.y;
    const auto [x, y] = ideal;
    const double r2 = x * x + y * y;
    const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    const double slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3));  // d radial / d r2, times 2
    const double xx = radial + x * x * slope + 2 * p1 * y + 6 * p2 * x;
    const double xy = x * y * slope + 2 * p1 * x + 2 * p2 * y;
    const double yy = radial + y * y * slope + 6 * p1 * y + 2 * p2 * x;
    const double det = xx * yy - xy * xy;
    if (!(std::abs(det) > 1e-9)) break;  // the polynomial folds over here
    const double dx = (yy * ex - xy * ey) / det;
    const double dy = (xx * ey - xy * ex) / det;
    ideal = {x - dx, y - dy};
    if (std::abs(dx) + std::abs(dy) < 1e-16) break;
  }
  return ideal;
}

}  // namespace depthmill::nyu
