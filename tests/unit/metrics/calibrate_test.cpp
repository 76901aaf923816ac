#include "metrics/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace depthmill::metrics {
namespace {

// Frames whose predictions are g put through `off`, with a little noise.
template <class Off>
std::vector<CalibrationFrame> frames_of(Off&& off, double noise = 0.01) {
  std::mt19937 rng(3);
  std::uniform_real_distribution<double> depth(0.7, 8);
  std::normal_distribution<double> error(0, noise);
  std::vector<CalibrationFrame> frames(4);
  for (auto& frame : frames)
    for (int i = 0; i < 500; ++i) {
      frame.gt.push_back(depth(rng));
      frame.pred.push_back(off(frame.gt.back()) * std::exp(error(rng)));
    }
  return frames;
}

TEST(Calibrate, FindsWhatThePredictionsWerePutThrough) {
  const auto scaled = frames_of([](double g) { return g / 3.5; });
  EXPECT_NEAR(fit_calibration(CalibrationModel::kScale, scaled).scale, 3.5, 0.02);
  const auto shifted = frames_of([](double g) { return (g - 0.4) / 2; });
  const auto affine = fit_calibration(CalibrationModel::kScaleShift, shifted);
  EXPECT_NEAR(affine.scale, 2, 0.03);
  EXPECT_NEAR(affine.shift, 0.4, 0.03);
  const auto bent = frames_of([](double g) { return std::pow(g / 1.5, 1 / 0.7); });
  const auto power = fit_calibration(CalibrationModel::kLogLinear, bent);
  EXPECT_NEAR(power.power, 0.7, 0.01);
  EXPECT_NEAR(power.scale, 1.5, 0.02);
  for (const auto& [model, frames] : {std::pair{CalibrationModel::kScale, &scaled},
                                      {CalibrationModel::kScaleShift, &shifted},
                                      {CalibrationModel::kLogLinear, &bent}}) {
    EXPECT_LT(d1_of({}, *frames), 0.9);
    EXPECT_GT(held_out_d1(model, *frames), 0.999);
  }
}

TEST(Calibrate, WhatHoldsForOneFrameAloneDoesNotHoldOut) {
  // Every frame has a scale of its own: the median of the others is no help.
  auto frames = frames_of([](double g) { return g; });
  double factor = 1;
  for (auto& frame : frames) {
    for (double& p : frame.pred) p *= factor;
    factor *= 3;
  }
  EXPECT_LE(held_out_d1(CalibrationModel::kScale, frames), d1_of({}, frames));
}

TEST(Calibrate, DisparityCannotBeFitted) {
  const auto disparity = frames_of([](double g) { return 1 / g; });
  EXPECT_FALSE(fit_calibration(CalibrationModel::kScaleShift, disparity).usable)
      << "it falls where depth rises";
  EXPECT_FALSE(fit_calibration(CalibrationModel::kLogLinear, disparity).usable);
  EXPECT_TRUE(std::isnan(held_out_d1(CalibrationModel::kScaleShift, disparity)));
  EXPECT_TRUE(std::isnan(held_out_d1(CalibrationModel::kScale, std::span(disparity).first(1))))
      << "one frame alone";
}

}  // namespace
}  // namespace depthmill::metrics
