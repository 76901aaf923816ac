#include "metrics/weighted_l1.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "metrics/lanes.h"

namespace depthmill::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A first look is in single precision, eight at a time.
constexpr std::size_t kWide = 8;
typedef float Floats __attribute__((vector_size(32)));
typedef std::int32_t Ints __attribute__((vector_size(32)));

struct Weighted {
  double value, weight;
};

// The first value, ascending, at which twice the weights so far are at least all of them.
double weighted_lower_median(std::vector<Weighted>& values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double sum = 0, before = 0;
  for (const Weighted& v : values) sum += v.weight;
  for (const Weighted& v : values) {
    before += v.weight;
    if (2 * before - sum >= 0) return v.value;
  }
  return values.back().value;
}

class AnchorSearch {
 public:
  explicit AnchorSearch(const L1Samples& samples) : samples_(samples), n_(samples.size()) {
    const std::size_t padded = (n_ + kWide - 1) / kWide * kWide;
    const auto pad = [&](std::vector<double> v) {
      v.resize(padded, 0.0);
      return v;
    };
    for (const auto& axis : samples.pred) pred_.push_back(pad(axis));
    for (const auto& axis : samples.target) target_.push_back(pad(axis));
    weight_ = pad(samples.weight);
    const auto single = [](const std::vector<double>& v) { return std::vector<float>(v.begin(), v.end()); };
    for (const auto& axis : pred_) single_pred_.push_back(single(axis));
    for (const auto& axis : target_) single_target_.push_back(single(axis));
    single_weight_ = single(weight_);
  }

  L1Fit search(Ties ties) {
    if (n_ == 0) return {};
    left_out_.assign(n_, 0.0);
    if (ties == Ties::kLeftOut) find_left_out();
    const L1Fit guess = first_guess();
    L1Fit best;
    best.loss = kInfinity;
    std::size_t best_anchor = n_;
    double scale = guess.scale;
    for (const std::size_t k : nearest_first(guess)) {
      const double level = best.loss + left_out_[k];
      if (best_anchor < n_ && (surely_worse(k, scale, level) || !may_beat(k, scale, level))) continue;
      const double own = scale_of(k);
      const double loss = loss_at(k, own).value - left_out_[k];
      if (loss < best.loss || (loss == best.loss && k < best_anchor)) {
        best.loss = loss;
        best.scale = scale = own;
        best_anchor = k;
      }
    }
    if (!std::isfinite(best.loss)) {  // the samples are finite, the sum of their differences is not
      best.scale = std::numeric_limits<double>::quiet_NaN();
      return best;
    }
    for (std::size_t a = 0; a < pred_.size(); ++a)
      best.shift[a] = target_[a][best_anchor] - best.scale * pred_[a][best_anchor];
    return best;
  }

 private:
  // Of the loss of the lines through anchor k at scale s: value, and a slope of it.
  struct Level {
    double value, slope;
  };
  Level loss_at(std::size_t k, double s) const {
    Doubles value{}, slope{};
    for (std::size_t a = 0; a < pred_.size(); ++a) {
      const double* p = pred_[a].data();
      const double* g = target_[a].data();
      const double pk = p[k], gk = g[k];
      for (std::size_t i = 0; i < weight_.size(); i += kLanes) {
        const Doubles w = load(weight_.data() + i);
        const Doubles x = load(p + i) - pk;
        const Doubles r = w * (x * s - (load(g + i) - gk));
        const Doubles t = w * x;
        const Longs up = r > 0.0, down = r < 0.0;
        value += absolute(r);
        slope += (Doubles)((Longs)t & up) - (Doubles)((Longs)t & down);
      }
    }
    return {total(value), total(slope)};
  }

