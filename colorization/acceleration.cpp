#include "acceleration.h"

#include <algorithm>
#include <cmath>

namespace depthmill::colorization {
namespace {

double dot(const float* a, const float* b, std::size_t count) {
  double sums[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= count; k += 4)
    for (int v = 0; v < 4; ++v) sums[v] += static_cast<double>(a[k + v]) * b[k + v];
  for (; k < count; ++k) sums[0] += static_cast<double>(a[k]) * b[k];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

void Acceleration::reserve(std::size_t moving, std::size_t watched) {
  images_.reserve((kWindow + 1) * moving);
  changes_.reserve((kWindow + 1) * watched);
  basis_.reserve(kWindow * watched);
  start_.reserve(watched);
}

void Acceleration::begin(const std::vector<Segment>& moving, const std::vector<int>& watched) {
  moving_ = &moving;
  size_ = 0;
  for (const Segment& segment : moving) size_ += segment.count;
  count_ = watched.size();
  watched_ = watched.data();
  round_ = 0;
}

void Acceleration::before(const float* x) {
  for (std::size_t k = 0; k < count_; ++k) start_[k] = x[watched_[k]];
}

void Acceleration::after(float* x) {
  if (count_ == 0) return;
  float* packed = image(round_);
  for (const Segment& segment : *moving_) packed = std::copy_n(x + segment.begin, segment.count, packed);
  float* now = change(round_);
  for (std::size_t k = 0; k < count_; ++k) now[k] = x[watched_[k]] - start_[k];

  // Least squares: now - sum_j gamma_j (change_{j+1} - change_j), newest difference first, by modified
  // Gram-Schmidt. A difference that adds nothing new ends the list.
  const int differences = std::min(round_, kWindow);
  std::array<std::array<double, kWindow>, kWindow> r{};
  std::array<double, kWindow> projected{}, gamma{};
  int used = 0;
  Buffer<float>& remainder = start_;  // its content is not needed any more
  std::copy_n(now, count_, remainder.data());
  for (; used < differences; ++used) {
    float* q = basis_.data() + static_cast<std::size_t>(used) * count_;
    const float *newer = change(round_ - used), *older = change(round_ - used - 1);
    for (std::size_t k = 0; k < count_; ++k) q[k] = newer[k] - older[k];
    const double length = dot(q, q, count_);
    for (int i = 0; i < used; ++i) {
      const float* earlier = basis_.data() + static_cast<std::size_t>(i) * count_;
      r[i][used] = dot(earlier, q, count_);
      for (std::size_t k = 0; k < count_; ++k) q[k] -= static_cast<float>(r[i][used]) * earlier[k];
    }
    const double left = dot(q, q, count_);
    if (!(left > 1e-12 * length) || !(left > 1e-36)) break;
    r[used][used] = std::sqrt(left);
    const float scale = static_cast<float>(1 / r[used][used]);
    for (std::size_t k = 0; k < count_; ++k) q[k] *= scale;
    projected[used] = dot(q, remainder.data(), count_);
    for (std::size_t k = 0; k < count_; ++k) remainder[k] -= static_cast<float>(projected[used]) * q[k];
  }
  double total = 0;
  for (int j = used - 1; j >= 0; --j) {
    gamma[j] = projected[j];
    for (int i = j + 1; i < used; ++i) gamma[j] -= r[j][i] * gamma[i];
    gamma[j] /= r[j][j];
    total += std::abs(gamma[j]);
  }
  // A wild combination would only magnify what is not watched.
  if (used > 0 && total < 20) {
    std::array<float, kWindow + 1> share{};
    share[0] = 1;
    for (int j = 0; j < used; ++j) {
      share[j] -= static_cast<float>(gamma[j]);
      share[j + 1] += static_cast<float>(gamma[j]);
    }
    std::array<const float*, kWindow + 1> from{};
    for (int j = 0; j <= kWindow; ++j) from[j] = image(j <= used ? round_ - j : round_);
    std::size_t k = 0;
    for (const Segment& segment : *moving_) {
      float* to = x + segment.begin;
      for (std::size_t i = 0; i < segment.count; ++i, ++k) {
        float sum = share[0] * from[0][k];
        for (int j = 1; j <= kWindow; ++j) sum += share[j] * from[j][k];
        to[i] = sum;
      }
    }
  }
  ++round_;
}

}  // namespace depthmill::colorization
