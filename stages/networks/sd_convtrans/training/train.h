// Training of SD-ConvTrans. No torch in this header.
//
//   TrainOptions options = read_train_options("configs/train/small.ini");
//   options.train = "runs/demo";
//   TrainSummary s = train(options, find_protocol(options.protocol, protocols_folder), "runs/model", {});
//
// For `depthmill train --config FILE.ini [--data DIR] --out DIR`. The folder `out` holds
//   config.ini      the options in effect
//   train.csv       one row a step: step, epoch, rate, loss, the terms of both branches, norm of the gradient
//   validation.csv  one row a validated epoch: the protocol's metrics, and row `mean`: the mean depth map
//   loss.svg        both as curves
//   last.pth        everything needed to go on: weights, optimizer, position
//   best.pth        weights at the best epoch, for load_network() and Python
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "metrics/protocol.h"
#include "stages/networks/sd_convtrans/training/options.h"

namespace depthmill::sd_convtrans {

// The loss or a gradient stopped being a number. The sentence says at which step and which checkpoint is the
// last good one; last.pth is untouched.
class TrainingDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TrainProgress {
  long step = 0, steps = 0;  // done, of the whole run
  int epoch = 0, epochs = 0;
  double loss = 0, rate = 0;
  double seconds_left = 0;  // by the pace of this session
  bool validated = false;   // an epoch has just been validated: `score` is its protocol metric
  double score = 0, best = 0;
};
// Returning false stops after writing last.pth.
using TrainCallback = std::function<bool(const TrainProgress&)>;

using Scoreboard =
    std::vector<std::pair<std::string, double>>;  // metric key -> total of the validation frames

struct TrainSummary {
  bool finished = false;  // false: the callback said stop
  long steps = 0;
  int best_epoch = 0;
  Scoreboard best, baseline;  // of the best epoch; of the training set's mean depth map
  std::size_t train_frames = 0, validation_frames = 0, parameters = 0;
  double seconds = 0;
};

// Same options, data and thread count give the same curve, also across a kill and `resume`: order,
// augmentation and drop path depend on the seed and the step alone, and rows behind the checkpoint are
// dropped. Prepared frames are kept in memory up to 2 GiB, and read anew each time beyond. `resume`: go on
// from out/last.pth (an error when its options differ); without it, out/ must not hold one. Throws
// std::runtime_error (options, data, files), TrainingDiverged.
TrainSummary train(const TrainOptions& options, const metrics::Protocol& protocol,
                   const std::filesystem::path& out, bool resume, const TrainCallback& callback);

}  // namespace depthmill::sd_convtrans
