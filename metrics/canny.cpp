#include "metrics/canny.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/cell.h"

namespace depthmill::metrics {
namespace {

std::vector<double> gaussian_weights(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> weights(static_cast<std::size_t>(2 * radius + 1));
  for (int i = -radius; i <= radius; ++i)
    weights[static_cast<std::size_t>(i + radius)] = std::exp(-0.5 * i * i / (sigma * sigma));
  return weights;
}

// Correlates every row (across) or column of the map with `weights`, leaving out what lies beyond the border
// and renormalising. Always along rows of memory, all columns at once.
std::vector<double> smooth_lines(std::span<const double> map, int rows, int cols, bool across,
                                 const std::vector<double>& weights) {
  const int radius = static_cast<int>(weights.size()) / 2;
  const auto weight_inside = [&](int at, int size) {
    double total = 0;
    for (int k = -radius; k <= radius; ++k)
      if (at + k >= 0 && at + k < size) total += weights[static_cast<std::size_t>(k + radius)];
    return total;
  };
  std::vector<double> totals;
  for (int c = 0; c < cols; ++c) totals.push_back(across ? weight_inside(c, cols) : 0.0);
  std::vector<double> out(map.size(), 0.0);
  for (int r = 0; r < rows; ++r) {
    double* to = out.data() + cell(r, 0, cols);
    for (int k = -radius; k <= radius; ++k) {
      const double weight = weights[static_cast<std::size_t>(k + radius)];
      if (across) {
        const double* from = map.data() + cell(r, 0, cols);
        for (int c = std::max(0, -k), end = cols - std::max(0, k); c < end; ++c)
          to[c] += weight * from[c + k];
      } else if (r + k >= 0 && r + k < rows) {
        const double* from = map.data() + cell(r + k, 0, cols);
        for (int c = 0; c < cols; ++c) to[c] += weight * from[c];
      }
    }
    const double total = across ? 0.0 : weight_inside(r, rows);
    for (int c = 0; c < cols; ++c) to[c] /= across ? totals[static_cast<std::size_t>(c)] : total;
  }
  return out;
}

struct Gradient {
  std::vector<double> down, right, length;
};

Gradient sobel(const std::vector<double>& map, int rows, int cols) {
  Gradient g{std::vector<double>(map.size()), std::vector<double>(map.size()),
             std::vector<double>(map.size())};
  for (int r = 0; r < rows; ++r) {
    // Beyond the border the outermost line repeats.
    const double* up = map.data() + cell(std::max(r - 1, 0), 0, cols);
    const double* here = map.data() + cell(r, 0, cols);
    const double* low = map.data() + cell(std::min(r + 1, rows - 1), 0, cols);
    double *down = g.down.data() + cell(r, 0, cols), *across = g.right.data() + cell(r, 0, cols);
    const auto at = [&](int left, int c, int right) {
      down[c] = low[left] - up[left] + 2 * (low[c] - up[c]) + low[right] - up[right];
      across[c] = up[right] - up[left] + 2 * (here[right] - here[left]) + low[right] - low[left];
    };
    at(0, 0, std::min(1, cols - 1));
    for (int c = 1; c + 1 < cols; ++c) at(c - 1, c, c + 1);
    if (cols > 1) at(cols - 2, cols - 1, cols - 1);
  }
  for (std::size_t i = 0; i < map.size(); ++i)
    g.length[i] = std::sqrt(g.down[i] * g.down[i] + g.right[i] * g.right[i]);
  return g;
}

// Is the gradient at (r, c) at least as long as what lies one step along it on both sides? The lengths there
// are interpolated between the two neighbours the gradient points between.
bool is_maximum(const Gradient& g, int r, int c, int cols) {
  const std::size_t i = cell(r, c, cols);
  const double down = g.down[i], right = g.right[i];
  const int row_step = down >= 0 ? 1 : -1, col_step = right >= 0 ? 1 : -1;
  const bool steep = std::abs(down) > std::abs(right);  // mainly along the rows' axis
  const double longer = steep ? std::abs(down) : std::abs(right);
  if (longer == 0) return true;  // a flat spot is never weaker than its neighbours along no direction
  const double weight = (steep ? std::abs(right) : std::abs(down)) / longer;
  const auto interpolated = [&](int sign) {
    const double straight =
        steep ? g.length[cell(r + sign * row_step, c, cols)] : g.length[cell(r, c + sign * col_step, cols)];
    const double diagonal = g.length[cell(r + sign * row_step, c + sign * col_step, cols)];
    return diagonal * weight + straight * (1 - weight);
  };
  return interpolated(1) <= g.length[i] && interpolated(-1) <= g.length[i];
}

// Squared distances along one line: f holds squared distances so far (infinity = none).
void lower_envelope(const std::vector<double>& f, std::vector<double>& out, std::vector<int>& site,
                    std::vector<double>& from) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const int n = static_cast<int>(f.size());
  site.clear();
  from.clear();  // where the parabola of each site becomes the lowest
  for (int q = 0; q < n; ++q) {
    const double fq = f[static_cast<std::size_t>(q)];
    if (fq == kInfinity) continue;
    double start = -kInfinity;
    while (!site.empty()) {
      const int p = site.back();
      start = ((fq + double(q) * q) - (f[static_cast<std::size_t>(p)] + double(p) * p)) / (2.0 * (q - p));
      if (start > from.back()) break;
      site.pop_back(), from.pop_back();
      start = -kInfinity;
    }
    site.push_back(q), from.push_back(start);
  }
  std::size_t k = 0;
  for (int q = 0; q < n; ++q) {
    if (site.empty()) {
      out[static_cast<std::size_t>(q)] = kInfinity;
      continue;
    }
    while (k + 1 < site.size() && from[k + 1] < q) ++k;
    const double step = q - site[k];
    out[static_cast<std::size_t>(q)] = step * step + f[static_cast<std::size_t>(site[k])];
  }
}

}  // namespace

