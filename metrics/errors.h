// The one table of metrics: key, unit, direction, how it pools, and the function. CSV columns, reports and
// documentation follow this table. A variant of a formula has its own key, never a flag.
#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/align.h"
#include "metrics/boundary.h"
#include "metrics/disc_boundary.h"
#include "metrics/normals.h"
#include "metrics/pixel_sums.h"
#include "metrics/planes.h"
#include "metrics/point_cloud.h"
#include "metrics/points.h"

namespace depthmill::metrics {

// What a metric function sees of one image.
struct Scored {
  PixelSums sums;                // over the valid pixels
  std::span<const double> pred;  // kPixels: the valid pixels themselves, metres, row-major order
  std::span<const double> gt;
  double root_epsilon = 0;  // added to a mean of squares before its root by the *_eps metrics

  PixelSums median_scaled;   // kScaleInvariant: sums after p is scaled by the ratio of medians
  PixelSums affine_fitted;   // kAffineInvariant: sums after s p + t is fitted by least squares
  PixelSums trimmed_fitted;  // kTrimmedAffine: sums after trimmed_affine

  // Of the whole maps, whatever is valid:
  EdgeScores edges[3];                 // kSobelEdges: thresholds 0.25, 0.5, 1 metres
  double ratio_boundary_f1 = 0;        // kRatioBoundary
  DepthBoundaryError depth_boundary;   // kDepthBoundary; NaN without given edges
  std::span<const PlaneScore> planes;  // kPlanes; empty without labelled planes
  NormalScores normals;                // kNormals; NaN without maps of normals
  double temporal_error = 0;           // kTemporal, percent; NaN without poses

  // Of whole maps and their valid pixels:
  std::array<double, 3> disc_boundary_f1{};  // kDiscBoundary: radius 1, 2, 3
  PointScores points;                        // kPoints
  CloudScores cloud;                         // kCloud
};

inline constexpr double kEdgeThresholds[3] = {0.25, 0.5, 1};

// Groups beyond SumGroup that a metric may need; computed once for all metrics of a protocol.
enum MetricNeed : unsigned {
  kScaleInvariant = 1u << 9,
  kAffineInvariant = 1u << 10,
  kTrimmedAffine = 1u << 11,
  kSobelEdges = 1u << 12,
  kRatioBoundary = 1u << 13,
  kDepthBoundary = 1u << 14,
  kDiscBoundary = 1u << 15,
  kPlanes = 1u << 16,
  kNormals = 1u << 17,
  kPoints = 1u << 18,
  kCloud = 1u << 19,
  kTemporal = 1u << 20,
  kPixels = 1u << 21,  // pred and gt themselves, not their sums alone
};

enum class Direction { kLowerIsBetter, kHigherIsBetter };

// How values of images combine when a protocol pools all pixels of all images.
enum class Pool {
  kMean,      // sum n v / sum n
  kRootMean,  // sqrt(sum n v^2 / sum n)
  kNone,      // cannot be pooled from per-image values
};

struct Metric {
  std::string_view key;
  std::string_view unit;  // "" for a share or a ratio
  Direction direction;
  Pool pool;
  unsigned needs;  // SumGroup | MetricNeed
  double (*value)(const Scored&);
  std::string_view formula;  // p = prediction, g = ground truth, d = ln p - ln g, mean over valid pixels
};

// UniK3D's fit: least squares over the pixels whose |p - g|, before any fit, is below its 0.95 quantile (between order
// statistics), with 1e-4 added to the diagonal of the normal equations.
Alignment trimmed_affine(std::span<const double> pred, std::span<const double> gt);

// All metrics, in the order of CSV columns.
std::span<const Metric> metric_table();

// The row of that key, or nullptr.
const Metric* find_metric(std::string_view key);

// The keys in the order of the table; keys that are not in it follow in order of name.
std::vector<std::string> in_table_order(const std::set<std::string>& keys);

}  // namespace depthmill::metrics
