#include "stages/io/peek.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/exr.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/picture_file.h"

namespace depthmill::io {
namespace {

constexpr std::size_t kExrFront = 1 << 16;  // their headers end before, but for the longest remarks

// 16 bits a sample, grey with or without alpha.
bool wide_grey_png(std::string_view head) {
  constexpr std::size_t kBits = 24, kColourType = 25;
  return head.size() > kColourType && head[kBits] == 16 && (head[kColourType] == 0 || head[kColourType] == 4);
}

// "P5 <width> <height> <maximum>", where a maximum above 255 means two bytes a sample.
bool wide_pgm(std::string_view head) {
  std::size_t at = 2;
  long value = 0;
  for (int number = 0; number < 3; ++number) {
    for (;; ++at) {
      if (at >= head.size()) return false;
      if (head[at] == '#') at = head.find('\n', at);
      if (at >= head.size()) return false;
      if (head[at] >= '0' && head[at] <= '9') break;
    }
    for (value = 0; at < head.size() && head[at] >= '0' && head[at] <= '9' && value < 100000; ++at)
      value = value * 10 + (head[at] - '0');
  }
  return value > 255;
}

// Two dimensions, and no bytes: a picture would have three dimensions, or be of bytes.
bool map_of_numbers(std::string_view head) {
  const auto descr = head.find("'descr':"), shape = head.find("'shape':");
  if (descr == head.npos || shape == head.npos) return false;
  const std::string_view type = head.substr(descr, head.find(',', descr) - descr);
  if (type.find("u1") != type.npos || type.find("b1") != type.npos) return false;
  const auto open = head.find('(', shape), close = head.find(')', shape);
  if (open == head.npos || close == head.npos || close < open) return false;
  int dimensions = 0;
  for (std::size_t i = open + 1; i < close; ++i)
    if (head[i] >= '0' && head[i] <= '9' && !(head[i - 1] >= '0' && head[i - 1] <= '9')) ++dimensions;
  return dimensions == 2;
}

// As many as there are; returned is how many.
std::size_t read_front(const OrdinaryFile& file, std::span<std::uint8_t> bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), bytes.size()));
  file.read(0, bytes.first(count));
  return count;
}

}  // namespace

bool looks_like_depth(const std::filesystem::path& file) try {
  const OrdinaryFile opened(file);
  std::array<std::uint8_t, 512> bytes;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), read_front(opened, bytes));
  if (head.starts_with("\x89PNG")) return wide_grey_png(head);
  if (head.starts_with("P5")) return wide_pgm(head);
  if (head.starts_with("\x93NUMPY")) return map_of_numbers(head);
  if (head.starts_with("II*") || head.starts_with("MM")) {
    const auto facts = tiff_facts(read_bytes(file));  // its directory may lie at the end
    return facts && facts->channels == 1 && facts->bits > 8;
  }
  if (head.starts_with("\x76\x2f\x31\x01")) {
    std::vector<std::uint8_t> front(kExrFront);
    front.resize(read_front(opened, front));
    return exr_looks_like_depth(front);
  }
  return false;
} catch (const FrameError&) {
  return false;
}

}  // namespace depthmill::io
