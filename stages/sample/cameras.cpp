#include "stages/sample/cameras.h"

#include "stages/nyu/camera_params.h"

namespace depthmill::sample {
namespace {

struct Rigid {
  Mat3 depth_from_rgb;  // of the negated colour frame, so that Z points forward
  Vec3 origin;          // the colour camera's centre in the depth camera's frame
};

// P_rgb = R P + T with R minus a rotation: P = R^-1 (P_rgb - T), and points in front have P_rgb.z < 0, so the
// ray through (a, b) is P_rgb = -t (a, b, 1).
Rigid calibrated() {
  const auto& m = nyu::kCameraParams.rgb_from_depth;
  const Mat3 r{{{m.rotation[0], m.rotation[1], m.rotation[2]},
                {m.rotation[3], m.rotation[4], m.rotation[5]},
                {m.rotation[6], m.rotation[7], m.rotation[8]}}};
  const Mat3 back = inverse(r);
  Rigid out;
  for (int i = 0; i < 3; ++i) out.depth_from_rgb.row[i] = back.row[i] * -1.0;
  out.origin = out.depth_from_rgb * Vec3{m.translation[0], m.translation[1], m.translation[2]};
  return out;
}

View through(const Pose& pose, const Mat3& camera_from_grid, Vec3 origin) {
  View v;
  v.origin = pose.at + pose.world_from_camera * origin;
  v.world_from_grid = pose.world_from_camera * camera_from_grid;
  v.z_at_origin = origin.z;
  v.z_of_grid = camera_from_grid.row[2];
  return v;
}

}  // namespace

View depth_view(const Pose& pose) { return through(pose, Mat3{}, {}); }

View rgb_view(const Pose& pose) {
  const Rigid rigid = calibrated();
  return through(pose, rigid.depth_from_rgb, rigid.origin);
}

View truth_view(const Pose& pose) {
  const Rigid rigid = calibrated();
  // The toolbox counts depth pixels from 1 against a principal point counted from 0, so it takes a point at
  // (X, Y, Z) to be at (X + Z / fx, Y + Z / fy, Z). Undone here: a shear.
  const auto& d = nyu::kCameraParams.depth;
  const Mat3 undo{{{1, 0, -1 / d.fx}, {0, 1, -1 / d.fy}, {0, 0, 1}}};
  return through(pose, undo * rigid.depth_from_rgb, undo * rigid.origin);
}

}  // namespace depthmill::sample
