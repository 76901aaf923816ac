#include "tests/support/formula.h"

#include <boost/crc.hpp>
#include <cmath>

namespace depthmill::test {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;

bool starts(const std::string& s, const char* with) { return s.rfind(with, 0) == 0; }
bool ends(const std::string& s, std::string_view with) {
  return s.size() >= with.size() && s.compare(s.size() - with.size(), with.size(), with) == 0;
}

double name_factor(const std::string& name) {
  if (ends(name, ".bn3.weight")) return 0.25;
  if (name == "predict2.0.weight") return 2;
  const bool halved = starts(name, "toplayer.") || starts(name, "latlayer") || starts(name, "smooth") ||
                      starts(name, "tbdn.conv2.0");
  return halved && ends(name, ".weight") ? 0.5 : 1;
}

}  // namespace

std::uint64_t formula_key(std::string_view name, std::uint64_t seed) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (unsigned char c : name) h = (h ^ c) * 0x100000001B3u;
  return h + seed * kGolden;
}

std::uint64_t formula_raw(std::uint64_t key, std::uint64_t i) {
  std::uint64_t z = key + (i + 1) * kGolden;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double formula_unit(std::uint64_t key, std::uint64_t i) {
  return static_cast<double>(formula_raw(key, i) >> 40) / 8388608.0 - 1.0;
}

std::vector<float> formula_weights(const std::string& name, const std::vector<std::int64_t>& shape,
                                   std::uint64_t seed, const std::string& prefix) {
  std::size_t count = 1;
  for (std::int64_t d : shape) count *= static_cast<std::size_t>(d);
  std::vector<float> values(count, 0.0f);
  if (ends(name, "num_batches_tracked")) return values;

  const std::uint64_t key = formula_key(prefix + name, seed);
  double fan_in = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) fan_in *= static_cast<double>(shape[d]);
  const double factor = name_factor(name);
  const double conv = std::sqrt(6 / fan_in), linear = std::sqrt(3 / fan_in);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = formula_unit(key, i);
    double v = 0;
    if (ends(name, "running_mean"))
      v = u / 8;
    else if (ends(name, "running_var"))
      v = 1 + std::abs(u) / 4;
    else if (ends(name, "bias"))
      v = u / 8;
    else if (shape.size() == 1)
      v = 1 + u / 8;
    else
      v = u * (shape.size() == 4 ? conv : linear);
    values[i] = static_cast<float>(v * factor);
  }
  return values;
}

std::vector<float> formula_values(const std::string& name, std::size_t count, std::uint64_t seed) {
  const std::uint64_t key = formula_key(name, seed);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(formula_unit(key, i));
  return values;
}

std::vector<std::uint8_t> formula_picture(const std::string& name, int channels, int height, int width,
                                          int cell, std::uint64_t seed) {
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(channels) * height * width);
  const std::int64_t square = static_cast<std::int64_t>(cell) * cell;
  for (int c = 0; c < channels; ++c) {
    auto row_key = [&](int r) {
      return formula_key(name + "/lattice/" + std::to_string(c) + "/" + std::to_string(r), seed);
    };
    const std::uint64_t fine_key = formula_key(name + "/fine/" + std::to_string(c), seed);
    for (int y = 0; y < height; ++y) {
      const int iy = y / cell, fy = y % cell;
      const std::uint64_t above = row_key(iy), below = row_key(iy + 1);
      auto at = [](std::uint64_t key, int j) { return static_cast<std::int64_t>(formula_raw(key, j) >> 56); };
      for (int x = 0; x < width; ++x) {
        const int ix = x / cell, fx = x % cell;
        const std::int64_t s = (cell - fy) * ((cell - fx) * at(above, ix) + fx * at(above, ix + 1)) +
                               fy * ((cell - fx) * at(below, ix) + fx * at(below, ix + 1));
        const auto fine =
            static_cast<std::int64_t>(formula_raw(fine_key, static_cast<std::uint64_t>(y) * width + x) >> 56);
        out.push_back(static_cast<std::uint8_t>((7 * s + square * fine) / (8 * square)));
      }
    }
  }
  return out;
}

std::vector<float> formula_depth01(const std::string& name, int height, int width, int cell,
                                   std::uint64_t seed) {
  std::vector<float> depth;
  for (std::uint8_t byte : formula_picture(name, 1, height, width, cell, seed))
    depth.push_back((static_cast<float>(byte) + 16.0f) / 288.0f);
  return depth;
}

std::uint32_t crc32(const void* data, std::size_t bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(data, bytes);
  return crc.checksum();
}

}  // namespace depthmill::test
