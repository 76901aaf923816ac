#include "metrics/boundary.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "metrics/canny.h"
#include "metrics/cell.h"
#include "metrics/values.h"

namespace depthmill::metrics {
namespace {

constexpr int kThresholds = 10;
constexpr auto kRatioLimits = [] {
  std::array<double, kThresholds> limits{};
  for (int i = 0; i < kThresholds; ++i)
    limits[static_cast<std::size_t>(i)] = 1.05 + i * (1.25 - 1.05) / (kThresholds - 1);
  return limits;
}();
constexpr double ratio_threshold(int i) { return kRatioLimits[static_cast<std::size_t>(i)]; }

void check_size(std::size_t values, int rows, int cols) {
  if (rows < 1 || cols < 1 || values != static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols))
    throw std::invalid_argument("boundary: the map is not rows x cols");
}

Values inverse_depth(std::span<const double> map) {
  Values inverse(map.size());
  for (std::size_t i = 0; i < map.size(); ++i) inverse[i] = 1.0 / std::max(map[i], 1e-6);
  return inverse;
}

// The four neighbours a boundary may be seen from: (row step, column step).
constexpr int kDirections[4][2] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}};

// Calls use(here, there) for every pixel whose neighbour in that direction is inside the map.
template <class Use>
void for_pairs(int rows, int cols, const int (&step)[2], Use&& use) {
  for (int r = std::max(0, -step[0]); r < rows - std::max(0, step[0]); ++r)
    for (int c = std::max(0, -step[1]); c < cols - std::max(0, step[1]); ++c)
      use(cell(r, c, cols), cell(r + step[0], c + step[1], cols));
}

double ratio_f1(double precision, double recall) {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
}

RatioBoundary boundary_of_inverse(std::span<const double> pred, std::span<const double> gt, int rows,
                                  int cols, double threshold) {
  RatioBoundary out;
  for (const auto& step : kDirections) {
    std::size_t both = 0, in_pred = 0, in_gt = 0;
    for_pairs(rows, cols, step, [&](std::size_t here, std::size_t there) {
      const bool p = pred[there] / pred[here] > threshold, g = gt[there] / gt[here] > threshold;
      both += p && g, in_pred += p, in_gt += g;
    });
    out.precision += static_cast<double>(both) / static_cast<double>(std::max<std::size_t>(in_pred, 1)) / 4;
    out.recall += static_cast<double>(both) / static_cast<double>(std::max<std::size_t>(in_gt, 1)) / 4;
  }
  out.f1 = ratio_f1(out.precision, out.recall);
  return out;
}

// Boundaries of one direction, thinned along it: 1 at the pixel `here` of the strongest pair of each run.
std::vector<std::uint8_t> thinned(std::span<const double> inverse, int rows, int cols, const int (&step)[2],
                                  double threshold) {
  std::vector<double> ratio(inverse.size(), 0.0);
  for_pairs(rows, cols, step,
            [&](std::size_t here, std::size_t there) { ratio[here] = inverse[there] / inverse[here]; });
  std::vector<std::uint8_t> kept(inverse.size(), 0);
  const bool across = step[1] != 0;
  const int lines = across ? rows : cols, length = across ? cols : rows;
  for (int line = 0; line < lines; ++line) {
    const auto at = [&](int k) { return across ? cell(line, k, cols) : cell(k, line, cols); };
    for (int k = 0; k < length; ++k) {
      if (!(ratio[at(k)] > threshold)) continue;
      int best = k;
      for (; k < length && ratio[at(k)] > threshold; ++k)
        if (ratio[at(k)] > ratio[at(best)]) best = k;
      kept[at(best)] = 1;
    }
  }
  return kept;
}

}  // namespace

