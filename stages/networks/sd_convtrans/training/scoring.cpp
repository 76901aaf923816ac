#include "stages/networks/sd_convtrans/training/scoring.h"

#include <algorithm>

#include "stages/networks/sd_convtrans/losses.h"
#include "stages/resample/resize.h"
#include "stages/scoring/score.h"
#include "stages/scoring/totals.h"

namespace depthmill::sd_convtrans {
namespace {

// depth01 [1, 1, h, w] as the model cards of SD-ConvTrans turn it into a depth map: resized to the picture,
// in metres, none beyond what the network is asked for.
cv::Mat as_inferred(const torch::Tensor& depth01, cv::Size picture) {
  const torch::Tensor own = depth01.to(torch::kFloat).contiguous();
  const cv::Mat map(static_cast<int>(own.size(2)), static_cast<int>(own.size(3)), CV_32FC1,
                    own.data_ptr<float>());
  cv::Mat metres = resample(map, picture, ResizeFilter::kTorchBilinear);
  constexpr float kFar = static_cast<float>(kDepthScale);
  metres.forEach<float>([](float& v, const int*) { v = kFar * v > kFar ? kFar : kFar * v; });  // NaN stays
  return metres;
}

// Rows of frames, and what `evaluate` makes of them.
class Scores {
 public:
  explicit Scores(const metrics::Protocol& protocol) : protocol_(protocol) {}

  void add(const torch::Tensor& depth01, SampleStore& frames, std::size_t i) {
    const SampleFiles& files = frames.files(i);
    ScoredPlanes planes{.pred = as_inferred(depth01, frames.get(i).picture)};
    planes.gt = read_truth(files, protocol_.gt);
    try {
      rows_.push_back(files.scene, files.name, FrameScorer(std::move(planes)).score(protocol_));
    } catch (const FrameError& e) {
      throw std::runtime_error(files.depth.file.string() + ": the protocol " + protocol_.name +
                               " does not fit: " + e.what());
    }
  }
  Scoreboard totals() const {
    Scoreboard board;
    for (const ScoreSummary& total : summarise(rows_, {&protocol_, 1}))
      board.emplace_back(total.metric, total.value);
    return board;
  }

 private:
  const metrics::Protocol& protocol_;
  ScoreTables rows_;
};

}  // namespace

Scoreboard score_network(SdConvTransImpl& net, SampleStore& frames, const metrics::Protocol& protocol,
                         c10::Device device) {
  torch::NoGradGuard guard;
  const bool training = net.is_training();
  net.eval();
  Scores scores(protocol);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Batch b = plain_batch(frames.get(i));
    scores.add(net.forward(b.low.to(device), b.high.to(device)).high.to(torch::kCPU), frames, i);
  }
  net.train(training);
  return scores.totals();
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
  Scores scores(protocol);
  for (std::size_t i = 0; i < frames.size(); ++i) scores.add(mean, frames, i);
  return scores.totals();
}

}  // namespace depthmill::sd_convtrans
