// MoGe's metrics of points (Wang et al. 2024): depth times the ray of its pixel, fitted as the protocol says.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "metrics/align.h"
#include "metrics/planes.h"

namespace depthmill::metrics {

struct PointScores {
  double rel = std::numeric_limits<double>::quiet_NaN();  // mean |P-G| / (|G| + 1e-6)
  double d1 = std::numeric_limits<double>::quiet_NaN();   // share of |P-G| < min(|G|, |P|) / 4
};

// pred, gt: rows x cols depths in metres, valid: not 0 = scored. The fit (kPointShift, kPointScale, kPointAffine,
// kPointAffineExact, else none) is made on a sample of cells x cells valid pixels with weights 1/|G|. NaN without valid
// pixels, or where a valid prediction is not finite.
PointScores point_scores(std::span<const double> pred, std::span<const double> gt,
                         std::span<const std::uint8_t> valid, int rows, int cols, const PlaneCamera& camera,
                         AlignKind kind, int cells);

}  // namespace depthmill::metrics
