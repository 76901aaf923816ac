#include "cross_bilateral.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "affinity.h"
#include "gray.h"

namespace depthmill::colorization {
namespace {

constexpr int kRadius = 5;  // the window is 11 x 11 at every scale
constexpr int kWindow = 2 * kRadius + 1;

// One scale. Pixels lie column-major as in the toolbox: how a window behaves at the rim of a low image (see
// filter_scale) follows from that order.
struct Scale {
  int height = 0, width = 0;
  std::vector<float> depth, gray, result;
  std::vector<char> missing, valid;
};

int nearest(int index, int size, int source_size) {
  return static_cast<int>((static_cast<float>(index) / static_cast<float>(size)) *
                          static_cast<float>(source_size));
}

Scale sample(const Scale& full, int level) {
  Scale s;
  s.height = full.height >> level;
  s.width = full.width >> level;
  for (int x = 0; x < s.width; ++x)
    for (int y = 0; y < s.height; ++y) {
      const int p = nearest(y, s.height, full.height) + full.height * nearest(x, s.width, full.width);
      s.depth.push_back(full.depth[p]);
      s.gray.push_back(full.gray[p]);
      s.missing.push_back(full.missing[p]);
      s.valid.push_back(full.valid[p]);
      s.result.push_back(0.0f);
    }
  return s;
}

std::array<float, kWindow * kWindow> spatial_weights(float sigma) {
  std::array<float, kWindow * kWindow> g{};
  float sum = 0;
  for (int dy = -kRadius, k = 0; dy <= kRadius; ++dy)
    for (int dx = -kRadius; dx <= kRadius; ++dx, ++k) {
      g[k] = std::exp(-static_cast<float>(dx * dx + dy * dy) / (2.0f * sigma * sigma));
      sum += g[k];
    }
  for (float& v : g) v /= sum;
  return g;
}

void filter_scale(Scale& s, float space_sigma, float range_sigma) {
  const auto spatial = spatial_weights(space_sigma);
  const int pixels = s.height * s.width;
  const std::vector<char> valid_before = s.valid;  // what is filled here feeds the next scale, not this one
  for (int p = 0; p < pixels; ++p) {
    if (!s.missing[p]) continue;
    float weight_sum = 0, value_sum = 0;
    for (int dy = -kRadius, k = 0; dy <= kRadius; ++dy)
      for (int dx = -kRadius; dx <= kRadius; ++dx, ++k) {
        // The toolbox walks flat offsets. On images of ten rows and fewer a neighbour above the top is the
        // foot of the column before it and passes the row test: kept, because its results show it.
        const int n = p + dy + s.height * dx;
        if (n < 0 || n >= pixels) continue;
        if (std::abs(n % s.height - p % s.height) > kRadius) continue;
        if (s.missing[n] && !valid_before[n]) continue;
        const float d = s.gray[n] - s.gray[p];
        const float w = spatial[k] * std::exp(-(d * d) / (2.0f * range_sigma * range_sigma));
        weight_sum += w;
        value_sum += w * s.depth[n];
      }
    if (weight_sum > 0) {
      s.result[p] = value_sum / weight_sum;
      s.valid[p] = true;
    }
  }
}

void hand_down(const Scale& coarse, Scale& fine) {
  for (int x = 0; x < fine.width; ++x)
    for (int y = 0; y < fine.height; ++y) {
      const int p = y + fine.height * x;
      if (!fine.missing[p]) continue;
      const int c =
          nearest(y, fine.height, coarse.height) + coarse.height * nearest(x, fine.width, coarse.width);
      fine.depth[p] = coarse.missing[c] ? coarse.result[c] : coarse.depth[c];
      fine.valid[p] = coarse.valid[c];
    }
}

}  // namespace

std::string CrossBilateralOptions::problem() const {
  if (space_sigmas.empty()) return "space_sigmas: at least one scale is needed";
  if (space_sigmas.size() != range_sigmas.size())
    return "range_sigmas: one entry for each of space_sigmas is needed";
  for (double s : space_sigmas)
    if (!(s > 0)) return "space_sigmas: must be positive";
  for (double s : range_sigmas)
    if (!(s > 0)) return "range_sigmas: must be positive";
  return "";
}

Image fill_depth_cross_bf(std::span<const std::uint8_t> rgb, ImageView depth,
                          const CrossBilateralOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("fill_depth_cross_bf: " + bad);
  const Index rows = depth.rows(), cols = depth.cols();
  if (rgb.size() != static_cast<std::size_t>(rows * cols) * 3)
    throw std::invalid_argument("fill_depth_cross_bf: rgb and depth differ in size");
  if (!depth.isFinite().all()) throw std::invalid_argument("fill_depth_cross_bf: a depth is NaN or infinite");

  double largest = -INFINITY;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j)
      if (is_known(depth(i, j))) largest = std::max(largest, depth(i, j));
  if (largest == -INFINITY) throw std::invalid_argument("fill_depth_cross_bf: no pixel is known");

  std::vector<std::uint8_t> gray(rows * cols);
  rgb_to_gray8(rgb, gray);

  Scale full;
  full.height = static_cast<int>(rows);
  full.width = static_cast<int>(cols);
  std::vector<std::uint8_t> depth8;
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) {
      const double relative = std::clamp(depth(i, j) / largest, 0.0, 1.0);
      depth8.push_back(static_cast<std::uint8_t>(std::floor(relative * 255.0 + 0.5)));
      full.depth.push_back(static_cast<float>(depth8.back()) / 255.0f);
      full.gray.push_back(static_cast<float>(gray[i * cols + j]) / 255.0f);
      full.missing.push_back(!is_known(depth(i, j)));
      full.valid.push_back(!full.missing.back());
      full.result.push_back(0.0f);
    }

  const int scales = static_cast<int>(options.space_sigmas.size());
  std::vector<Scale> pyramid = {full};
  for (int level = 1; level < scales; ++level) pyramid.push_back(sample(full, level));
  for (int level = scales - 1; level >= 0; --level) {
    filter_scale(pyramid[level], static_cast<float>(options.space_sigmas[level]),
                 static_cast<float>(options.range_sigmas[level]));
    if (level > 0 && pyramid[level].height > 0 && pyramid[level].width > 0)
      hand_down(pyramid[level], pyramid[level - 1]);
  }

  Image out(rows, cols);
  for (Index j = 0, p = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i, ++p) {
      const Scale& s = pyramid[0];
      const int level = s.missing[p] ? static_cast<int>(255.0f * s.result[p]) : depth8[p];
      out(i, j) = level / 255.0 * largest;
    }
  return out;
}

}  // namespace depthmill::colorization
