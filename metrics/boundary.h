// Boundary measures of depth maps: Sobel edges (Hu et al. 2019), depth-ratio boundaries (Depth Pro,
// Bochkovskii et al. 2024) and the depth boundary error of iBims-1 (Koch et al. 2018). Maps are rows x cols,
// row-major, metres. All are pure; NaN in a map never makes an edge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace depthmill::metrics {

// Edges by thresholding; shares of all pixels. precision, recall and f1 are NaN when a set is empty.
struct EdgeScores {
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  double precision = std::numeric_limits<double>::quiet_NaN();
  double recall = std::numeric_limits<double>::quiet_NaN();
  double f1 = std::numeric_limits<double>::quiet_NaN();
  std::size_t pred_edges = 0, gt_edges = 0;
};

// Length of the 3x3 Sobel gradient (weights 1 2 1, not normalised, zeros beyond the border) in metres, as Hu
// et al. take it. Beyond-the-border zeros make the frame of the map an edge at usual thresholds.
// In single precision and in the order of the kernel's rows, because whole millimetres often give exactly the
// threshold, and then the last digit of the reference decides (3 % of the edges at 0.5 m in its own test
// maps).
std::vector<float> sobel_magnitude(std::span<const double> map, int rows, int cols);

// Pixels with magnitude > threshold are edges; a pixel matches only itself.
EdgeScores edge_scores(std::span<const float> pred_magnitude, std::span<const float> gt_magnitude,
                       double threshold);

// A boundary lies between neighbours whose inverse depths 1 / max(z, 1e-6) have a ratio above `threshold`, in
// each of four directions; precision and recall are means over the directions.
struct RatioBoundary {
  double precision = 0, recall = 0, f1 = 0;  // f1 = 0 when nothing matches
};
RatioBoundary ratio_boundary(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                             double threshold);

// f1 at ten thresholds 1.05 ... 1.25, averaged with weights proportional to the threshold. Needs ground truth
// without holes: a hole is an edge.
double ratio_boundary_f1(std::span<const double> pred, std::span<const double> gt, int rows, int cols);

// Recall of the outline of `mask` (1 = object) by thinned boundaries of `pred`, the same thresholds and
// weights. Thinned: of each run of boundaries along its direction only the strongest stays.
double ratio_boundary_recall(std::span<const double> pred, std::span<const std::uint8_t> mask, int rows,
                             int cols);

// Depth boundary error: edges of the prediction (Canny on the map stretched to [0, 1]) against given edges.
struct DepthBoundaryOptions {
  double sigma = 1.4142135623730951;
  double low = 0.15, high = 0.3;  // hysteresis thresholds on the Sobel gradient of the stretched map
  double max_distance = 10;       // pixels; farther predicted edges are left out, distances are cut here
  std::span<const std::uint8_t>
      mask;  // empty = all; 0 = distances to given edges count as 0 (SharpNet's crop)
};
struct DepthBoundaryError {
  double accuracy = std::numeric_limits<double>::quiet_NaN();      // pixels, predicted to given
  double completeness = std::numeric_limits<double>::quiet_NaN();  // pixels, both ways over both sets
  std::size_t pred_edges = 0;
};
// gt_edges: rows x cols, not 0 = edge; without any the errors are NaN. No predicted edge within max_distance
// gives max_distance for both.
DepthBoundaryError depth_boundary_error(std::span<const double> pred, std::span<const std::uint8_t> gt_edges,
                                        int rows, int cols, const DepthBoundaryOptions& options = {});

}  // namespace depthmill::metrics
