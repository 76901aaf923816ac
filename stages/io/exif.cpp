#include "stages/io/exif.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "stages/io/ordinary_file.h"

namespace depthmill::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

// A block of the camera's notes is a TIFF file: its numbers have the byte order that it begins with.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes), low_first_(bytes.size() > 1 && bytes[0] == 'I') {}
  std::size_t number(std::size_t at, std::size_t bytes) const {
    if (at > bytes_.size() || bytes_.size() - at < bytes) throw std::out_of_range("exif");
    std::size_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= std::size_t{bytes_[at + i]} << 8 * (low_first_ ? i : bytes - 1 - i);
    return value;
  }

 private:
  Bytes bytes_;
  bool low_first_;
};

int orientation_in(const Tiff& tiff) {
  constexpr std::size_t kTag = 0x0112, kShort = 3, kEntry = 12;
  const std::size_t directory = tiff.number(4, 4), entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * kEntry;
    if (tiff.number(at, 2) != kTag || tiff.number(at + 2, 2) != kShort) continue;
    const std::size_t value = tiff.number(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

}  // namespace

int exif_orientation(Bytes bytes) try {
  constexpr std::string_view kName("Exif\0\0", 6);
  if (bytes.size() < 2 || bytes[0] != 0xff || bytes[1] != 0xd8) return kUpright;
  for (std::size_t at = 2; at + 4 <= bytes.size();) {
    const std::uint8_t kind = bytes[at + 1];
    if (bytes[at] != 0xff || kind == 0xda || kind == 0xd9) return kUpright;  // the picture begins
    const std::size_t length = std::size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    if (length < 2) return kUpright;
    const Bytes block = bytes.subspan(at + 4, std::min(length - 2, bytes.size() - at - 4));
    const bool named = block.size() > kName.size() &&
                       std::equal(kName.begin(), kName.end(), block.begin(),
                                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
    if (kind == 0xe1 && named) return orientation_in(Tiff(block.subspan(kName.size())));
    at += 2 + length;
  }
  return kUpright;
} catch (const std::out_of_range&) {
  return kUpright;
}

int exif_orientation(const std::filesystem::path& file) {
  if (refusal_of(file)) return kUpright;
  // The notes stand in front of the picture, in blocks of 64 kB at most.
  constexpr std::size_t kLooked = std::size_t{1} << 17;
  std::vector<std::uint8_t> bytes(kLooked);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return exif_orientation(Bytes(bytes.data(), static_cast<std::size_t>(in.gcount())));
}

cv::Mat turned_upright(const cv::Mat& picture, int orientation) {
  cv::Mat turned;
  if (orientation >= 5)
    cv::transpose(picture, turned);
  else
    turned = picture.clone();
  // What is left is a mirror or two.
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(turned, turned, 1);
      break;
    case 3:
    case 7:
      cv::flip(turned, turned, -1);
      break;
    case 4:
    case 8:
      cv::flip(turned, turned, 0);
      break;
    default:
      break;
  }
  return turned;
}

}  // namespace depthmill::io
