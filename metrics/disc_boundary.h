// MoGe's boundary measure (Wang et al. 2024): steps of depth between a pixel and its neighbours in a disc.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace depthmill::metrics {

// F1 within radii of 1, 2 and 3 pixels. A pair of a centre, at least the radius away from every border, and a neighbour
// at most the radius away, both valid, is a step where neighbour / centre > 1 + t; F1_t compares the steps of the two
// maps (0 where none is common), and t runs over ten values from 0.05 to 0.25 that are also its weights. pred, gt: rows x
// cols metres; valid: not 0 = known in gt.
std::array<double, 3> disc_boundary_f1(std::span<const double> pred, std::span<const double> gt,
                                       std::span<const std::uint8_t> valid, int rows, int cols);

}  // namespace depthmill::metrics
