// UniK3D's metrics of point clouds (Piccinelli et al. 2025, unik3d/utils/evaluation_depth.py).
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "metrics/planes.h"

namespace depthmill::metrics {

struct CloudScores {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double f1 = kNone;         // area under the F1 of 100 thresholds, at most 0.99
  double f1_scaled = kNone;  // the same after the ratio of (lower) median distances from the camera
  double chamfer = kNone;    // metres: mean over both ways of the distance to the nearest point
  double tau = kNone;        // share of max(|P|/|G|, |G|/|P|) < 1.25
  double rel = kNone;        // mean |P-G| / |G|
  double mae = kNone;        // metres: mean |P-G|
};

// pred, gt: rows x cols depths in metres, valid: not 0 = scored. Points are depth times the ray of the pixel; then the
// whole map is taken at a size with about 75,000 valid pixels by nearest neighbour, and of it the valid ones. Squared
// distances are held against thresholds from 0.005 to max_depth / 20, spaced evenly in the logarithm: the source compares
// them so. NaN without valid pixels, or where a valid prediction is not finite.
CloudScores cloud_scores(std::span<const double> pred, std::span<const double> gt,
                         std::span<const std::uint8_t> valid, int rows, int cols, const PlaneCamera& camera,
                         double max_depth);

}  // namespace depthmill::metrics