std::vector<float> sobel_magnitude(std::span<const double> map, int rows, int cols) {
  check_size(map.size(), rows, cols);
  std::vector<float> magnitude(map.size());
  const auto value = [&](int r, int c) {
    return r < 0 || c < 0 || r >= rows || c >= cols ? 0.0f : static_cast<float>(map[cell(r, c, cols)]);
  };
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      // Added one after the other, row by row.
      float x = value(r - 1, c - 1);
      x -= value(r - 1, c + 1);
      x += 2 * value(r, c - 1);
      x -= 2 * value(r, c + 1);
      x += value(r + 1, c - 1);
      x -= value(r + 1, c + 1);
      float y = value(r - 1, c - 1);
      y += 2 * value(r - 1, c);
      y += value(r - 1, c + 1);
      y -= value(r + 1, c - 1);
      y -= 2 * value(r + 1, c);
      y -= value(r + 1, c + 1);
      magnitude[cell(r, c, cols)] = std::sqrt(x * x + y * y);
    }
  return magnitude;
}

EdgeScores edge_scores(std::span<const float> pred_magnitude, std::span<const float> gt_magnitude,
                       double threshold) {
  EdgeScores out;
  const float limit = static_cast<float>(threshold);
  std::size_t both = 0, equal = 0;
  for (std::size_t i = 0; i < pred_magnitude.size(); ++i) {
    const bool p = pred_magnitude[i] > limit, g = gt_magnitude[i] > limit;
    both += p && g, equal += p == g, out.pred_edges += p, out.gt_edges += g;
  }
  const double matched = static_cast<double>(both);
  if (!pred_magnitude.empty())
    out.accuracy = static_cast<double>(equal) / static_cast<double>(pred_magnitude.size());
  if (out.pred_edges > 0) out.precision = matched / static_cast<double>(out.pred_edges);
  if (out.gt_edges > 0) out.recall = matched / static_cast<double>(out.gt_edges);
  if (out.precision + out.recall > 0) out.f1 = ratio_f1(out.precision, out.recall);
  return out;
}

RatioBoundary ratio_boundary(std::span<const double> pred, std::span<const double> gt, int rows, int cols,
                             double threshold) {
  check_size(pred.size(), rows, cols);
  check_size(gt.size(), rows, cols);
  return boundary_of_inverse(inverse_depth(pred), inverse_depth(gt), rows, cols, threshold);
}

namespace {

// Of pairs of neighbours: how many thresholds the ratio of the larger inverse depth to the smaller passes, and at which of
// the two the larger is. NaN passes none.
void passed_thresholds(const double* first, const double* second, std::size_t count, std::int64_t* passed,
                       std::int64_t* rises) {
  for (std::size_t i = 0; i < count; ++i) {
    const double a = first[i], b = second[i];
    const double ratio = (a > b ? a : b) / (a > b ? b : a);
    std::int64_t above = 0;
    for (const double limit : kRatioLimits) above += ratio > limit ? 1 : 0;
    passed[i] = above;
    rises[i] = b > a ? 1 : 0;
  }
}

}  // namespace

