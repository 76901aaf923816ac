#include "metrics/disc_boundary.h"

#include <cstddef>
#include <vector>

#include "metrics/cell.h"

namespace depthmill::metrics {
namespace {

constexpr int kSteps = 10;
constexpr double kLeast = 0.05, kMost = 0.25;

double step(int i) { return kLeast + i * (kMost - kLeast) / (kSteps - 1); }

// Less than the least threshold: most pairs of pixels are no step in either map.
bool near_step(double neighbour, double centre) { return neighbour > centre * 1.0499; }

// Thresholds that the ratio exceeds.
int exceeded(double neighbour, double centre) {
  if (!near_step(neighbour, centre)) return 0;
  const double ratio = neighbour / centre;
  int count = 0;
  while (count < kSteps && ratio > 1 + step(count)) ++count;
  return count;
}

double f1_of(int radius, std::span<const double> pred, std::span<const double> gt,
             std::span<const std::uint8_t> valid, int rows, int cols) {
  // Pairs by how many thresholds the prediction exceeds, the ground truth, and both.
  std::array<double, kSteps + 1> by_pred{}, by_gt{}, by_both{};
  if (rows <= 2 * radius || cols <= 2 * radius) return 0;
  std::vector<std::uint8_t> maybe(static_cast<std::size_t>(cols - 2 * radius));
  for (int dy = -radius; dy <= radius; ++dy)
    for (int dx = -radius; dx <= radius; ++dx) {
      if (dx * dx + dy * dy > radius * radius || (dx == 0 && dy == 0)) continue;
      for (int r = radius; r < rows - radius; ++r) {
        const std::size_t start = cell(r, radius, cols), beside = cell(r + dy, radius + dx, cols);
        const std::size_t n = maybe.size();
        for (std::size_t i = 0; i < n; ++i)  // without branches, for vectors
          maybe[i] = static_cast<std::uint8_t>(near_step(pred[beside + i], pred[start + i]) |
                                               near_step(gt[beside + i], gt[start + i]));
        for (std::size_t i = 0; i < n; ++i) {
          const std::size_t at = start + i, other = beside + i;
          if (!maybe[i] || !valid[at] || !valid[other]) continue;
          const int p = exceeded(pred[other], pred[at]), g = exceeded(gt[other], gt[at]);
          by_pred[static_cast<std::size_t>(p)] += 1;
          by_gt[static_cast<std::size_t>(g)] += 1;
          by_both[static_cast<std::size_t>(p < g ? p : g)] += 1;
        }
      }
    }
  double sum = 0, weights = 0, pred_steps = 0, gt_steps = 0, both = 0;
  for (int i = kSteps - 1; i >= 0; --i) {
    const auto above = static_cast<std::size_t>(i + 1);
    pred_steps += by_pred[above], gt_steps += by_gt[above], both += by_both[above];
    sum += both > 0 ? step(i) * 2 * both / (pred_steps + gt_steps) : 0;
    weights += step(i);
  }
  return sum / weights;
}

}  // namespace

std::array<double, 3> disc_boundary_f1(std::span<const double> pred, std::span<const double> gt,
                                       std::span<const std::uint8_t> valid, int rows, int cols) {
  std::array<double, 3> f1{};
  for (int radius = 1; radius <= 3; ++radius)
    f1[static_cast<std::size_t>(radius - 1)] = f1_of(radius, pred, gt, valid, rows, cols);
  return f1;
}

}  // namespace depthmill::metrics
