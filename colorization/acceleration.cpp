#include "acceleration.h"

#include <algorithm>
#include <cmath>

namespace depthmill::colorization {
namespace {

double dot(const double* a, const double* b, std::size_t count) {
  double sums[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= count; k += 4)
    for (int v = 0; v < 4; ++v) sums[v] += a[k + v] * b[k + v];
  for (; k < count; ++k) sums[0] += a[k] * b[k];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

void Acceleration::begin(std::size_t size, const std::vector<int>& watched) {
  size_ = size;
  count_ = watched.size();
  watched_ = watched.data();
  round_ = 0;
  images_.reserve((kWindow + 1) * size);
  changes_.reserve((kWindow + 1) * size);
  basis_.reserve(kWindow * size);
  start_.reserve(size);
}

void Acceleration::before(const double* x) {
  for (std::size_t k = 0; k < count_; ++k) start_[k] = x[watched_[k]];
}

void Acceleration::after(double* x) {
  std::copy_n(x, size_, image(round_));
  double* now = change(round_);
  for (std::size_t k = 0; k < count_; ++k) now[k] = x[watched_[k]] - start_[k];

  // Least squares: now - sum_j gamma_j (change_{j+1} - change_j), newest difference first, by modified
  // Gram-Schmidt. A difference that adds nothing new ends the list.
  const int differences = std::min(round_, kWindow);
  std::array<std::array<double, kWindow>, kWindow> r{};
  std::array<double, kWindow> projected{}, gamma{};
  int used = 0;
  Buffer<double>& remainder = start_;  // its content is not needed any more
  std::copy_n(now, count_, remainder.data());
  for (; used < differences; ++used) {
    double* q = basis_.data() + static_cast<std::size_t>(used) * count_;
    const double *newer = change(round_ - used), *older = change(round_ - used - 1);
    for (std::size_t k = 0; k < count_; ++k) q[k] = newer[k] - older[k];
    const double length = dot(q, q, count_);
    for (int i = 0; i < used; ++i) {
      const double* earlier = basis_.data() + static_cast<std::size_t>(i) * count_;
      r[i][used] = dot(earlier, q, count_);
      for (std::size_t k = 0; k < count_; ++k) q[k] -= r[i][used] * earlier[k];
    }
    const double left = dot(q, q, count_);
    if (!(left > 1e-12 * length) || !(left > 1e-280)) break;
    r[used][used] = std::sqrt(left);
    for (std::size_t k = 0; k < count_; ++k) q[k] /= r[used][used];
    projected[used] = dot(q, remainder.data(), count_);
    for (std::size_t k = 0; k < count_; ++k) remainder[k] -= projected[used] * q[k];
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
    std::array<double, kWindow + 1> share{};
    share[0] = 1;
    for (int j = 0; j < used; ++j) {
      share[j] -= gamma[j];
      share[j + 1] += gamma[j];
    }
    std::array<const double*, kWindow + 1> from{};
    for (int j = 0; j <= kWindow; ++j) from[j] = image(j <= used ? round_ - j : round_);
    for (std::size_t k = 0; k < size_; ++k) {
      double sum = share[0] * from[0][k];
      for (int j = 1; j <= kWindow; ++j) sum += share[j] * from[j][k];
      x[k] = sum;
    }
  }
  ++round_;
}

}  // namespace depthmill::colorization
