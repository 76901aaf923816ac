// Lens distortion in normalised coordinates (toolbox `apply_distortion`; Brown 1966, five coefficients), and
// its inverse, which the toolbox has no name for but a renderer of raw frames needs.
#pragma once

#include <array>

#include "stages/nyu/camera_params.h"

namespace depthmill::nyu {

// A point on the plane z = 1 in front of a camera: x = X/Z to the right, y = Y/Z down.
struct Normalised {
  double x, y;
};

// Where an ideal point lands through the lens. With r2 = x^2 + y^2:
//   x' = x (1 + k1 r2 + k2 r2^2 + k3 r2^3) + 2 p1 x y + p2 (r2 + 2 x^2), y' likewise with p1, p2 exchanged.
Normalised apply_distortion(Normalised ideal, const std::array<double, 5>& k);

// Derivatives of the two distorted coordinates by k1, k2, p1, p2, k3 (x first, then y).
std::array<std::array<double, 5>, 2> distortion_jacobian(Normalised ideal);

// The ideal point that the lens moved to `distorted`: Newton's method, exact to about 1e-15 inside the
// images of both NYU cameras. Where the lens polynomial folds over (far outside the image) it returns the
// last iterate, a finite point.
Normalised remove_distortion(Normalised distorted, const std::array<double, 5>& k);

// 0-based pixel position <-> normalised coordinates, no distortion involved.
constexpr Normalised normalised_from_pixel(double u, double v, const Intrinsics& camera) {
  return {(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy};
}

// Ray (x, y, 1) seen by the raw pixel (u, v), 0-based, of a camera with this lens: what a renderer of raw
// frames casts.
inline Normalised ray_of_raw_pixel(double u, double v, const Intrinsics& camera) {
  return remove_distortion(normalised_from_pixel(u, v, camera), camera.k);
}

}  // namespace depthmill::nyu
