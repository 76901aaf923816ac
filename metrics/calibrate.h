// Predictions off scale, made metres by a fit on a few frames that is held against others: leave-one-out over frames.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace depthmill::metrics {

enum class CalibrationModel {
  kScale,       // g = s p, s the median of g / p
  kScaleShift,  // g = s p + t, least squares of relative errors
  kLogLinear,   // log g = a log p + b, least squares
};

// Pixels of one frame: predictions above 0 and true depths above 0, metres, equally many of both.
struct CalibrationFrame {
  std::vector<double> pred, gt;
};

// metres = scale p^power + shift
struct FittedCalibration {
  double scale = 1, power = 1, shift = 0;
  bool usable = false;  // a fit was possible, and nearer stays nearer
  double of(double p) const;
};

FittedCalibration fit_calibration(CalibrationModel model, std::span<const CalibrationFrame> frames);

// Share of pixels with max(p / g, g / p) < 1.25, mean over frames.
double d1_of(const FittedCalibration& calibration, std::span<const CalibrationFrame> frames);

// The same, each frame under the fit of all others; NaN with fewer than two frames, or where a fit is not usable.
double held_out_d1(CalibrationModel model, std::span<const CalibrationFrame> frames);

}  // namespace depthmill::metrics
