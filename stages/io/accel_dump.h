// The Kinect's accelerometer record as libfreenect's recorder dumps it: 12 bytes, low byte first.
//   0 int16 x, 2 int16 y, 4 int16 z (819 counts = 1 g), 6 int8 tilt (half degrees), 7 padding, 8 int32 tilt
//   status
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "stages/io/array.h"
#include "stages/io/plane_file.h"

namespace depthmill::io {

struct AccelRecord {
  std::int16_t x = 0, y = 0, z = 0;
  std::int8_t tilt = 0;
  std::int32_t status = 0;  // 0 stopped, 1 at its limit, 4 moving
};

// Exactly 12 bytes, as the toolbox's `get_accel_data` demands; fewer are kTruncated, more kUnreadable.
AccelRecord parse_accel_dump(std::span<const std::uint8_t> bytes, std::string_view label);

// The padding byte, undefined in recordings, is written as 0.
std::array<std::uint8_t, 12> accel_dump_bytes(const AccelRecord& record);

// 4x1 float64 x y z tilt, unscaled: what `get_accel_data` returns.
Array accel_array(const AccelRecord& record);

extern const FileFormat kAccelDumpFormat;

}  // namespace depthmill::io
