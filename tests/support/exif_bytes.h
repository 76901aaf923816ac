// The beginning of a JPEG whose camera has noted how it was held.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace depthmill::test {

// Start of the picture and its notes, with one other entry before the orientation; no picture follows.
inline std::vector<std::uint8_t> exif_bytes(int orientation, bool low_first) {
  std::vector<std::uint8_t> tiff;
  const auto put = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
      tiff.push_back(static_cast<std::uint8_t>(value >> 8 * (low_first ? i : bytes - 1 - i)));
  };
  tiff.assign(2, static_cast<std::uint8_t>(low_first ? 'I' : 'M'));
  put(42, 2), put(8, 4), put(2, 2);
  put(0x010f, 2), put(2, 2), put(1, 4), put(0, 4);  // the maker
  put(0x0112, 2), put(3, 2), put(1, 4), put(static_cast<std::uint32_t>(orientation), 2), put(0, 2);
  put(0, 4);
  constexpr std::string_view kName("Exif\0\0", 6);
  const std::size_t length = 2 + kName.size() + tiff.size();
  std::vector<std::uint8_t> bytes{
      0xff, 0xd8, 0xff, 0xe1, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
  bytes.insert(bytes.end(), kName.begin(), kName.end());
  bytes.insert(bytes.end(), tiff.begin(), tiff.end());
  return bytes;
}

}  // namespace depthmill::test