std::vector<double> stretched(std::span<const double> map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (double v : map)
    if (std::isfinite(v) && v != 0) low = std::min(low, v), high = std::max(high, v);
  std::vector<double> out(map.size());
  for (std::size_t i = 0; i < map.size(); ++i)
    out[i] = std::isfinite(map[i]) && map[i] != 0 ? (map[i] - low) / (high - low)
                                                  : std::numeric_limits<double>::quiet_NaN();
  return out;
}

std::vector<std::uint8_t> canny(std::span<const double> map, int rows, int cols, double sigma, double low,
                                double high) {
  const auto weights = gaussian_weights(sigma);
  const auto smooth = smooth_lines(smooth_lines(map, rows, cols, false, weights), rows, cols, true, weights);
  const Gradient g = sobel(smooth, rows, cols);

  std::vector<std::uint8_t> state(map.size(), 0);  // 1 candidate, 2 edge
  std::vector<std::size_t> open;
  for (int r = 1; r + 1 < rows; ++r)
    for (int c = 1; c + 1 < cols; ++c) {
      const std::size_t i = cell(r, c, cols);
      if (!(g.length[i] >= low) || !(g.length[i] > 0) || !is_maximum(g, r, c, cols)) continue;
      state[i] = 1;
      if (g.length[i] >= high) state[i] = 2, open.push_back(i);
    }
  while (!open.empty()) {
    const std::size_t i = open.back();
    open.pop_back();
    // Candidates are never on the border, so all neighbours exist.
    for (std::ptrdiff_t row_step : {-cols, 0, cols})
      for (std::ptrdiff_t col_step : {-1, 0, 1}) {
        const auto j = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + row_step + col_step);
        if (state[j] == 1) state[j] = 2, open.push_back(j);
      }
  }
  for (auto& s : state) s = s == 2;
  return state;
}

std::vector<double> distance_to(std::span<const std::uint8_t> points, int rows, int cols) {
  if (std::all_of(points.begin(), points.end(), [](std::uint8_t p) { return p == 0; })) return {};
  std::vector<double> squared(points.size());
  for (std::size_t i = 0; i < points.size(); ++i)
    squared[i] = points[i] ? 0.0 : std::numeric_limits<double>::infinity();
  const auto along = [&](int lines, int length, auto&& at) {
    std::vector<double> f(static_cast<std::size_t>(length)), out(f.size()), from;
    std::vector<int> site;
    for (int line = 0; line < lines; ++line) {
      for (int k = 0; k < length; ++k) f[static_cast<std::size_t>(k)] = squared[at(line, k)];
      lower_envelope(f, out, site, from);
      for (int k = 0; k < length; ++k) squared[at(line, k)] = out[static_cast<std::size_t>(k)];
    }
  };
  along(rows, cols, [&](int line, int k) { return cell(line, k, cols); });
  along(cols, rows, [&](int line, int k) { return cell(k, line, cols); });
  for (double& d : squared) d = std::sqrt(d);
  return squared;
}

}  // namespace depthmill::metrics
