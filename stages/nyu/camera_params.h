// Calibration of the Kinect that recorded NYU Depth V2 (toolbox `camera_params`): both lenses, the transform
// between them, and the constants of the disparity-to-metres rule. Values, not a file: they never change.
#pragma once

#include <array>

namespace depthmill::nyu {

// Every raw plane of the data set has this size.
inline constexpr int kRows = 480;
inline constexpr int kCols = 640;

// Pinhole with Brown's distortion. fx, fy, cx, cy in pixels, the pixel centre of the first column is 0
// (but see project.h: the plane/world functions count from 1 and use the same cx, cy).
struct Intrinsics {
  double fx, fy, cx, cy;
  std::array<double, 5> k;  // k1, k2, p1, p2, k3
};

// P_rgb = rotation * P_depth + translation, metres. `rotation` (row-major) is MINUS a rotation, as in the
// toolbox: Z in the colour camera's frame comes out negative, ratios X/Z and Y/Z come out right.
struct RgbFromDepth {
  std::array<double, 9> rotation;
  std::array<double, 3> translation;
};

struct CameraParams {
  Intrinsics rgb;
  Intrinsics depth;
  RgbFromDepth rgb_from_depth;
  double depth_param1;  // metres times codes: z = depth_param1 / (depth_param2 - code)
  double depth_param2;  // codes
  double max_depth;     // metres; farther readings are clamped to it
};

// The rotation is inv(-V) of the published matrix V, rounded to double; the translation is in the toolbox's
// own order [t_x; t_z; t_y], which puts the values where the calibration meant them.
inline constexpr CameraParams kCameraParams{
    .rgb = {.fx = 518.85790117450188,
            .fy = 519.46961112127485,
            .cx = 325.58244941119034,
            .cy = 253.73616633400465,
            .k = {2.0796615318809061e-01, -5.8613825163911781e-01, 7.2231363135888329e-04,
                  1.0479627195765181e-03, 4.9856986684705107e-01}},
    .depth = {.fx = 582.62448167737955,
              .fy = 582.69103270988637,
              .cx = 313.04475870804731,
              .cy = 238.44389626620386,
              .k = {-9.9897236553084481e-02, 3.9065324602765344e-01, 1.9290592870229277e-03,
                    -1.9422022475975055e-03, -5.1031725053400578e-01}},
    .rgb_from_depth = {.rotation = {-0.99997798940829263, 0.0050359919480810955, 0.0043196624923060277,
                                    -0.0050518419386157481, -0.99998051861143999, -0.0036662365748484763,
                                    -0.0043011152014118667, 0.0036879781309514248, -0.99998394948385538},
                       .translation = {2.5031875059141302e-02, -2.9342312935846411e-04,
                                       6.6238747008330102e-04}},
    .depth_param1 = 351.3,
    .depth_param2 = 1092.5,
    .max_depth = 10.0,
};

}  // namespace depthmill::nyu
