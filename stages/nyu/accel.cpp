#include "stages/nyu/accel.h"

#include <stdexcept>
#include <string>

namespace depthmill::nyu {

std::array<double, 4> get_accel_data(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != kAccelBytes)
    throw std::invalid_argument("accelerometer record has " + std::to_string(bytes.size()) +
                                " bytes instead of 12");
  const auto int16_at = [&](std::size_t i) {
    return static_cast<double>(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8));
  };
  return {int16_at(0), int16_at(2), int16_at(4), static_cast<double>(static_cast<std::int8_t>(bytes[6]))};
}

}  // namespace depthmill::nyu
