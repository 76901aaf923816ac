// Where the rays of each picture start and point to. Internal to the room's renderers.
#pragma once

#include "stages/sample/world.h"

namespace depthmill::sample {

// Rays origin + t * world_from_grid * (x, y, 1); the depth camera's Z of a point of the ray is
// z_at_origin + t * dot(z_of_grid, (x, y, 1)).
struct View {
  Vec3 origin;
  Mat3 world_from_grid;
  double z_at_origin = 0;
  Vec3 z_of_grid{0, 0, 1};
};

View depth_view(const Pose& pose);  // for raw_depth_rays(): t is Z
View rgb_view(const Pose& pose);    // for raw_rgb_rays(): the colour camera where the calibration puts it
View truth_view(
    const Pose& pose);  // for ideal_rgb_rays(): through the toolbox's mapping, mixed bases included

}  // namespace depthmill::sample
