// Temporal alignment error of Video-Depth-Anything (Chen et al. 2025, benchmark/eval/eval_tae.py).
#pragma once

#include <array>
#include <span>

#include "metrics/planes.h"

namespace depthmill::metrics {

// 4 x 4, row-major: camera to world, x right, y down, z forward, metres.
using Pose = std::array<double, 16>;

// The inverse of a pose, whose last row is 0 0 0 1 and whose rotation need not be one to the last digit.
Pose inverse(const Pose& pose);
// a b
Pose times(const Pose& a, const Pose& b);

// How far `second` is from `first` as it looks from the second camera, relative to `second`, mean over the pixels that
// both show; 0 where none is. `motion`: from the first camera's frame to the second's. Every pixel of `first`, in
// row-major order, is put at its place there, rounded half to even; where two fall on one pixel the later stays, not the
// nearer. Depths are rows x cols metres, all of them count; the camera is that of `first`, counted from 1.
double temporal_error(std::span<const double> first, std::span<const double> second, int rows, int cols,
                      const PlaneCamera& camera, const Pose& motion);

}  // namespace depthmill::metrics
