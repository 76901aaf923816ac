#include "stages/nyu/masks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace depthmill::nyu {

std::vector<InstanceMask> get_instance_masks(std::span<const std::uint16_t> labels,
                                             std::span<const std::uint8_t> instances) {
  if (labels.size() != instances.size())
    throw std::invalid_argument("get_instance_masks: labels and instances differ in size");
  std::map<std::pair<std::uint16_t, std::uint8_t>, std::vector<std::uint8_t>> masks;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 0 && instances[i] == 0) continue;
    auto& mask = masks[{labels[i], instances[i]}];
    if (mask.empty()) mask.resize(labels.size());
    mask[i] = 1;
  }
  std::vector<InstanceMask> result;
  result.reserve(masks.size());
  for (auto& [key, mask] : masks) result.push_back({key.first, key.second, std::move(mask)});
  return result;
}

std::vector<std::uint8_t> get_rgb_depth_overlay(std::span<const std::uint8_t> rgb,
                                                std::span<const double> depth) {
  if (rgb.size() != 3 * depth.size())
    throw std::invalid_argument("get_rgb_depth_overlay: colour and depth differ in size");
  std::vector<std::uint8_t> overlay(rgb.size());
  if (depth.empty()) return overlay;
  const auto [least, greatest] = std::minmax_element(depth.begin(), depth.end());
  const double base = *least;
  const double range = *greatest - base;
  for (std::size_t i = 0; i < depth.size(); ++i) {
    const double share = range > 0 ? (depth[i] - base) / range : 0;
    overlay[3 * i] = rgb[3 * i];
    overlay[3 * i + 1] = static_cast<std::uint8_t>(std::lround(share * 255));
    overlay[3 * i + 2] = rgb[3 * i + 1];
  }
  return overlay;
}

}  // namespace depthmill::nyu
