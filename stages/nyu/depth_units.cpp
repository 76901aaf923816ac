#include "stages/nyu/depth_units.h"

#include <cmath>
#include <stdexcept>

namespace depthmill::nyu {

void depth_rel2depth_abs(std::span<const double> codes, std::span<double> metres) {
  if (codes.size() != metres.size())
    throw std::invalid_argument("depth_rel2depth_abs: codes and metres differ in size");
  for (std::size_t i = 0; i < codes.size(); ++i) metres[i] = depth_rel2depth_abs(codes[i]);
}

std::uint16_t quantised_code(double metres) {
  if (!std::isfinite(metres) || metres <= 0) return kNoReading;
  const double code = std::floor(depth_abs2depth_rel(metres) + 0.5);
  if (code < 0 || code > 1092) return kNoReading;
  return static_cast<std::uint16_t>(code);
}

}  // namespace depthmill::nyu
