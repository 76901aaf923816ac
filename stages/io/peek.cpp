#include "stages/io/peek.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/exr.h"
#include "stages/io/picture_file.h"

namespace depthmill::io {
namespace {

constexpr std::uintmax_t kExrFront = 1 << 16;  // their headers end before, but for the longest remarks

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

// Nothing of what is no file: a pipe would wait for ever.
std::string_view first_bytes(const std::filesystem::path& file, std::span<char> bytes) {
  const int in = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (in < 0) return {};
  struct stat look {};
  const bool regular = ::fstat(in, &look) == 0 && S_ISREG(look.st_mode);
  const ssize_t count = regular ? ::read(in, bytes.data(), bytes.size()) : 0;
  ::close(in);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

}  // namespace

bool looks_like_depth(const std::filesystem::path& file) try {
  std::array<char, 512> bytes{};
  const std::string_view head = first_bytes(file, bytes);
  if (head.starts_with("\x89PNG")) return wide_grey_png(head);
  if (head.starts_with("P5")) return wide_pgm(head);
  if (head.starts_with("\x93NUMPY")) return map_of_numbers(head);
  if (head.starts_with("II*") || head.starts_with("MM")) {
    const auto facts = tiff_facts(read_bytes(file));  // its directory may lie at the end
    return facts && facts->channels == 1 && facts->bits > 8;
  }
  if (head.starts_with("\x76\x2f\x31\x01")) {
    std::vector<std::uint8_t> front(std::min<std::uintmax_t>(std::filesystem::file_size(file), kExrFront));
    std::ifstream(file, std::ios::binary)
        .read(reinterpret_cast<char*>(front.data()), static_cast<std::streamsize>(front.size()));
    return exr_looks_like_depth(front);
  }
  return false;
} catch (const FrameError&) {
  return false;
}

}  // namespace depthmill::io
