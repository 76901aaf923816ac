// The structured-light depth sensor of the Kinect: what it makes of the surfaces its camera sees.
// After the error models of Khoshelham and Oude Elberink (2012, noise grows with the square of depth) and
// Nguyen, Izadi, Lovell (2012, loss at grazing angles).
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

#include "stages/sample/world.h"

namespace depthmill::sample {

// Distance between the infrared projector and the depth camera; the projector is on the right (+x), so that
// shadows fall to the left of things.
inline constexpr double kBaseline = 0.075;
// Columns at the right side of every frame in which the sensor has nothing to correlate.
inline constexpr int kBlankColumns = 8;

// Codes 0..2046, 2047 = no reading: 480 x 640 CV_16UC1. `defects` as in SampleOptions; `key` of the noise.
cv::Mat sense_depth(const World& world, const Pose& pose, double defects, std::uint64_t key);

}  // namespace depthmill::sample
