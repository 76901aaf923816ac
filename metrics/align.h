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
  // Of weighted absolute differences over a sample of the pixels (weighted_l1.h), MoGe:
  kWeightedL1Scale,        // scale
  kWeightedL1Affine,       // scale and shift, by the search over anchors
  kWeightedL1AffineExact,  // the true minimum of the same
  kPointShift,             // of points, and so of the metrics of points alone (points.h): a shift an axis
  kPointScale,             // a scale
  kPointAffine,            // a scale and a shift an axis, by the search over anchors
  kPointAffineExact,       // the true minimum of the same
  // Of absolute differences over all pixels (clip_fit.h), CUT3R:
  kWeiszfeldScale,  // ten steps towards the least sum |s p - g|
  kAdamL1,          // at most 1,000 small steps towards the least sum |s p + t - g|
  kL1Scale,         // the true minimum of the one
  kL1Affine,        // and of the other
};
// Is it a fit of points, which leaves depth as it is?
constexpr bool fits_points(AlignKind kind) {
  return kind >= AlignKind::kPointShift && kind <= AlignKind::kPointAffineExact;
}
// Is it a fit on a sample, with weights 1/g (of points 1/|G|)?
constexpr bool fits_sample(AlignKind kind) {
  return kind >= AlignKind::kWeightedL1Scale && kind <= AlignKind::kPointAffineExact;
}
// Is it a fit that looks at all pixels several times?
constexpr bool fits_repeatedly(AlignKind kind) { return kind >= AlignKind::kWeiszfeldScale; }

// Over what one fit is made.
enum class AlignGroup { kImage, kClip };

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
// fit the identity is returned. Fits on a sample need places and weights and give the identity here.
Alignment align(std::span<const double> pred, std::span<const double> target, AlignKind kind);

// Median of the finite values; NaN if there are none. `lower`: of an even count the lower middle value,
// otherwise the mean of both.
double median(std::span<const double> values, bool lower = false);

}  // namespace depthmill::metrics
