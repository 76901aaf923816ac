// Alignment of a prediction known only up to scale (and shift) to the ground truth, over the valid pixels.
#pragma once

#include <cstddef>
#include <span>

namespace depthmill::metrics {

enum class AlignKind {
  kNone,
  kMedian,       // s = median(g) / median(p), medians averaging the two middle values
  kMedianLower,  // the same with the lower of the two middle values (PyTorch's median)
  kScale,        // s = sum(p g) / sum(p p), least squares without shift
  kScaleShift,   // min sum (s p + t - g)^2
  kLogScale,     // s = exp(mean(ln g - ln p))
};

// In what p is fitted.
enum class AlignSpace {
  kDepth,
  kDisparity,  // p is disparity, the target is 1/g
  kInverted,   // p is disparity and is turned into depth first: the target is g
};

struct Alignment {
  double scale = 1;
  double shift = 0;
  double apply(double p) const { return scale * p + shift; }
};

// The fit of `pred` to `target`, two spans of equal size over the pixels to be aligned. For kScaleShift the
// normal equations are solved on centred values (so a large mean does not cancel); a constant prediction has
// no scale and gets s = 0, t = mean(target). Predictions that are not finite are left out. With nothing to
// fit the identity is returned.
Alignment align(std::span<const double> pred, std::span<const double> target, AlignKind kind);

// Median of the finite values; NaN if there are none. `lower`: of an even count the lower middle value,
// otherwise the mean of both.
double median(std::span<const double> values, bool lower = false);

}  // namespace depthmill::metrics
