#include "metrics/planes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "metrics/align.h"

namespace depthmill::metrics {
namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// Eigenvector of the smallest eigenvalue of a symmetric matrix, by Jacobi rotations.
Vector smallest_axis(std::array<Vector, 3> m) {
  std::array<Vector, 3> axes = {Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}};  // columns
  for (int sweep = 0; sweep < 50; ++sweep) {
    const double off = std::abs(m[0][1]) + std::abs(m[0][2]) + std::abs(m[1][2]);
    if (off <= 1e-18 * (std::abs(m[0][0]) + std::abs(m[1][1]) + std::abs(m[2][2]))) break;
    for (std::size_t p = 0; p < 2; ++p)
      for (std::size_t q = p + 1; q < 3; ++q) {
        if (m[p][q] == 0) continue;
        const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < 3; ++k) {
          const double a = m[k][p], b = m[k][q];
          m[k][p] = c * a - s * b, m[k][q] = s * a + c * b;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          const double a = m[p][k], b = m[q][k];
          m[p][k] = c * a - s * b, m[q][k] = s * a + c * b;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          const double a = axes[k][p], b = axes[k][q];
          axes[k][p] = c * a - s * b, axes[k][q] = s * a + c * b;
        }
      }
  }
  std::size_t least = 0;
  for (std::size_t i = 1; i < 3; ++i)
    if (m[i][i] < m[least][least]) least = i;
  return {axes[0][least], axes[1][least], axes[2][least]};
}

struct PlaneFit {
  Vector normal{};
  double deviation = 0;  // metres, population standard deviation
};

PlaneFit fit_plane(const std::vector<Vector>& points) {
  Vector mean{};
  for (const auto& x : points)
    for (std::size_t k = 0; k < 3; ++k) mean[k] += x[k] / static_cast<double>(points.size());
  std::array<Vector, 3> scatter{};
  for (const auto& x : points)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) scatter[i][j] += (x[i] - mean[i]) * (x[j] - mean[j]);
  PlaneFit fit{smallest_axis(scatter), 0};
  double sum = 0;
  for (const auto& x : points) {
    const double distance = dot(fit.normal, x) - dot(fit.normal, mean);
    sum += distance * distance;
  }
  fit.deviation = std::sqrt(sum / static_cast<double>(points.size()));
  return fit;
}

double angle_deg(const Vector& a, const Vector& b) {
  const Vector cross = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  return std::atan2(std::sqrt(dot(cross, cross)), std::abs(dot(a, b))) * 180 / std::numbers::pi;
}

}  // namespace

std::vector<PlaneScore> plane_scores(std::span<const double> pred, std::span<const double> gt,
                                     std::span<const std::uint8_t> labels, int rows, int cols,
                                     const PlaneCamera& camera,
                                     std::span<const std::array<double, 3>> normals, double min_share) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  if (pred.size() != size || gt.size() != size || labels.size() != size)
    throw std::invalid_argument("planes: the maps are not all rows x cols");
  std::vector<std::vector<std::size_t>> pixels(256);
  for (std::size_t i = 0; i < size; ++i)
    if (labels[i]) pixels[labels[i]].push_back(i);

  std::vector<PlaneScore> scores;
  for (std::size_t label = 1; label < pixels.size(); ++label) {
    if (static_cast<double>(pixels[label].size()) < min_share * static_cast<double>(size) ||
        pixels[label].empty())
      continue;
    std::vector<double> p, g;
    std::vector<Vector> points, gt_points;
    const auto lift = [&](std::size_t i, double z) {
      const double row = static_cast<double>(i / static_cast<std::size_t>(cols) + 1);
      const double col = static_cast<double>(i % static_cast<std::size_t>(cols) + 1);
      return Vector{(col - camera.cx) * z / camera.fx, z, -(row - camera.cy) * z / camera.fy};
    };
    const auto known = [](double z) { return std::isfinite(z) && z != 0; };
    for (std::size_t i : pixels[label]) {
      if (known(pred[i])) p.push_back(pred[i]);
      if (known(gt[i])) g.push_back(gt[i]), gt_points.push_back(lift(i, gt[i]));
    }
    if (p.size() < 3 || g.size() < 3) continue;
    const double scale = median(g) / median(p);
    for (std::size_t i : pixels[label])
      if (known(pred[i])) points.push_back(lift(i, pred[i] * scale));
    const PlaneFit fit = fit_plane(points);
    const Vector given = label <= normals.size() ? normals[label - 1] : fit_plane(gt_points).normal;
    scores.push_back({static_cast<int>(label), 100 * fit.deviation, angle_deg(fit.normal, given)});
  }
  return scores;
}

}  // namespace depthmill::metrics
