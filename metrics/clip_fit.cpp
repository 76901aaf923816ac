#include "metrics/clip_fit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "metrics/lanes.h"

namespace depthmill::metrics {
namespace {

// Singles in the order of their value as whole numbers in the same order.
std::uint32_t rank_of(float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
float value_of(std::uint32_t rank) { return std::bit_cast<float>(rank >> 31 ? rank & 0x7fffffffu : ~rank); }

// The two middle values of all predictions or all targets: first the upper half of their bits, then the lower.
class Middle {
 public:
  void look(std::span<const float> values) {
    for (const float v : values) {
      const std::uint32_t rank = rank_of(v), high = rank >> 16, low = rank & 0xffffu;
      if (first_look_) ++high_[high], ++n_;
      for (std::size_t k = 0; k < 2 && !first_look_; ++k)
        if (high == bin_[k]) ++low_[k][low];
    }
  }
  void settle() {
    if (!first_look_ || n_ == 0) return;
    first_look_ = false;
    for (std::size_t k = 0; k < 2; ++k) {
      left_[k] = k == 0 ? (n_ - 1) / 2 : n_ / 2;
      while (left_[k] >= high_[bin_[k]]) left_[k] -= high_[bin_[k]++];
    }
  }
  double value(bool lower) const {
    std::array<double, 2> found{};
    for (std::size_t k = 0; k < 2; ++k) {
      std::uint32_t low = 0;
      for (std::size_t left = left_[k]; left >= low_[k][low];) left -= low_[k][low++];
      found[k] = static_cast<double>(value_of(bin_[k] << 16 | low));
    }
    return lower ? found[0] : (found[0] + found[1]) / 2;
  }
  bool empty() const { return n_ == 0; }

 private:
  static constexpr std::size_t kHalf = 65536;
  bool first_look_ = true;
  std::size_t n_ = 0;
  std::vector<std::size_t> high_ = std::vector<std::size_t>(kHalf);
  std::array<std::vector<std::size_t>, 2> low_ = {std::vector<std::size_t>(kHalf),
                                                  std::vector<std::size_t>(kHalf)};
  std::array<std::uint32_t, 2> bin_{};
  std::array<std::size_t, 2> left_{};
};

double median_ratio(const Replay& pixels, bool lower) {
  Middle pred, target;
  for (int look = 0; look < 2; ++look) {
    pixels([&](std::span<const float> p, std::span<const float> t) { pred.look(p), target.look(t); });
    pred.settle(), target.settle();
  }
  if (pred.empty()) return 1;
  const double ratio = target.value(lower) / pred.value(lower);
  return std::isfinite(ratio) ? ratio : 1;
}

double weiszfeld_scale(const Replay& pixels) {
  double sum_p = 0, sum_t = 0;
  pixels([&](std::span<const float> p, std::span<const float> t) {
    for (std::size_t i = 0; i < p.size(); ++i)
      sum_p += static_cast<double>(p[i]), sum_t += static_cast<double>(t[i]);
  });
  double s = sum_t / sum_p;
  for (int step = 0; step < 10; ++step) {
    double pt = 0, pp = 0;
    pixels([&](std::span<const float> preds, std::span<const float> targets) {
      for (std::size_t i = 0; i < preds.size(); ++i) {
        const double p = static_cast<double>(preds[i]), t = static_cast<double>(targets[i]);
        const double w = 1 / (std::abs(s * p - t) + 1e-8);
        pt += w * p * t, pp += w * p * p;
      }
    });
    s = pt / pp;
  }
  return std::isfinite(s) ? std::max(s, 1e-3) : 1;
}

// The loss sum |s p + t - g| and its slopes by s and t; a residual of 0 has none.
struct AbsoluteSums {
  double loss = 0, by_scale = 0, by_shift = 0;
};
AbsoluteSums absolute_sums(const double* preds, const double* targets, std::size_t n, double s, double t) {
  double sums[3];
  sum_terms(preds, targets, n, sums, [=](const Doubles& p, const Doubles& g, Doubles* out) {
    const Doubles r = p * s + t - g;
    const Longs up = r > 0.0, down = r < 0.0;
    const Doubles sign = __builtin_convertvector(down - up, Doubles);  // lanes of a comparison are 0 or -1
    out[0] = sign * r;
    out[1] = sign * p;
    out[2] = sign;
  });
  return {sums[0], sums[1], sums[2]};
}

// The same of all pixels, at scales and shifts that move little from one call to the next.
class AbsoluteLoss {
 public:
  explicit AbsoluteLoss(const Replay& pixels) : pixels_(pixels) {}

  AbsoluteSums operator()(double s, double t) {
    if (!known_ || std::max(std::abs(s - s_), std::abs(t - t_)) > kReach) look(s, t);
    AbsoluteSums sums = absolute_sums(pred_.data(), target_.data(), pred_.size(), s, t);
    sums.loss += fixed_.loss + (s - s_) * fixed_.by_scale + (t - t_) * fixed_.by_shift;
    sums.by_scale += fixed_.by_scale, sums.by_shift += fixed_.by_shift;
    return sums;
  }

 private:
  static constexpr double kReach = 2e-3;

  void look(double s, double t) {
    known_ = true, s_ = s, t_ = t;
    fixed_ = {};
    pred_.clear(), target_.clear();
    pixels_([&](std::span<const float> preds, std::span<const float> targets) {
      double p[kBlock], g[kBlock];
      for (std::size_t at = 0; at < preds.size(); at += kBlock) {
        const std::size_t n = std::min(kBlock, preds.size() - at);
        for (std::size_t i = 0; i < n; ++i)
          p[i] = static_cast<double>(preds[at + i]), g[i] = static_cast<double>(targets[at + i]);
        add(fixed_, absolute_sums(p, g, n, s, t), 1);
        const std::size_t first = pred_.size();
        for (std::size_t i = 0; i < n; ++i)
          if (std::abs(p[i] * s + t - g[i]) <= 1.001 * kReach * (std::abs(p[i]) + 1))
            pred_.push_back(p[i]), target_.push_back(g[i]);
        add(fixed_, absolute_sums(pred_.data() + first, target_.data() + first, pred_.size() - first, s, t),
            -1);
      }
    });
  }
  static void add(AbsoluteSums& to, const AbsoluteSums& sums, double times) {
    to.loss += times * sums.loss, to.by_scale += times * sums.by_scale, to.by_shift += times * sums.by_shift;
  }

  static constexpr std::size_t kBlock = 1024;
  const Replay& pixels_;
  bool known_ = false;
  double s_ = 0, t_ = 0;
  AbsoluteSums fixed_;                 // of the pixels whose sign stays, at s_ and t_
  std::vector<double> pred_, target_;  // the others
};

Alignment adam_l1(const Replay& pixels) {
  constexpr double kRate = 1e-4, kFirst = 0.9, kSecond = 0.999, kTiny = 1e-8, kEnough = 1e-6;
  Alignment fit{median_ratio(pixels, true), 0};
  AbsoluteLoss loss(pixels);
  struct Moments {
    double first = 0, second = 0;
    double step(double slope, double first_left, double second_left) {
      first = kFirst * first + (1 - kFirst) * slope;
      second = kSecond * second + (1 - kSecond) * slope * slope;
      return kRate * (first / (1 - first_left)) / (std::sqrt(second / (1 - second_left)) + kTiny);
    }
  } of_scale, of_shift;
  double previous = std::numeric_limits<double>::infinity(), first_left = 1, second_left = 1;
  for (int step = 0; step < 1000; ++step) {
    const auto [value, by_scale, by_shift] = loss(fit.scale, fit.shift);
    first_left *= kFirst, second_left *= kSecond;
    fit.scale -= of_scale.step(by_scale, first_left, second_left);
    fit.shift -= of_shift.step(by_shift, first_left, second_left);
    if (std::abs(value - previous) < kEnough) break;
    previous = value;
  }
  return fit;
}

// Halves an interval; once it is short, few pixels are looked at.
double l1_scale_of(const Replay& pixels) {
  AbsoluteLoss loss(pixels);
  const double start = median_ratio(pixels, true);
  const auto falls = [&](double s) { return loss(s, 0).by_scale < 0; };
  double stride = 0.01 * std::abs(start) + 1e-6, low = start - stride, high = start + stride;
  while (!falls(low)) stride *= 2, high = low, low -= stride;
  while (falls(high)) stride *= 2, low = high, high += stride;
  for (int step = 0; step < 60 && high - low > 1e-14 * std::abs(high); ++step) {
    const double middle = (low + high) / 2;
    (falls(middle) ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Ellipses about the minimum, each the smallest about that half of the one before in which the loss falls: their area
// shrinks by 0.77 a step. The first has these half axes.
Alignment closed_in(AbsoluteLoss& loss, Alignment fit, double scale_reach, double shift_reach) {
  double a = scale_reach * scale_reach, b = 0,
         c = shift_reach * shift_reach;  // the ellipse's matrix: a b, b c
  for (int step = 0; step < 300; ++step) {
    const auto [value, gs, gt] = loss(fit.scale, fit.shift);
    const double reach = std::sqrt(std::max(0.0, a * gs * gs + 2 * b * gs * gt + c * gt * gt));
    if (!(reach > 1e-13 * value)) break;
    const double ds = (a * gs + b * gt) / reach, dt = (b * gs + c * gt) / reach;
    fit.scale -= ds / 3, fit.shift -= dt / 3;
    a = 4.0 / 3 * (a - 2.0 / 3 * ds * ds), b = 4.0 / 3 * (b - 2.0 / 3 * ds * dt);
    c = 4.0 / 3 * (c - 2.0 / 3 * dt * dt);
  }
  return fit;
}

// A minimum near the rim of the first ellipse may be one of the ellipse alone: then a larger one is taken.
Alignment l1_affine_of(const Replay& pixels) {
  AbsoluteLoss loss(pixels);
  const Alignment guess{median_ratio(pixels, true), 0};
  double largest = 0;
  pixels([&](std::span<const float>, std::span<const float> targets) {
    for (const float t : targets) largest = std::max(largest, static_cast<double>(t));
  });
  for (double reach = 0.1;; reach *= 10) {
    const double scale_reach = reach * (std::abs(guess.scale) + 1e-3), shift_reach = reach * (largest + 1e-3);
    const Alignment fit = closed_in(loss, guess, scale_reach, shift_reach);
    const double s = (fit.scale - guess.scale) / scale_reach, t = (fit.shift - guess.shift) / shift_reach;
    if (s * s + t * t < 0.9 || reach > 1e6) return fit;
  }
}

}  // namespace

void AlignmentSums::add(std::span<const double> pred, std::span<const double> target) {
  double n = 0, p = 0, t = 0, pp = 0, pt = 0;
  const auto known = [&](std::size_t i) { return std::isfinite(pred[i]) && std::isfinite(target[i]); };
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (known(i)) n += 1, p += pred[i], t += target[i];
  if (n == 0) return;
  p /= n, t /= n;
  for (std::size_t i = 0; i < pred.size(); ++i)
    if (known(i)) pp += (pred[i] - p) * (pred[i] - p), pt += (pred[i] - p) * (target[i] - t);
  const double all = n_ + n, share = n_ * n / all;
  pp_ += pp + share * (p - mean_p_) * (p - mean_p_);
  pt_ += pt + share * (p - mean_p_) * (t - mean_t_);
  mean_p_ += (p - mean_p_) * n / all, mean_t_ += (t - mean_t_) * n / all;
  n_ = all;
}

Alignment AlignmentSums::result(AlignKind kind) const {
  if (n_ == 0) return {};
  if (kind == AlignKind::kScale) {
    const double squares = pp_ + n_ * mean_p_ * mean_p_;
    return {squares > 0 ? (pt_ + n_ * mean_p_ * mean_t_) / squares : 1, 0};
  }
  const double scale = pp_ > 0 ? pt_ / pp_ : 0;
  return {scale, mean_t_ - scale * mean_p_};
}

bool fits_by_sums(AlignKind kind) { return kind == AlignKind::kScale || kind == AlignKind::kScaleShift; }

Alignment replayed_fit(const Replay& pixels, AlignKind kind) {
  bool any = false;
  pixels([&](std::span<const float> pred, std::span<const float>) { any = any || !pred.empty(); });
  if (!any) return {};
  switch (kind) {
    case AlignKind::kMedian:
      return {median_ratio(pixels, false), 0};
    case AlignKind::kMedianLower:
      return {median_ratio(pixels, true), 0};
    case AlignKind::kWeiszfeldScale:
      return {weiszfeld_scale(pixels), 0};
    case AlignKind::kAdamL1:
      return adam_l1(pixels);
    case AlignKind::kL1Scale:
      return {l1_scale_of(pixels), 0};
    case AlignKind::kL1Affine:
      return l1_affine_of(pixels);
    default:
      return {};
  }
}

}  // namespace depthmill::metrics
