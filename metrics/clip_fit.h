// One alignment for all frames of a clip. The pixels come frame by frame, and are looked at once (sums) or many times
// (what waits between the looks is the caller's to keep, in memory or on disk): never all frames at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "metrics/align.h"

namespace depthmill::metrics {

// Hands over all pixels, block by block, in the same order every time: predictions and targets of equal number.
using UsePixels = std::function<void(std::span<const float> pred, std::span<const float> target)>;
using Replay = std::function<void(const UsePixels&)>;

// Least squares without and with a shift, from sums that are centred frame by frame (kScale, kScaleShift).
class AlignmentSums {
 public:
  // The pixels of a frame; pairs that are not finite are left out.
  void add(std::span<const double> pred, std::span<const double> target);
  // As `align` of all pixels at once, up to rounding.
  Alignment result(AlignKind kind) const;

 private:
  double n_ = 0, mean_p_ = 0, mean_t_ = 0;
  double pp_ = 0, pt_ = 0;  // sums of products of distances from the means
};

// The fits that look several times; all values are finite.
//   kMedian, kMedianLower  ratio of medians, exact: by their bits, three looks
//   kWeiszfeldScale        CUT3R: s = mean(g)/mean(p), then ten times w = 1/(|s p - g| + 1e-8), s = sum w p g / sum w p^2;
//                          at least 1e-3. Not converged after ten steps, and chaotic at 1e-4 of the scale
//   kAdamL1                CUT3R: Adam (rate 1e-4, 0.9, 0.999, 1e-8) on sum |s p + t - g| from the ratio of lower
//                          medians and t = 0, at most 1,000 steps, until the loss changes by less than 1e-6. It moves s
//                          and t by about 0.1 at most, and so is no minimum
//   kL1Affine              the true minimum of sum |s p + t - g|
//   kL1Scale               the true minimum of sum |s p - g|
// A pixel whose residual is large keeps its sign while s and t move little: between two looks at all pixels the fits of
// absolute differences look at the few that may turn, and add the others' part in closed form.
Alignment replayed_fit(const Replay& pixels, AlignKind kind);

// Is the fit one of AlignmentSums?
bool fits_by_sums(AlignKind kind);

}  // namespace depthmill::metrics
