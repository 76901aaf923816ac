#include "stages/nyu/project.h"

#include <algorithm>
#include <stdexcept>

#include "stages/nyu/depth_units.h"
#include "stages/nyu/kernels.h"

namespace depthmill::nyu {
namespace {

constexpr double kNearestCode = 600;  // codes below are taken for noise

// Where the colour camera sees a pixel of the depth camera, both from 1.
inline PlanePoint seen_at(const CameraParams& c, int u1, int v1, double metres) {
  const Point3 in_depth = depth_plane2depth_world(u1, v1, metres, c.depth);
  return rgb_world2rgb_plane(depth_world2rgb_world(in_depth, c.rgb_from_depth), c.rgb);
}

void project_row(const CameraParams& camera, int v1, std::span<const double> metres,
                 double* __restrict seen_x, double* __restrict seen_y) {
  const CameraParams c = camera;  // a copy, which the stores below cannot change
  const std::size_t n = metres.size();
  for (std::size_t u = 0; u < n; ++u) {
    const PlanePoint seen = seen_at(c, static_cast<int>(u) + 1, v1, metres[u]);
    seen_x[u] = seen.x;
    seen_y[u] = seen.y;
  }
}

// The pixel of a place, or -1. A place, counted from 1, is rounded half away from zero and kept where 0 < x < cols and
// 0 < y < rows; here in terms of the unrounded place.
std::int64_t place_of(const PlanePoint& seen, int rows, int cols) {
  if (!(seen.x >= 0.5 && seen.x < cols - 0.5 && seen.y >= 0.5 && seen.y < rows - 0.5)) return -1;
  const auto col = static_cast<int>(seen.x + 0.5) - 1;
  const auto row = static_cast<int>(seen.y + 0.5) - 1;
  return std::int64_t{row} * cols + col;
}

void put_nearest(double metres, double& cell) {
  if (cell == 0 || metres < cell) cell = metres;
}

#ifdef DEPTHMILL_HAVE_AVX2_NYU
avx2::Cameras plain(const CameraParams& c) {
  avx2::Cameras cameras{c.depth.fx, c.depth.fy, c.depth.cx, c.depth.cy, c.rgb.fx,
                        c.rgb.fy,   c.rgb.cx,   c.rgb.cy,   {},         {}};
  std::copy(c.rgb_from_depth.rotation.begin(), c.rgb_from_depth.rotation.end(), cameras.rotation);
  std::copy(c.rgb_from_depth.translation.begin(), c.rgb_from_depth.translation.end(), cameras.translation);
  return cameras;
}
#endif

}  // namespace

DepthRegistration::DepthRegistration(const CameraParams& camera, int rows, int cols)
    : camera_(camera), rgb_lens_(rows, cols, camera.rgb), depth_lens_(rows, cols, camera.depth) {}

// The frame's greatest code, and every pixel that the lens mixes with one.
void DepthRegistration::undistort_noise(std::span<const std::uint16_t> codes,
                                        std::span<std::uint8_t> noise) const {
  std::uint16_t no_reading = 0;
  for (const std::uint16_t code : codes) no_reading = code > no_reading ? code : no_reading;
  std::vector<std::uint8_t> raw_noise(codes.size());
  std::transform(codes.begin(), codes.end(), raw_noise.begin(),
                 [no_reading](std::uint16_t code) { return std::uint8_t{code == no_reading}; });
  depth_lens_.undistort_mask(raw_noise, noise);
}

UndistortedDepth DepthRegistration::undistort_depth(std::span<const std::uint16_t> codes) const {
  const std::size_t n = static_cast<std::size_t>(rows()) * static_cast<std::size_t>(cols());
  if (codes.size() != n) throw std::invalid_argument("project_depth_map: the depth frame has another size");
  UndistortedDepth result{std::vector<std::uint8_t>(n), std::vector<double>(n), std::vector<double>(n)};

  undistort_noise(codes, result.noise);
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
  std::fill(depth.begin(), depth.end(), 0.0);
#ifdef DEPTHMILL_HAVE_AVX2_NYU
  if (have_avx2() && cols() >= 4) return project_by_kernels(codes, depth);
#endif
  const UndistortedDepth undistorted = undistort_depth(codes);
  // Places are computed a row at a time without branches, so that the compiler can use vectors, then written.
  const auto width = static_cast<std::size_t>(cols());
  std::vector<double> seen_x(width), seen_y(width);
  for (int v = 0; v < rows(); ++v) {
    const double* metres = undistorted.metres.data() + static_cast<std::size_t>(v) * width;
    project_row(camera_, v + 1, {metres, width}, seen_x.data(), seen_y.data());
    for (std::size_t u = 0; u < width; ++u)
      if (const auto place = place_of({seen_x[u], seen_y[u]}, rows(), cols()); metres[u] != 0 && place >= 0)
        put_nearest(metres[u], depth[static_cast<std::size_t>(place)]);
  }
}

#ifdef DEPTHMILL_HAVE_AVX2_NYU
void DepthRegistration::project_by_kernels(std::span<const std::uint16_t> codes,
                                           std::span<double> depth) const {
  const auto width = static_cast<std::size_t>(cols()), height = static_cast<std::size_t>(rows());
  if (codes.size() != width * height)
    throw std::invalid_argument("project_depth_map: the depth frame has another size");
  std::vector<std::uint8_t> noise(codes.size());
  undistort_noise(codes, noise);
  const std::vector<std::uint8_t> corners = depth_lens_.corners(noise);
  const avx2::Cameras cameras = plain(camera_);
  std::vector<double> metres(width);
  std::vector<std::int32_t> places(width);
  for (int v = 0; v < rows(); ++v) {
    avx2::metres_of_row({width, depth_lens_.ax(v), depth_lens_.ay(v), depth_lens_.offsets(v),
                         noise.data() + static_cast<std::size_t>(v) * width, corners.data(), codes.data()},
                        kNearestCode, metres.data());
    avx2::places_of_row(cameras, v + 1, height, width, metres.data(), places.data());
    for (std::size_t u = 0; u < width; ++u) {
      std::int64_t place = places[u];
      if (place == avx2::kNearTie)
        place = place_of(seen_at(camera_, static_cast<int>(u) + 1, v + 1, metres[u]), rows(), cols());
      if (place >= 0) put_nearest(metres[u], depth[static_cast<std::size_t>(place)]);
    }
  }
}
#endif

}  // namespace depthmill::nyu
