// Fills missing depth by a multi-scale cross-bilateral filter: the toolbox's fill_depth_cross_bf, to one
// level of its 8-bit quantisation. Faster and cruder than levin.h: the whole image, known pixels included,
// comes out in 255 steps of its own largest depth.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image.h"

namespace depthmill::colorization {

// One entry a scale, first the full resolution, each next one half of it. Both lists have the same length
// >= 1.
struct CrossBilateralOptions {
  std::vector<double> space_sigmas = {12, 5, 8};         // pixels of that scale
  std::vector<double> range_sigmas = {0.2, 0.08, 0.02};  // gray in [0, 1]

  std::string problem() const;  // "" or a sentence that names the bad field
};

// rgb: rows * cols * 3 bytes, R G B interleaved. depth: rows x cols metres, 0 or exactly 10 = missing.
// Returns metres; a missing pixel with no reading in reach at any scale stays 0.
// Throws std::invalid_argument when sizes differ, a depth is NaN or infinite, or no pixel is known.
Image fill_depth_cross_bf(std::span<const std::uint8_t> rgb, ImageView depth,
                          const CrossBilateralOptions& options = {});

}  // namespace depthmill::colorization
