// What a training run of SD-ConvTrans is told: configs/train/*.ini, or the struct itself. No torch here.
//
//   [network]   sizes, see sd_convtrans/sizes.h
//   [data]      train, validation, layout, validation_share; scene, every, limit, list, skip_list
//   [loss]      depth, gradient, normal, depth_weight, gradient_weight, normal_weight, low_weight, high_weight, mask
//   [augment]   flip, jitter
//   [train]     init, epochs, batch, optimizer, rate, weight_decay, beta1, beta2, schedule, warmup, decay,
//               decay_every, clip, amp, seed, checkpoint_every, validate_every, device
//   [validate]  protocol, best
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "metrics/protocol.h"
#include "stages/data/pick_frames.h"
#include "stages/io/enum_words.h"
#include "stages/networks/sd_convtrans/sizes.h"

namespace depthmill::sd_convtrans {

// Where the frames are: a run folder (planes/<scene>/<frame>.{rgb,depth,base}.*), the published layout
// (train/images, ...), or whichever of the two is there.
enum class TrainLayout { kAuto, kRun, kPublished };
inline constexpr auto kTrainLayouts = io::enum_words<TrainLayout>("auto", "run", "sd-convtrans");

// Terms of the loss; the words are names of the loss table (losses.h), none leaves the term out. The published
// loss is rmse_log + gradient + normal at 1:1:1, where `normal` is a cosine over whole-image gradient maps;
// `normal_per_pixel` is the surface-normal loss of Hu et al. 2019.
enum class DepthLoss { kRmseLog, kL1, kL2, kL1Log, kLog10Natural, kRel, kLogCosh, kBerhu };
inline constexpr auto kDepthLosses =
    io::enum_words<DepthLoss>("rmse_log", "l1", "l2", "l1_log", "log10_natural", "rel", "log_cosh", "berhu");
enum class GradientLoss { kGradient, kNone };
inline constexpr auto kGradientLosses = io::enum_words<GradientLoss>("gradient", "none");
enum class NormalLoss { kNormal, kNormalPerPixel, kNone };
inline constexpr auto kNormalLosses = io::enum_words<NormalLoss>("normal", "normal_per_pixel", "none");

enum class Optimizer {
  kAdam,   // weight decay is added to the gradient
  kAdamW,  // weight decay is decoupled from it
};
inline constexpr auto kOptimizers = io::enum_words<Optimizer>("adam", "adamw");

// How the learning rate goes on after warm-up.
enum class Schedule {
  kConstant,
  kCosine,  // to 1 % of rate
  kStep,    // times `decay` every `decay_every` epochs
};
inline constexpr auto kSchedules = io::enum_words<Schedule>("constant", "cosine", "step");

struct TrainOptions {
  NetworkSizes network;

  std::filesystem::path train;  // training frames
  std::filesystem::path
      validation;  // empty: held-out scenes of `train`, or its test/ in the published layout
  TrainLayout layout = TrainLayout::kAuto;
  double validation_share = 0.2;  // of the scenes of a run folder (at least one), the last by name
  data::Pick pick;                // of the frames of `train`, before some are held out of them

  // loss = sum over both branches of depth + gradient + normal, each with its weight
  DepthLoss depth = DepthLoss::kRmseLog;
  GradientLoss gradient = GradientLoss::kGradient;
  NormalLoss normal = NormalLoss::kNormal;
  double depth_weight = 1, gradient_weight = 1, normal_weight = 1;
  double low_weight = 1, high_weight = 1;  // of the branches: base depth and full depth
  bool mask = true;  // pixels without depth do not count (the published code has no mask)

  double flip = 0.5;    // probability of a mirrored picture (the published code's is 0.3085)
  double jitter = 0.0;  // largest relative change of brightness, contrast and saturation; 0 = as published

  std::filesystem::path init;  // checkpoint to start from; what fits is loaded. Empty = from `seed`
  int epochs = 20;
  int batch = 4;  // pictures a step
  Optimizer optimizer = Optimizer::kAdamW;
  double rate = 1e-3;          // learning rate after warm-up
  double weight_decay = 4e-5;  // not for biases and norms
  double beta1 = 0.9, beta2 = 0.999;
  Schedule schedule = Schedule::kCosine;
  int warmup = 0;              // steps of linear warm-up
  double decay = 0.9;          // step schedule: factor
  int decay_every = 1;         // step schedule: epochs between factors
  double clip = 1.0;           // largest global norm of the gradient; 0 = off
  bool amp = false;            // bfloat16 where it is safe; on a GPU alone
  std::uint64_t seed = 1;      // weights, order, augmentation
  int checkpoint_every = 0;    // steps; 0 = at the end of each epoch
  int validate_every = 1;      // epochs
  std::string device = "cpu";  // cpu, cuda, cuda:N

  std::string protocol = "eigen-nocrop";  // name or file of an evaluation protocol
  std::string best = "abs_rel";           // its metric that decides which checkpoint is kept as best

  // "" or a sentence naming the key.
  std::string problem() const;
};

// "" or a sentence about validate.best: it must be a metric of the protocol, and one that needs no map beside
// the depth (edges, planes, normals), which training data lack.
std::string validation_problem(const TrainOptions& options, const metrics::Protocol& protocol);

// Relative paths are relative to the file. Throws io::TextFileError naming file, line and key: unknown names,
// malformed values and those out of their range.
TrainOptions read_train_options(const std::filesystem::path& ini);
// Text that reads back to the same options; written beside the results.
std::string train_options_text(const TrainOptions& options);

}  // namespace depthmill::sd_convtrans
