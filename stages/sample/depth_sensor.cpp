#include "stages/sample/depth_sensor.h"

#include <cmath>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/depth_units.h"
#include "stages/sample/cameras.h"
#include "stages/sample/random.h"

namespace depthmill::sample {
namespace {

constexpr double kNearest = 0.45;   // metres: the pattern is too bright and out of the search range
constexpr double kFarthest = 14.0;  // metres: nothing comes back
constexpr double kLeastSignal = 0.0044;

// Which pixels of a row the projector does not reach. In a row both share, a point at x, z appears at
// x - baseline / z to the projector; of points that coincide there, only the nearest is lit.
void shade_row(const double* x, const double* z, int cols, std::uint8_t* shadow) {
  constexpr int kBins = 1400;
  constexpr double kScale = 600;  // bins per unit of x: about one a pixel
  double nearest[kBins];
  std::fill(nearest, nearest + kBins, 1e30);
  auto bin = [&](int c) { return static_cast<int>(std::floor((x[c] - kBaseline / z[c] + 1.1) * kScale)); };
  int before = 0;
  for (int c = 0; c < cols; ++c) {
    if (z[c] > 1e20) {
      before = -1;
      continue;
    }
    const int b = bin(c);
    if (b >= 0 && b < kBins) nearest[b] = std::min(nearest[b], z[c]);
    // The same surface leaves no gap between its own pixels.
    if (before >= 0 && c > 0 && std::fabs(z[c] - z[c - 1]) < 0.04 * z[c])
      for (int k = std::max(0, std::min(b, before) + 1); k < std::min(kBins, std::max(b, before)); ++k)
        nearest[k] = std::min(nearest[k], z[c]);
    before = b;
  }
  for (int c = 0; c < cols; ++c) {
    shadow[c] = 0;
    if (z[c] > 1e20) continue;
    const int b = bin(c);
    for (int k = std::max(0, b - 1); k <= std::min(kBins - 1, b + 1); ++k)
      if (k >= 0 && z[c] > nearest[k] * 1.03 + 0.03) shadow[c] = 1;
  }
}

}  // namespace

cv::Mat sense_depth(const World& world, const Pose& pose, double defects, std::uint64_t key) {
  const View view = depth_view(pose);
  const RayGrid& rays = raw_depth_rays();
  const Hits hits = trace(world, view.origin, view.world_from_grid, rays);
  const int rows = rays.rows, cols = rays.cols;
  const auto wide = static_cast<std::size_t>(cols);

  std::vector<std::uint8_t> shadow(hits.t.size());
  for (int r = 0; r < rows; ++r) {
    const std::size_t at = static_cast<std::size_t>(r) * wide;
    shade_row(rays.x.data() + at, hits.t.data() + at, cols, shadow.data() + at);
  }

  const Mat3 camera_from_world = transposed(pose.world_from_camera);
  const auto seed = static_cast<std::uint32_t>(key);
  const auto shift_x = noise_field(rows, cols, 0.31, seed + 1),
             shift_y = noise_field(rows, cols, 0.31, seed + 2);
  const auto wide_blobs = noise_field(rows, cols, 0.035, seed + 3),
             blobs = noise_field(rows, cols, 0.11, seed + 4);
  const auto shared_noise = noise_field(rows, cols, 0.19, seed + 5);
  cv::Mat codes(rows, cols, CV_16UC1);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      std::uint16_t& code = codes.at<std::uint16_t>(r, c);
      code = nyu::kNoReading;
      if (c >= cols - kBlankColumns) continue;
      // The correlation window takes what it finds near the pixel: outlines come out ragged.
      std::size_t p = static_cast<std::size_t>(r) * wide + static_cast<std::size_t>(c);
      const std::size_t here = p;
      const double ragged = shift_x[here];
      if (defects > 0) {
        const double du = (ragged - 0.5) * 5 * defects, dv = (shift_y[here] - 0.5) * 4 * defects;
        const int cc = std::min(std::max(c + static_cast<int>(std::floor(du + 0.5)), 0), cols - 1);
        const int rr = std::min(std::max(r + static_cast<int>(std::floor(dv + 0.5)), 0), rows - 1);
        const std::size_t q = static_cast<std::size_t>(rr) * wide + static_cast<std::size_t>(cc);
        // Only across an outline: on one surface the pixel keeps its own place.
        if (hits.solid[q] != hits.solid[p] || shadow[q] != shadow[p]) p = q;
      }
      if (hits.solid[p] == Hits::kNone || shadow[p]) continue;
      const double z = hits.t[p];
      if (z < kNearest || z > kFarthest) continue;
      double noise = 0;
      if (defects > 0) {
        const Solid& solid = world.solids[hits.solid[p]];
        const Material& material = world.materials[solid.material];
        const Vec3 d{rays.x[p], rays.y[p], 1};
        const Vec3 point = view.origin + view.world_from_grid * d * z;
        const Vec3 normal = camera_from_world * surface_at(solid, point).normal;
        const double facing = -dot(normal, d) / length(d);
        const double blob = 0.5 * wide_blobs[here] + 0.3 * blobs[here] + 0.2 * ragged;
        const double signal = material.infrared * facing / (z * z) * (material.glass ? 0 : 1);
        const double wanted = kLeastSignal * (0.15 + 1.7 * blob) * defects;
        if (signal < wanted) continue;
        // Grazing surfaces: disparity changes faster than the window can follow.
        if (facing < 0.16 * blob * defects) continue;
        // Shiny surfaces that mirror the projector into the camera blind it.
        if (material.gloss > 0.45 && facing > 1.002 - 0.012 * material.gloss * blob * 2 * defects) continue;
        // Shiny, dark things return the pattern in patches.
        if (material.gloss > 0.7 && blob > 0.62 - 0.1 * defects + 0.8 * material.infrared) continue;
        // Where depth jumps within the window, some matches fail.
        if (c >= 3 && c + 3 < cols && r >= 2 && r + 2 < rows) {
          const double ahead = hits.t[p + 3 < hits.t.size() ? p + 3 : p], behind = hits.t[p >= 3 ? p - 3 : p];
          const double over = hits.t[p >= 2 * wide ? p - 2 * wide : p],
                       under = hits.t[p + 2 * wide < hits.t.size() ? p + 2 * wide : p];
          const double jump = std::max(std::max(std::fabs(1 / ahead - 1 / z), std::fabs(1 / behind - 1 / z)),
                                       std::max(std::fabs(1 / over - 1 / z), std::fabs(1 / under - 1 / z)));
          if (jump > 0.03 && ragged > 0.74 - 0.1 * defects) continue;
        }
        const std::uint64_t bits = mix(key, here);
        if (unit(mix(bits)) < 0.0002 * defects * z) continue;  // speckle
        // Disparity noise: white, plus a part that neighbours share.
        noise = defects * (0.28 * nearly_normal(bits) + 0.9 * (shared_noise[here] - 0.5));
      }
      const double value = std::floor(nyu::depth_abs2depth_rel(z) + noise + 0.5);
      code = static_cast<std::uint16_t>(value < 0 ? 0 : value);
    }
  return codes;
}

}  // namespace depthmill::sample
