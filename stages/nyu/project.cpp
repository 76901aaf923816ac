#include "stages/nyu/project.h"

#include <algorithm>
#include <stdexcept>

#include "stages/nyu/depth_units.h"

namespace depthmill::nyu {
namespace {

constexpr double kNearestCode = 600;  // codes below are taken for noise

}  // namespace

DepthRegistration::DepthRegistration(const CameraParams& camera, int rows, int cols)
    : camera_(camera), rgb_lens_(rows, cols, camera.rgb), depth_lens_(rows, cols, camera.depth) {}

UndistortedDepth DepthRegistration::undistort_depth(std::span<const std::uint16_t> codes) const {
  const std::size_t n = static_cast<std::size_t>(rows()) * static_cast<std::size_t>(cols());
  if (codes.size() != n) throw std::invalid_argument("project_depth_map: the depth frame has another size");
  UndistortedDepth result{std::vector<std::uint8_t>(n), std::vector<double>(n), std::vector<double>(n)};

  const std::uint16_t no_reading = *std::max_element(codes.begin(), codes.end());
  std::vector<std::uint8_t> raw_noise(n);
  for (std::size_t i = 0; i < n; ++i) raw_noise[i] = codes[i] == no_reading;
  depth_lens_.undistort_mask(raw_noise, result.noise);
  // The toolbox indexes the undistorted mask with distorted positions here; so do we.
  depth_lens_.undistort_depth(codes, result.noise, result.codes);
  for (std::size_t i = 0; i < n; ++i) {
    const bool missing = result.noise[i] || result.codes[i] < kNearestCode;
    result.metres[i] = missing ? 0 : depth_rel2depth_abs(result.codes[i]);
  }
  return result;
}

void DepthRegistration::project_depth_map(std::span<const std::uint16_t> codes,
                                          std::span<double> depth) const {
  if (codes.size() != depth.size())
    throw std::invalid_argument("project_depth_map: the depth frame and its result differ in size");
  const UndistortedDepth undistorted = undistort_depth(codes);
  std::fill(depth.begin(), depth.end(), 0.0);

  // A place (x, y), counted from 1, is rounded half away from zero and kept where 0 < x < cols and
  // 0 < y < rows; in terms of the unrounded place:
  const double x_end = cols() - 0.5;
  const double y_end = rows() - 0.5;
  const double* metres = undistorted.metres.data();
  for (int v = 0; v < rows(); ++v)
    for (int u = 0; u < cols(); ++u) {
      const double z = *metres++;
      if (z == 0) continue;
      const Point3 in_depth = depth_plane2depth_world(u + 1, v + 1, z, camera_.depth);
      const Point3 in_rgb = depth_world2rgb_world(in_depth, camera_.rgb_from_depth);
      const PlanePoint seen = rgb_world2rgb_plane(in_rgb, camera_.rgb);
      if (!(seen.x >= 0.5 && seen.x < x_end && seen.y >= 0.5 && seen.y < y_end)) continue;
      const auto col = static_cast<std::size_t>(seen.x + 0.5) - 1;
      const auto row = static_cast<std::size_t>(seen.y + 0.5) - 1;
      double& cell = depth[row * static_cast<std::size_t>(cols()) + col];
      if (cell == 0 || z < cell) cell = z;
    }
}

}  // namespace depthmill::nyu
