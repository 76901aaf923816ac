// One accelerometer record of the Kinect (toolbox `get_accel_data`).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace depthmill::nyu {

inline constexpr std::size_t kAccelBytes = 12;

// The bytes of an a-*.dump file, low byte first: int16 x, y, z (819 counts = 1 g), int8 tilt code (half
// degrees), padding, int32 tilt status -> x, y, z, tilt, unscaled. Another size throws std::invalid_argument.
std::array<double, 4> get_accel_data(std::span<const std::uint8_t> bytes);

}  // namespace depthmill::nyu
