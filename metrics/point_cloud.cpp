#include "metrics/point_cloud.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "metrics/align.h"
#include "metrics/cell.h"

namespace depthmill::metrics {
namespace {

using Point = std::array<double, 3>;

double squared_distance(const Point& a, const Point& b) {
  const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return x * x + y * y + z * z;
}
double length_of(const Point& a) { return std::sqrt(squared_distance(a, {})); }

// Points in boxes that are halved along their widest side.
class NearestPoint {
 public:
  explicit NearestPoint(std::vector<Point> points) : points_(std::move(points)) { split(0, points_.size()); }

  // Squared distance to the nearest point.
  double operator()(const Point& from) const {
    double best = std::numeric_limits<double>::infinity();
    look(0, 0, points_.size(), from, best);
    return best;
  }

 private:
  static constexpr std::size_t kLeaf = 12;
  struct Node {
    std::size_t axis = 0;
    double at = 0;
    std::size_t right = 0;  // place of the node of the upper half; that of the lower follows its parent
  };

  std::size_t split(std::size_t begin, std::size_t end) {
    const std::size_t node = nodes_.size();
    nodes_.emplace_back();
    if (end - begin <= kLeaf) return node;
    Point low = points_[begin], high = low;
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t a = 0; a < 3; ++a)
        low[a] = std::min(low[a], points_[i][a]), high[a] = std::max(high[a], points_[i][a]);
    std::size_t axis = 0;
    for (std::size_t a = 1; a < 3; ++a)
      if (high[a] - low[a] > high[axis] - low[axis]) axis = a;
    const std::size_t middle = begin + (end - begin) / 2;
    const auto at = [&](std::size_t i) { return points_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::nth_element(at(begin), at(middle), at(end),
                     [axis](const Point& a, const Point& b) { return a[axis] < b[axis]; });
    const double value = points_[middle][axis];
    split(begin, middle);
    const std::size_t right = split(middle, end);
    nodes_[node] = {axis, value, right};
    return node;
  }

  void look(std::size_t node, std::size_t begin, std::size_t end, const Point& from, double& best) const {
    if (end - begin <= kLeaf) {
      for (std::size_t i = begin; i < end; ++i) best = std::min(best, squared_distance(points_[i], from));
      return;
    }
    const auto& [axis, at, right] = nodes_[node];
    const std::size_t middle = begin + (end - begin) / 2;
    const double beyond = from[axis] - at;
    if (beyond < 0) {
      look(node + 1, begin, middle, from, best);
      if (beyond * beyond < best) look(right, middle, end, from, best);
    } else {
      look(right, middle, end, from, best);
      if (beyond * beyond < best) look(node + 1, begin, middle, from, best);
    }
  }

  std::vector<Point> points_;
  std::vector<Node> nodes_;
};

std::vector<double> to_nearest(const std::vector<Point>& from, const NearestPoint& to) {
  std::vector<double> squared(from.size());
  // The search before is near: neighbours in the image are neighbours in space, and so in the cache.
  std::transform(from.begin(), from.end(), squared.begin(), to);
  return squared;
}

double area_under_f1(std::vector<double> there, std::vector<double> back, double max_depth) {
  constexpr int kThresholds = 100;
  constexpr double kFirst = 0.005;
  const double last = max_depth / 20;
  std::sort(there.begin(), there.end());
  std::sort(back.begin(), back.end());
  const auto share = [](const std::vector<double>& sorted, double limit) {
    return static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), limit) - sorted.begin()) /
           static_cast<double>(sorted.size());
  };
  double area = 0, previous = 0;
  for (int i = 0; i < kThresholds; ++i) {
    const double part = static_cast<double>(i) / (kThresholds - 1);
    const double limit = std::exp(std::log(kFirst) + part * (std::log(last) - std::log(kFirst)));
    const double a = share(there, limit), b = share(back, limit);
    const double f1 = a + b > 0 ? 2 * a * b / (a + b) : 0;
    if (i > 0) area += (previous + f1) / 2;
    previous = f1;
  }
  return area / kThresholds;
}

struct Clouds {
  std::vector<Point> pred, gt;
};

Clouds take_points(std::span<const double> pred, std::span<const double> gt,
                   std::span<const std::uint8_t> valid, int rows, int cols, const PlaneCamera& camera) {
  constexpr float kPoints = 75000;
  const auto n =
      static_cast<float>(std::count_if(valid.begin(), valid.end(), [](std::uint8_t v) { return v != 0; }));
  const float ratio = std::min(1.0f, std::sqrt(kPoints / n));
  const int height = static_cast<int>(static_cast<float>(rows) * ratio);
  const int width = static_cast<int>(static_cast<float>(cols) * ratio);
  const auto source = [](int i, int in, int out) {
    return std::min(static_cast<int>((i + 0.5) * in / out), in - 1);
  };
  Clouds clouds;
  for (int i = 0; i < height; ++i)
    for (int j = 0; j < width; ++j) {
      const int r = source(i, rows, height), c = source(j, cols, width);
      const std::size_t at = cell(r, c, cols);
      if (!valid[at]) continue;
      const auto point = [&](double z) {
        return Point{z * ((c + 1 - camera.cx) / camera.fx), z * ((r + 1 - camera.cy) / camera.fy), z};
      };
      clouds.pred.push_back(point(pred[at]));
      clouds.gt.push_back(point(gt[at]));
    }
  return clouds;
}

}  // namespace

CloudScores cloud_scores(std::span<const double> pred, std::span<const double> gt,
                         std::span<const std::uint8_t> valid, int rows, int cols, const PlaneCamera& camera,
                         double max_depth) {
  const auto [pred_points, gt_points] = take_points(pred, gt, valid, rows, cols, camera);
  CloudScores scores;
  const bool finite = std::all_of(pred_points.begin(), pred_points.end(),
                                  [](const Point& p) { return std::isfinite(length_of(p)); });
  if (gt_points.empty() || !finite) return scores;
  const double n = static_cast<double>(gt_points.size());
  std::vector<double> pred_lengths, gt_lengths;
  double rel = 0, mae = 0, within = 0;
  for (std::size_t i = 0; i < gt_points.size(); ++i) {
    const double p = length_of(pred_points[i]), g = length_of(gt_points[i]);
    const double off = std::sqrt(squared_distance(pred_points[i], gt_points[i]));
    pred_lengths.push_back(p), gt_lengths.push_back(g);
    rel += off / g, mae += off;
    within += std::max(p / g, g / p) < 1.25 ? 1 : 0;
  }
  scores.rel = rel / n, scores.mae = mae / n, scores.tau = within / n;

  const NearestPoint nearest_gt(gt_points);
  const auto there = to_nearest(gt_points, NearestPoint(pred_points));
  const auto back = to_nearest(pred_points, nearest_gt);
  scores.f1 = area_under_f1(there, back, max_depth);
  const auto mean_root = [](const std::vector<double>& squared) {
    double sum = 0;
    for (double d : squared) sum += std::sqrt(d);
    return sum / static_cast<double>(squared.size());
  };
  scores.chamfer = (mean_root(there) + mean_root(back)) / 2;

  const double scale = median(gt_lengths, true) / median(pred_lengths, true);
  std::vector<Point> scaled = pred_points;
  for (Point& p : scaled)
    for (double& v : p) v *= scale;
  if (std::isfinite(scale))
    scores.f1_scaled =
        area_under_f1(to_nearest(gt_points, NearestPoint(scaled)), to_nearest(scaled, nearest_gt), max_depth);
  return scores;
}

}  // namespace depthmill::metrics
