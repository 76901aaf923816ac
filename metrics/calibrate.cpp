#include "metrics/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/align.h"

namespace depthmill::metrics {
namespace {

template <class Use>
void for_pixels(std::span<const CalibrationFrame> frames, Use&& use) {
  for (const CalibrationFrame& frame : frames)
    for (std::size_t i = 0; i < frame.pred.size(); ++i) use(frame.pred[i], frame.gt[i]);
}

// y = a x + b with weights w.
struct Line {
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  void add(double x, double y, double weight) {
    w += weight, wx += weight * x, wy += weight * y, wxx += weight * x * x, wxy += weight * x * y;
  }
  double slope() const { return (w * wxy - wx * wy) / (w * wxx - wx * wx); }
  double start() const { return (wy - slope() * wx) / w; }
};

}  // namespace

double FittedCalibration::of(double p) const {
  return scale * (power == 1 ? p : p > 0 ? std::pow(p, power) : 0) + shift;
}

FittedCalibration fit_calibration(CalibrationModel model, std::span<const CalibrationFrame> frames) {
  FittedCalibration fitted;
  if (model == CalibrationModel::kScale) {
    std::vector<double> ratios;
    for_pixels(frames, [&](double p, double g) { ratios.push_back(g / p); });
    if (!ratios.empty()) fitted.scale = median(ratios);
    fitted.usable = !ratios.empty() && fitted.scale > 0;
    return fitted;
  }
  Line line;
  if (model == CalibrationModel::kScaleShift) {
    for_pixels(frames, [&](double p, double g) { line.add(p, g, 1 / (g * g)); });
    fitted.scale = line.slope(), fitted.shift = line.start();
  } else {
    for_pixels(frames, [&](double p, double g) { line.add(std::log(p), std::log(g), 1); });
    fitted.power = line.slope(), fitted.scale = std::exp(line.start());
  }
  fitted.usable = std::isfinite(fitted.scale) && std::isfinite(fitted.shift) && std::isfinite(fitted.power) &&
                  fitted.scale > 0 && fitted.power > 0;
  return fitted;
}

double d1_of(const FittedCalibration& calibration, std::span<const CalibrationFrame> frames) {
  double sum = 0;
  std::size_t counted = 0;
  for (const CalibrationFrame& frame : frames) {
    if (frame.pred.empty()) continue;
    std::size_t close = 0;
    for (std::size_t i = 0; i < frame.pred.size(); ++i) {
      const double p = calibration.of(frame.pred[i]), g = frame.gt[i];
      close += p > 0 && std::max(p / g, g / p) < 1.25 ? 1 : 0;
    }
    sum += static_cast<double>(close) / static_cast<double>(frame.pred.size());
    ++counted;
  }
  return counted == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(counted);
}

double held_out_d1(CalibrationModel model, std::span<const CalibrationFrame> frames) {
  if (frames.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t out = 0; out < frames.size(); ++out) {
    std::vector<CalibrationFrame> others(frames.begin(), frames.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(out));
    const FittedCalibration fitted = fit_calibration(model, others);
    if (!fitted.usable) return std::numeric_limits<double>::quiet_NaN();
    sum += d1_of(fitted, frames.subspan(out, 1));
  }
  return sum / static_cast<double>(frames.size());
}

}  // namespace depthmill::metrics
