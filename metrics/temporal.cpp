#include "metrics/temporal.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include "metrics/cell.h"

namespace depthmill::metrics {

Pose inverse(const Pose& m) {
  const auto at = [&](int r, int c) { return m[static_cast<std::size_t>(4 * r + c)]; };
  // Of the upper left 3 x 3 by cofactors.
  const auto cofactor = [&](int r, int c) {
    const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return at(r1, c1) * at(r2, c2) - at(r1, c2) * at(r2, c1);
  };
  const double det = at(0, 0) * cofactor(0, 0) + at(0, 1) * cofactor(0, 1) + at(0, 2) * cofactor(0, 2);
  Pose out{};
  for (int r = 0; r < 3; ++r) {
    double shift = 0;
    for (int c = 0; c < 3; ++c) {
      const double v = cofactor(c, r) / det;
      out[static_cast<std::size_t>(4 * r + c)] = v;
      shift -= v * at(c, 3);
    }
    out[static_cast<std::size_t>(4 * r + 3)] = shift;
  }
  out[15] = 1;
  return out;
}

Pose times(const Pose& a, const Pose& b) {
  Pose out{};
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c)
      for (std::size_t k = 0; k < 4; ++k) out[4 * r + c] += a[4 * r + k] * b[4 * k + c];
  return out;
}

double temporal_error(std::span<const double> first, std::span<const double> second, int rows, int cols,
                      const PlaneCamera& camera, const Pose& motion) {
  const double cx = camera.cx - 1, cy = camera.cy - 1;  // counted from 0
  std::vector<double> seen(second.size(), 0.0);
  for (int v = 0; v < rows; ++v)
    for (int u = 0; u < cols; ++u) {
      const double z = first[cell(v, u, cols)];
      const double x = (u - cx) / camera.fx * z, y = (v - cy) / camera.fy * z;
      const auto along = [&](std::size_t r) {
        return motion[4 * r] * x + motion[4 * r + 1] * y + motion[4 * r + 2] * z + motion[4 * r + 3];
      };
      const double depth = along(2);
      const double col = std::nearbyint(camera.fx * along(0) / depth + cx);
      const double row = std::nearbyint(camera.fy * along(1) / depth + cy);
      if (row >= 0 && row < rows && col >= 0 && col < cols)  // and so not NaN
        seen[cell(static_cast<int>(row), static_cast<int>(col), cols)] = depth;
    }
  double n = 0, sum = 0;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i] > 0 && second[i] > 0) n += 1, sum += std::abs(second[i] - seen[i]) / second[i];
  return n > 0 ? sum / n : 0;
}

}  // namespace depthmill::metrics
