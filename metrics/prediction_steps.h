// What a protocol does to predicted values between the map and the metrics, step by step: clamping, inversion, the fit to
// the ground truth, replacement of what is not finite. Inside the metrics' room.
#pragma once

#include <span>

#include "metrics/protocol.h"

namespace depthmill::metrics {

// Depth is fitted and scored as disparity in between: the prediction is one, or is inverted first.
bool in_disparity(const Protocol& protocol);
// Fits of kInverted see depth.
bool inverts_first(const Protocol& protocol);

// 1/p of values raised to `floor` (0 = not); 0 and below give 0, NaN stays.
void invert(std::span<double> pred, double floor);

// What happens to predictions before anything is fitted.
void before_fit(std::span<double> pred, const Protocol& protocol);

// The pixels of work.pred and work.gt that an alignment is fitted to, in the space of the fit; views of `work`.
struct FitPixels {
  std::span<const double> pred, target;
};
FitPixels pixels_of_fit(const Protocol& protocol, Workspace& work);
// Identity with fewer than align_min_pixels.
Alignment fit_alignment(const Protocol& protocol, Workspace& work);
// MoGe's fits of depth on a sample of the map, weights 1/g. Identity where points are fitted.
Alignment sampled_fit(std::span<const double> map, std::span<const double> gt, int rows, int cols,
                      const Protocol& protocol);

// What happens to a predicted value between the fit and the metrics.
void transform(std::span<double> pred, const Protocol& protocol, const Alignment& alignment,
               double disparity_floor);

}  // namespace depthmill::metrics
