// Canny edges (Canny 1986) with interpolated non-maximum suppression, and exact Euclidean distances: what the
// depth boundary error is made of. Border conventions follow the implementation that benchmark scripts use
// (scikit-image), because edges near the border count.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace depthmill::metrics {

// The map shifted and scaled to [0, 1] over its finite values; zeros and non-finite values become NaN.
std::vector<double> stretched(std::span<const double> map);

// 1 on edges. Gaussian smoothing (kernel cut at 4 sigma, weights beyond the border left out and the rest
// renormalised), Sobel gradient (weights 1 2 1, not normalised), suppression of what is no maximum across the
// edge, hysteresis between `low` and `high` over 8 neighbours. The outermost pixels are never edges.
std::vector<std::uint8_t> canny(std::span<const double> map, int rows, int cols, double sigma, double low,
                                double high);

// Distance in pixels from every pixel to the nearest one that is not 0; empty if all are 0.
// Felzenszwalb and Huttenlocher 2012: lower envelope of parabolas, rows then columns, linear in the pixels.
std::vector<double> distance_to(std::span<const std::uint8_t> points, int rows, int cols);

}  // namespace depthmill::metrics
