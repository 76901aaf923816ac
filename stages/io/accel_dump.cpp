#include "stages/io/accel_dump.h"

#include <cstring>

namespace depthmill::io {

AccelRecord parse_accel_dump(std::span<const std::uint8_t> bytes, std::string_view label) {
  check_payload(bytes.size(), 12, label);
  const auto word = [&](std::size_t i) { return static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8); };
  AccelRecord r;
  r.x = word(0);
  r.y = word(2);
  r.z = word(4);
  r.tilt = static_cast<std::int8_t>(bytes[6]);
  std::uint32_t status = 0;
  for (std::size_t i = 0; i < 4; ++i) status |= std::uint32_t{bytes[8 + i]} << (8 * i);
  r.status = static_cast<std::int32_t>(status);
  return r;
}

std::array<std::uint8_t, 12> accel_dump_bytes(const AccelRecord& r) {
  std::array<std::uint8_t, 12> bytes{};
  const std::int16_t words[] = {r.x, r.y, r.z};
  for (std::size_t i = 0; i < 3; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(words[i]);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(words[i]) >> 8);
  }
  bytes[6] = static_cast<std::uint8_t>(r.tilt);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[8 + i] = static_cast<std::uint8_t>(static_cast<std::uint32_t>(r.status) >> (8 * i));
  return bytes;
}

Array accel_array(const AccelRecord& r) {
  const double values[] = {double(r.x), double(r.y), double(r.z), double(r.tilt)};
  Array a{{4, 1}, Element::kF64, std::vector<std::uint8_t>(sizeof values)};
  std::memcpy(a.bytes.data(), values, sizeof values);
  return a;
}

}  // namespace depthmill::io
