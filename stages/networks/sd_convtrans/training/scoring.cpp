#include "stages/networks/sd_convtrans/training/scoring.h"

#include <cmath>

#include "stages/base/adapt.h"
#include "stages/networks/sd_convtrans/losses.h"

namespace depthmill::sd_convtrans {
namespace {

// Means of metrics over frames, in the protocol's order.
class Means {
 public:
  void add(const metrics::Scores& scores) {
    if (keys_.empty())
      for (const auto& [key, value] : scores.values) keys_.push_back({key, 0.0, 0});
    for (std::size_t i = 0; i < scores.values.size(); ++i)
      if (std::isfinite(scores.values[i].second)) {
        keys_[i].sum += scores.values[i].second;
        ++keys_[i].count;
      }
  }
  Scoreboard result() const {
    Scoreboard board;
    for (const Entry& e : keys_)
      board.emplace_back(e.key, e.count ? e.sum / static_cast<double>(e.count) : NAN);
    return board;
  }

 private:
  struct Entry {
    std::string key;
    double sum;
    std::size_t count;
  };
  std::vector<Entry> keys_;
};

// depth01 [1, 1, h, w] against one frame's ground truth.
metrics::Scores score(const torch::Tensor& depth01, const SampleFiles& files,
                      const metrics::Protocol& protocol) {
  const cv::Mat gt = read_depth(files);
  const torch::Tensor pred = (torch::upsample_bilinear2d(depth01, {gt.rows, gt.cols}, false) * kDepthScale)
                                 .to(torch::kDouble)
                                 .contiguous();
  return metrics::evaluate({pred.data_ptr<double>(), static_cast<std::size_t>(pred.numel())},
                           view<double>(gt), gt.rows, gt.cols, protocol);
}

}  // namespace

Scoreboard score_network(SdConvTransImpl& net, SampleStore& frames, const metrics::Protocol& protocol,
                         c10::Device device) {
  torch::NoGradGuard guard;
  const bool training = net.is_training();
  net.eval();
  Means means;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Batch b = plain_batch(frames.get(i));
    const torch::Tensor out = net.forward(b.low.to(device), b.high.to(device)).high.to(torch::kCPU);
    means.add(score(out, frames.files(i), protocol));
  }
  net.train(training);
  return means.result();
}

Scoreboard score_mean_depth(SampleStore& train, SampleStore& frames, const metrics::Protocol& protocol) {
  torch::Tensor sum, count;
  for (std::size_t i = 0; i < train.size(); ++i) {
    const torch::Tensor depth = plain_batch(train.get(i)).depth.to(torch::kDouble);
    const torch::Tensor known = (depth > 0).to(torch::kDouble);
    sum = sum.defined() ? sum + depth : depth;
    count = count.defined() ? count + known : known;
  }
  // A pixel never known takes the mean over the whole map.
  const torch::Tensor overall = sum.sum() / count.sum().clamp_min(1);
  const torch::Tensor mean = torch::where(count > 0, sum / count.clamp_min(1), overall).to(torch::kFloat);
  Means means;
  for (std::size_t i = 0; i < frames.size(); ++i) means.add(score(mean, frames.files(i), protocol));
  return means.result();
}

}  // namespace depthmill::sd_convtrans