  // The same in single precision, with the sum of w |x|, by which the slope's error goes.
  struct Glance {
    double value, slope, most;
  };
  Glance glance(std::size_t k, double scale) const {
    const float s = static_cast<float>(scale);
    Floats value{}, slope{}, most{};
    for (std::size_t a = 0; a < pred_.size(); ++a) {
      const float* p = single_pred_[a].data();
      const float* g = single_target_[a].data();
      const float pk = p[k], gk = g[k];
      for (std::size_t i = 0; i < single_weight_.size(); i += kWide) {
        Floats w, x, y;
        std::memcpy(&w, single_weight_.data() + i, sizeof w);
        std::memcpy(&x, p + i, sizeof x);
        std::memcpy(&y, g + i, sizeof y);
        x -= pk;
        const Floats r = w * (x * s - (y - gk)), t = w * x;
        const Ints sign = (Ints)r & static_cast<std::int32_t>(0x80000000u);
        value += (Floats)((Ints)r ^ sign);
        slope += (Floats)((Ints)t ^ sign);
        most += (Floats)((Ints)t & 0x7fffffff);
      }
    }
    Glance sum{};
    for (std::size_t i = 0; i < kWide; ++i)
      sum.value += static_cast<double>(value[i]), sum.slope += static_cast<double>(slope[i]),
          sum.most += static_cast<double>(most[i]);
    return sum;
  }

  // Excludes most anchors that are worse, and no other. Sums of up to 12,288 single-precision terms are off by less than
  // 1e-4 of the terms' sizes; here they may be off by 1e-3.
  bool surely_worse(std::size_t k, double s, double level) const {
    constexpr double kError = 1e-3;
    double direction = 0;
    for (int step = 0; step < 3; ++step) {
      const auto [value, slope, most] = glance(k, s);
      const double certain = value * (1 - kError), rest = certain - level;
      if (!(rest > 0) || !(std::abs(slope) > 2 * kError * most)) return false;
      const double down = slope < 0 ? 1 : -1;
      if (direction != 0 && down != direction) return true;
      direction = down;
      s += down * rest / (std::abs(slope) + kError * most);
    }
    return false;
  }

  // Can a line through anchor k have a loss of `level` or less? Never wrongly no.
  bool may_beat(std::size_t k, double s, double level) const {
    double direction = 0;
    for (int step = 0; step < 50; ++step) {
      const auto [value, slope] = loss_at(k, s);
      if (value <= level * (1 + 1e-13)) return true;
      if (slope == 0) return false;
      const double down = slope < 0 ? 1 : -1;
      if (direction != 0 && down != direction) return false;
      direction = down;
      const double next = s + (value - level) / -slope;
      if (next == s) return true;
      s = next;
    }
    return true;
  }

  double scale_of(std::size_t k) {
    slopes_.clear();
    for (std::size_t a = 0; a < pred_.size(); ++a)
      for (std::size_t i = 0; i < n_; ++i) {
        const double x = pred_[a][i] - pred_[a][k], y = target_[a][i] - target_[a][k];
        if (x != 0) slopes_.push_back({y / x, weight_[i] * std::abs(x)});
      }
    return weighted_lower_median(slopes_);
  }

