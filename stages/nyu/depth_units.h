// Kinect disparity codes to metres and back (toolbox `depth_rel2depth_abs`).
#pragma once

#include <cstdint>
#include <span>

#include "stages/nyu/camera_params.h"

namespace depthmill::nyu {

// Codes have 11 bits; the greatest means "no reading". Codes 1093..2047 are 0 m by the rule below anyway.
inline constexpr std::uint16_t kNoReading = 2047;

// z = 351.3 / (1092.5 - code) metres, clamped to [0, 10]: code 0 is 0.32 m, 1057 is 9.90 m, 1058..1092 are
// exactly 10 m, 1093 and up exactly 0. Fractional codes are fine; 1092.5 is 10; NaN stays NaN.
constexpr double depth_rel2depth_abs(double code) {
  double z = kCameraParams.depth_param1 / (kCameraParams.depth_param2 - code);
  if (z > kCameraParams.max_depth) z = kCameraParams.max_depth;
  if (z < 0) z = 0;
  return z;
}

// The same over many; sizes equal (else std::invalid_argument), the two may be the same memory.
void depth_rel2depth_abs(std::span<const double> codes, std::span<double> metres);

// The real-valued code of a depth in (0, 10] metres: 1092.5 - 351.3 / z. Below 0.3216 m it is negative.
constexpr double depth_abs2depth_rel(double metres) {
  return kCameraParams.depth_param2 - kCameraParams.depth_param1 / metres;
}

// The code a sensor would write: rounded to nearest (half up), kNoReading where the depth is not finite, not
// positive, or nearer than code 0 can say. Depths beyond 10 m keep their code (1058..1092), as the sensor
// does. depth_rel2depth_abs(quantised_code(z)) is within half a code of z for z < 9.9 m.
std::uint16_t quantised_code(double metres);

}  // namespace depthmill::nyu
