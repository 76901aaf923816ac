#include "stages/networks/sd_convtrans/training/batch.h"

#include <numeric>
#include <random>

namespace depthmill::sd_convtrans {
namespace {

constexpr std::size_t kKeptBytes = std::size_t{2} << 30;

// 64 mixed bits of a seed and two counters (splitmix64's finaliser), and numbers out of them. Written out
// because the distributions of <random> differ between libraries.
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter)
      : state_(seed * 0x9E3779B97F4A7C15u ^ (stream << 48) ^ counter) {}
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(bits() >> 11) / 9007199254740992.0; }  // [0, 1)
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(unit() * static_cast<double>(n)); }

 private:
  std::uint64_t state_;
};

torch::Tensor picture(const cv::Mat& rgb) {
  return torch::from_blob(const_cast<unsigned char*>(rgb.data), {rgb.rows, rgb.cols, 3}, torch::kByte)
             .permute({2, 0, 1})
             .to(torch::kFloat) /
         255.0f;
}

torch::Tensor map(const cv::Mat& depth) {
  return torch::from_blob(const_cast<unsigned char*>(depth.data), {1, depth.rows, depth.cols}, torch::kFloat)
      .clone();
}

// Brightness, contrast about the mean gray, saturation about each pixel's gray; the same factors for both
// resolutions of a picture.
torch::Tensor jittered(torch::Tensor x, const double factors[3]) {
  const torch::Tensor weights = torch::tensor({0.299f, 0.587f, 0.114f}).view({3, 1, 1});
  x = (x * factors[0]).clamp(0, 1);
  const torch::Tensor mean = (x * weights).sum(0).mean();
  x = (mean + (x - mean) * factors[1]).clamp(0, 1);
  const torch::Tensor gray = (x * weights).sum(0, true);
  return (gray + (x - gray) * factors[2]).clamp(0, 1);
}

}  // namespace

SampleStore::SampleStore(std::vector<SampleFiles> files, const NetworkSizes& sizes)
    : files_(std::move(files)), sizes_(sizes), kept_(files_.size()) {}

const Sample& SampleStore::get(std::size_t i) {
  if (!kept_[i].high.empty()) return kept_[i];
  Sample s = prepare_sample(files_[i], sizes_);
  if (bytes_ + s.bytes() > kKeptBytes) return last_ = std::move(s);
  bytes_ += s.bytes();
  return kept_[i] = std::move(s);
}

std::vector<std::size_t> frames_of_step(std::size_t frames, int batch, std::uint64_t seed, long epoch,
                                        long in_epoch) {
  std::vector<std::size_t> order(frames);
  std::iota(order.begin(), order.end(), 0);
  Draw draw(seed, 1, static_cast<std::uint64_t>(epoch));
  for (std::size_t i = frames; i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);
  const std::size_t first = static_cast<std::size_t>(in_epoch) * static_cast<std::size_t>(batch);
  const std::size_t last = std::min(frames, first + static_cast<std::size_t>(batch));
  return {order.begin() + static_cast<std::ptrdiff_t>(first),
          order.begin() + static_cast<std::ptrdiff_t>(last)};
}

Batch make_batch(SampleStore& store, const std::vector<std::size_t>& frames, const TrainOptions& options,
                 long step) {
  std::vector<torch::Tensor> low, high, base, depth;
  Draw draw(options.seed, 2, static_cast<std::uint64_t>(step));
  for (std::size_t i : frames) {
    const Sample& s = store.get(i);
    torch::Tensor l = picture(s.low), h = picture(s.high), b = map(s.base), d = map(s.depth);
    const bool mirror = draw.unit() < options.flip;
    double factors[3];
    for (double& f : factors) f = 1 + options.jitter * (2 * draw.unit() - 1);
    if (options.jitter > 0) l = jittered(l, factors), h = jittered(h, factors);
    if (mirror) l = l.flip({2}), h = h.flip({2}), b = b.flip({2}), d = d.flip({2});
    low.push_back(l);
    high.push_back(h);
    base.push_back(b);
    depth.push_back(d);
  }
  return {torch::stack(low), torch::stack(high), torch::stack(base), torch::stack(depth)};
}

Batch plain_batch(const Sample& s) {
  return {picture(s.low).unsqueeze(0), picture(s.high).unsqueeze(0), map(s.base).unsqueeze(0),
          map(s.depth).unsqueeze(0)};
}

}  // namespace depthmill::sd_convtrans
