// Registers a raw depth frame to the colour camera (toolbox `project_depth_map`) and the point functions it
// is made of. Points of the plane/world functions count pixels from 1, as the toolbox does, against the same
// cx, cy that undistortion uses from 0: a constant offset of 0.11 pixel that is part of the data set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/undistort.h"

namespace depthmill::nyu {

struct Point3 {
  double x, y, z;  // metres
};
struct PlanePoint {
  double x, y;  // pixels, the first column and row are 1; not rounded
};

// `depth_plane2depth_world` of one pixel: u1, v1 from 1, depth in metres -> the depth camera's frame.
inline Point3 depth_plane2depth_world(double u1, double v1, double depth, const Intrinsics& depth_camera) {
  return {((u1 - depth_camera.cx) * depth) / depth_camera.fx,
          ((v1 - depth_camera.cy) * depth) / depth_camera.fy, depth};
}

// `depth_world2rgb_world`: R P + T. Z comes out negative, see RgbFromDepth.
inline Point3 depth_world2rgb_world(const Point3& p, const RgbFromDepth& m) {
  const auto& r = m.rotation;
  const auto& t = m.translation;
  return {r[0] * p.x + r[1] * p.y + r[2] * p.z + t[0], r[3] * p.x + r[4] * p.y + r[5] * p.z + t[1],
          r[6] * p.x + r[7] * p.y + r[8] * p.z + t[2]};
}

// `rgb_world2rgb_plane`: where a point of the colour camera's frame is seen, columns and rows from 1.
inline PlanePoint rgb_world2rgb_plane(const Point3& p, const Intrinsics& rgb_camera) {
  return {(p.x * rgb_camera.fx) / p.z + rgb_camera.cx, (p.y * rgb_camera.fy) / p.z + rgb_camera.cy};
}

// `rgb_plane2rgb_world` of one pixel. Unlike its sibling it negates Y; nothing here uses it.
inline Point3 rgb_plane2rgb_world(double u1, double v1, double depth, const Intrinsics& rgb_camera) {
  return {((u1 - rgb_camera.cx) * depth) / rgb_camera.fx, -((v1 - rgb_camera.cy) * depth) / rgb_camera.fy,
          depth};
}

// The undistorted depth frame before it is moved to the colour camera (steps 2 to 6 of the rule below).
struct UndistortedDepth {
  std::vector<std::uint8_t> noise;  // rows x cols, 1 = missing
  std::vector<double> codes;        // disparity codes, fractional; undefined (0) where noise
  std::vector<double> metres;       // 0 = missing
};

// Both lenses and the transform, prepared for frames of one size. `project_depth_map` may run in several
// threads at once.
class DepthRegistration {
 public:
  explicit DepthRegistration(const CameraParams& camera = kCameraParams, int rows = kRows, int cols = kCols);

  int rows() const { return depth_lens_.rows(); }
  int cols() const { return depth_lens_.cols(); }
  const UndistortMap& rgb_lens() const { return rgb_lens_; }
  const UndistortMap& depth_lens() const { return depth_lens_; }

  // Codes -> metres in the depth camera's own image, lens removed:
  //  - the frame's greatest code means "no reading" (normally 2047; in a frame without any, the farthest
  //    surface is lost), and every pixel that the lens mixes with one is missing;
  //  - the mix happens in codes, skips source pixels that the undistorted mask marks, and codes under 600
  //    (0.713 m) are dropped.
  UndistortedDepth undistort_depth(std::span<const std::uint16_t> codes) const;

  // `depthOut` of project_depth_map: `codes` rows x cols of Kinect codes (native integers, low byte first in
  // the file) -> `depth` rows x cols in metres on the undistorted colour image, 0 = nothing seen. Where
  // several points meet the nearest wins; the value is Z in the DEPTH camera's frame; the last row and the
  // last column never receive a point. Double throughout: float would move points to other pixels. A frame
  // of one single code gives all zeros. Sizes that differ throw std::invalid_argument.
  void project_depth_map(std::span<const std::uint16_t> codes, std::span<double> depth) const;

 private:
  void undistort_noise(std::span<const std::uint16_t> codes, std::span<std::uint8_t> noise) const;
  void project_by_kernels(std::span<const std::uint16_t> codes, std::span<double> depth) const;

  CameraParams camera_;
  UndistortMap rgb_lens_;
  UndistortMap depth_lens_;
};

}  // namespace depthmill::nyu