double ratio_boundary_f1(std::span<const double> pred, std::span<const double> gt, int rows, int cols) {
  check_size(pred.size(), rows, cols);
  check_size(gt.size(), rows, cols);
  const auto p = inverse_depth(pred), g = inverse_depth(gt);
  // pairs[d][i][j]: neighbours in direction d whose ratio passes the first i thresholds in the prediction and
  // the first j in the truth. The opposite direction has the inverse ratio, and of the two at most one is a
  // boundary, so each two neighbours are looked at once.
  std::array<std::array<std::array<std::size_t, kThresholds + 1>, kThresholds + 1>, 4> pairs{};
  constexpr std::size_t kBlock = 512;
  std::int64_t of_pred[kBlock], of_gt[kBlock], pred_rises[kBlock], gt_rises[kBlock];
  const auto line = [&](std::size_t start, std::size_t count, std::size_t step, std::size_t forward) {
    for (std::size_t done = 0; done < count; done += kBlock) {
      const std::size_t at = start + done, some = std::min(kBlock, count - done);
      passed_thresholds(p.data() + at, p.data() + at + step, some, of_pred, pred_rises);
      passed_thresholds(g.data() + at, g.data() + at + step, some, of_gt, gt_rises);
      for (std::size_t i = 0; i < some; ++i) {
        if ((of_pred[i] | of_gt[i]) == 0) continue;
        ++pairs[forward][static_cast<std::size_t>(of_pred[i] * pred_rises[i])]
               [static_cast<std::size_t>(of_gt[i] * gt_rises[i])];
        ++pairs[forward + 1][static_cast<std::size_t>(of_pred[i] * (1 - pred_rises[i]))]
               [static_cast<std::size_t>(of_gt[i] * (1 - gt_rises[i]))];
      }
    }
  };
  const auto width = static_cast<std::size_t>(cols);
  for (int r = 0; r < rows; ++r) line(cell(r, 0, cols), width - 1, 1, 0);
  for (int r = 0; r + 1 < rows; ++r) line(cell(r, 0, cols), width, width, 2);

  double sum = 0, weights = 0;
  for (std::size_t t = 1; t <= kThresholds; ++t) {
    double precision = 0, recall = 0;
    for (const auto& direction : pairs) {
      std::size_t both = 0, in_pred = 0, in_gt = 0;
      for (std::size_t i = 0; i <= kThresholds; ++i)
        for (std::size_t j = 0; j <= kThresholds; ++j) {
          in_pred += i >= t ? direction[i][j] : 0;
          in_gt += j >= t ? direction[i][j] : 0;
          both += i >= t && j >= t ? direction[i][j] : 0;
        }
      precision += static_cast<double>(both) / static_cast<double>(std::max<std::size_t>(in_pred, 1)) / 4;
      recall += static_cast<double>(both) / static_cast<double>(std::max<std::size_t>(in_gt, 1)) / 4;
    }
    const double weight = ratio_threshold(static_cast<int>(t) - 1);
    sum += weight * ratio_f1(precision, recall);
    weights += weight;
  }
  return sum / weights;
}

double ratio_boundary_recall(std::span<const double> pred, std::span<const std::uint8_t> mask, int rows,
                             int cols) {
  check_size(pred.size(), rows, cols);
  check_size(mask.size(), rows, cols);
  const auto inverse = inverse_depth(pred);
  double sum = 0, weights = 0;
  for (int i = 0; i < kThresholds; ++i) {
    double recall = 0;
    for (const auto& step : kDirections) {
      const auto edges = thinned(inverse, rows, cols, step, ratio_threshold(i));
      std::size_t both = 0, outline = 0;
      for_pairs(rows, cols, step, [&](std::size_t here, std::size_t there) {
        const bool on = mask[there] != 0 && mask[here] == 0;
        outline += on, both += on && edges[here];
      });
      recall += static_cast<double>(both) / static_cast<double>(std::max<std::size_t>(outline, 1)) / 4;
    }
    sum += ratio_threshold(i) * recall;
    weights += ratio_threshold(i);
  }
  return sum / weights;
}

DepthBoundaryError depth_boundary_error(std::span<const double> pred, std::span<const std::uint8_t> gt_edges,
                                        int rows, int cols, const DepthBoundaryOptions& options) {
  check_size(pred.size(), rows, cols);
  check_size(gt_edges.size(), rows, cols);
  DepthBoundaryError out;
  const std::vector<double> to_gt = distance_to(gt_edges, rows, cols);
  if (to_gt.empty()) return out;

  const auto edges = canny(stretched(pred), rows, cols, options.sigma, options.low, options.high);
  const std::vector<double> to_pred = distance_to(edges, rows, cols);
  const auto counts = [&](std::size_t i) { return options.mask.empty() || options.mask[i] != 0; };
  double near_sum = 0, both_sum = 0;
  std::size_t near = 0, given = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const double distance = counts(i) ? to_gt[i] : 0.0;
    if (edges[i]) {
      ++out.pred_edges;
      both_sum += std::min(distance, options.max_distance);
      if (to_gt[i] < options.max_distance && counts(i)) near_sum += distance, ++near;
    }
    if (gt_edges[i]) {
      ++given;
      both_sum += to_pred.empty() ? options.max_distance : std::min(to_pred[i], options.max_distance);
    }
  }
  out.accuracy = near > 0 ? near_sum / static_cast<double>(near) : options.max_distance;
  out.completeness = near > 0 ? both_sum / static_cast<double>(out.pred_edges + given) : options.max_distance;
  return out;
}

}  // namespace depthmill::metrics