  // What each anchor leaves out: w |y| of coordinates whose prediction is its own, by groups of equal ones.
  void find_left_out() {
    std::vector<std::size_t> order(n_);
    for (std::size_t a = 0; a < pred_.size(); ++a) {
      const auto& p = pred_[a];
      const auto& g = target_[a];
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
        return p[i] != p[j] ? p[i] < p[j] : (g[i] != g[j] ? g[i] < g[j] : i < j);
      });
      for (std::size_t begin = 0, end; begin < n_; begin = end) {
        double weights = 0, sum = 0;
        for (end = begin; end < n_ && p[order[end]] == p[order[begin]]; ++end)
          weights += weight_[order[end]], sum += weight_[order[end]] * g[order[end]];
        if (end - begin == 1) continue;
        double below = 0, sum_below = 0;  // of those before, whose targets are not larger
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t k = order[i];
          left_out_[k] += (g[k] * below - sum_below) + ((sum - sum_below) - g[k] * (weights - below));
          below += weight_[k], sum_below += weight_[k] * g[k];
        }
      }
    }
  }

  // A line near the minimum: least squares with weights w / (|r| + e), a few times over.
  L1Fit first_guess() const {
    L1Fit fit;
    std::vector<std::vector<double>> weights(pred_.size(), samples_.weight);
    double spread = 0;
    for (int round = 0; round < 8; ++round) {
      double xx = 0, xy = 0;
      std::vector<std::pair<double, double>> means;
      for (std::size_t a = 0; a < pred_.size(); ++a) {
        double sum = 0, x = 0, y = 0;
        for (std::size_t i = 0; i < n_; ++i)
          sum += weights[a][i], x += weights[a][i] * pred_[a][i], y += weights[a][i] * target_[a][i];
        means.emplace_back(sum > 0 ? x / sum : 0, sum > 0 ? y / sum : 0);
        for (std::size_t i = 0; i < n_; ++i) {
          const double dx = pred_[a][i] - means[a].first;
          xx += weights[a][i] * dx * dx, xy += weights[a][i] * dx * (target_[a][i] - means[a].second);
        }
      }
      fit.scale = xx > 0 ? xy / xx : 0;
      for (std::size_t a = 0; a < pred_.size(); ++a)
        fit.shift[a] = means[a].second - fit.scale * means[a].first;
      const auto residual = [&](std::size_t a, std::size_t i) {
        return std::abs(fit.scale * pred_[a][i] + fit.shift[a] - target_[a][i]);
      };
      spread = 0;
      for (std::size_t a = 0; a < pred_.size(); ++a)
        for (std::size_t i = 0; i < n_; ++i) spread += residual(a, i);
      spread = 1e-3 * spread / static_cast<double>(n_) + 1e-300;
      for (std::size_t a = 0; a < pred_.size(); ++a)
        for (std::size_t i = 0; i < n_; ++i) weights[a][i] = weight_[i] / (residual(a, i) + spread);
    }
    return fit;
  }

  std::vector<std::size_t> nearest_first(const L1Fit& guess) const {
    std::vector<double> distance(n_, 0.0);
    for (std::size_t a = 0; a < pred_.size(); ++a)
      for (std::size_t i = 0; i < n_; ++i)
        distance[i] += std::abs(guess.scale * pred_[a][i] + guess.shift[a] - target_[a][i]);
    std::vector<std::size_t> order(n_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
      return distance[i] != distance[j] ? distance[i] < distance[j] : i < j;
    });
    return order;
  }

  const L1Samples& samples_;
  std::size_t n_;
  std::vector<std::vector<double>> pred_, target_;  // with weight 0 behind the samples
  std::vector<double> weight_, left_out_;
  std::vector<std::vector<float>> single_pred_, single_target_;
  std::vector<float> single_weight_;
  std::vector<Weighted> slopes_;
};

}  // namespace

double l1_scale(std::span<const double> x, std::span<const double> y, std::span<const double> w) {
  std::vector<Weighted> slopes;
  slopes.reserve(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] != 0) slopes.push_back({y[i] / x[i], w[i] * std::abs(x[i])});
  return weighted_lower_median(slopes);
}

L1Fit l1_by_anchors(const L1Samples& samples, Ties ties) { return AnchorSearch(samples).search(ties); }

L1Fit l1_affine(const L1Samples& samples) {
  const std::size_t n = samples.size();
  if (n == 0) return {};
  std::vector<Weighted> values(n);
  const auto at = [&](double scale) {
    L1Fit fit;
    fit.scale = scale;
    for (std::size_t a = 0; a < samples.pred.size(); ++a) {
      for (std::size_t i = 0; i < n; ++i)
        values[i] = {samples.target[a][i] - scale * samples.pred[a][i], samples.weight[i]};
      fit.shift[a] = weighted_lower_median(values);
      for (const Weighted& v : values) fit.loss += v.weight * std::abs(v.value - fit.shift[a]);
    }
    return fit;
  };
  // The search's scale lies near; an interval about it that is wide enough has larger losses at its ends.
  const L1Fit near = l1_by_anchors(samples, Ties::kLeftOut);
  const double start = near.scale;
  if (!std::isfinite(start)) return near;
  const double middle = at(start).loss;
  double reach = 1e-3 * std::abs(start) + 1e-9;
  const double most = 1e6 * std::abs(start) + 1e6;
  while (reach < most && (at(start - reach).loss <= middle || at(start + reach).loss <= middle)) reach *= 4;
  constexpr double kGolden = 0.6180339887498949;
  double low = start - reach, high = start + reach;
  double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
  L1Fit at_left = at(left), at_right = at(right);
  for (int step = 0; step < 80 && high - low > 1e-13 * std::abs(start); ++step)
    if (at_left.loss <= at_right.loss) {
      high = right, right = left, at_right = at_left;
      left = high - kGolden * (high - low), at_left = at(left);
    } else {
      low = left, left = right, at_left = at_right;
      right = low + kGolden * (high - low), at_right = at(right);
    }
  return at_left.loss <= at_right.loss ? at_left : at_right;
}

}  // namespace depthmill::metrics
