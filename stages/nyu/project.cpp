#include "stages/nyu/project.h"

#include <algorithm>
#include <stdexcept>

#include "stages/nyu/depth_units.h"

namespace depthmill::nyu {
namespace {

constexpr double kNearestCode = 600;  // codes below are taken for noise

// Where the points of one row of the depth image are seen by the colour camera.
void project_row(const CameraParams& camera, int v1, std::span<const double> metres,
                 double* __restrict seen_x, double* __restrict seen_y) {
  const CameraParams c = camera;  // a copy, which the stores below cannot change
  const std::size_t n = metres.size();
  for (std::size_t u = 0; u < n; ++u) {
    const Point3 in_depth =
        depth_plane2depth_world(static_cast<double>(static_cast<int>(u) + 1), v1, metres[u], c.depth);
    const PlanePoint seen = rgb_world2rgb_plane(depth_world2rgb_world(in_depth, c.rgb_from_depth), c.rgb);
    seen_x[u] = seen.x;
    seen_y[u] = seen.y;
  }
}

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

  // Places are computed a row at a time without branches, so that the compiler can use vectors, then written.
  const auto width = static_cast<std::size_t>(cols());
  std::vector<double> seen_x(width), seen_y(width);
  // A place, counted from 1, is rounded half away from zero and kept where 0 < x < cols and 0 < y < rows; in
  // terms of the unrounded place:
  const double x_end = cols() - 0.5;
  const double y_end = rows() - 0.5;
  for (int v = 0; v < rows(); ++v) {
    const double* metres = undistorted.metres.data() + static_cast<std::size_t>(v) * width;
    project_row(camera_, v + 1, {metres, width}, seen_x.data(), seen_y.data());
    for (std::size_t u = 0; u < width; ++u) {
      const double z = metres[u], x = seen_x[u], y = seen_y[u];
      if (z == 0 || !(x >= 0.5 && x < x_end && y >= 0.5 && y < y_end)) continue;
      const auto col = static_cast<int>(x + 0.5) - 1;
      const auto row = static_cast<int>(y + 0.5) - 1;
      double& cell = depth[static_cast<std::size_t>(row) * width + static_cast<std::size_t>(col)];
      if (cell == 0 || z < cell) cell = z;
    }
  }
}

}  // namespace depthmill::nyu
