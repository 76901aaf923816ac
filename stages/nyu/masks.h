// Object masks of a labelled frame and the colour-depth overlay (toolbox `get_instance_masks`,
// `get_rgb_depth_overlay`).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace depthmill::nyu {

// One object: pixels with this label and this instance.
struct InstanceMask {
  std::uint16_t label;
  std::uint8_t instance;
  std::vector<std::uint8_t> mask;  // as many pixels as the planes, 1 = belongs
};

// One mask for every pair (label, instance) that occurs, sorted by label, then instance; only (0, 0) is left
// out. Sizes that differ throw std::invalid_argument. Memory: pixels x pairs.
std::vector<InstanceMask> get_instance_masks(std::span<const std::uint16_t> labels,
                                             std::span<const std::uint8_t> instances);

// Interleaved red, depth, green: the depth, scaled from its least to its greatest value onto 0..255, takes
// the place of green, green that of blue. `rgb` has three times as many values as `depth`, else
// std::invalid_argument. A constant depth gives 0.
std::vector<std::uint8_t> get_rgb_depth_overlay(std::span<const std::uint8_t> rgb,
                                                std::span<const double> depth);

}  // namespace depthmill::nyu
