#include <cmath>
#include <cstdio>
#include <memory>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/interrupt.h"
#include "pipeline/progress.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/io/atomic_file.h"
#include "stages/networks/sd_convtrans/training/train.h"
#include "stages/networks/torch_module/find_torch.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

// The file's options with what the command line says in their place.
sd_convtrans::TrainOptions options_of(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  try {
    sd_convtrans::TrainOptions options = sd_convtrans::read_train_options(config.train.config);
    if (!config.train.data.empty()) options.train = config.train.data;
    if (!config.train.validation.empty()) options.validation = config.train.validation;
    if (config.train.epochs > 0) options.epochs = config.train.epochs;
    const data::Pick told = pick_of(config.data);
    if (parsed.has("scene")) options.pick.scenes = told.scenes;
    if (parsed.has("every")) options.pick.every = told.every;
    if (parsed.has("limit")) options.pick.limit = told.limit;
    if (parsed.has("list")) options.pick.list = told.list;
    if (parsed.has("skip-list")) options.pick.skip_list = told.skip_list;
    if (parsed.has("device")) options.device = config.infer.device;
    options.device = networks::torch().resolve_devices(options.device).front();
    if (const std::string problem = options.problem(); !problem.empty())
      throw std::runtime_error(config.train.config.string() + ": " + problem);
    return options;
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

std::string scores_text(const sd_convtrans::Scoreboard& board) {
  std::string text;
  for (const auto& [key, value] : board) text += (text.empty() ? "" : ", ") + key + " " + short_number(value);
  return text;
}

int run_train(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.train.config.empty())
    throw ConfigError("--config is missing: a file such as configs/train/small.ini");
  require_out_folder(config, "the folder of the training run");
  if (!networks::find_torch()) throw ConfigError(networks::no_torch_sentence());
  const sd_convtrans::TrainOptions options = options_of(parsed);
  metrics::Protocol protocol;
  try {
    protocol = find_protocol(options.protocol, config.evaluate.protocol_folder);
    if (const std::string problem = sd_convtrans::validation_problem(options, protocol); !problem.empty())
      throw std::runtime_error(config.train.config.string() + ": " + problem);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  const int threads = resolve_threads(config.run.threads);
  const networks::TorchModule& torch = networks::torch();
  torch.set_threads(threads);
  if (const std::string warning = torch.blas_warning(); !warning.empty() && options.device == "cpu")
    say(config, "warning: " + warning);

  const fs::path& out = config.run.out;
  if (config.run.restart) fs::remove(out / "last.pth");
  io::sweep_temporaries(out, {});  // of a training that was killed
  const bool resume = fs::exists(out / "last.pth");
  if (resume) say(config, "train: goes on from " + (out / "last.pth").string());
  std::unique_ptr<Progress> progress;
  const auto summary = torch.train(options, protocol, out, resume, [&](const sd_convtrans::TrainProgress& p) {
    if (!progress)
      progress = std::make_unique<Progress>("train", "steps", static_cast<std::size_t>(p.steps),
                                            config.run.quiet, static_cast<std::size_t>(p.step - 1));
    if (p.validated)
      progress->remark("train: epoch " + std::to_string(p.epoch) + " of " + std::to_string(p.epochs) +
                       ", loss " + short_number(p.loss) + ", " + options.best + " " + short_number(p.score) +
                       ", best " + short_number(p.best));
    progress->step(false);
    return !interrupted();
  });
  if (progress) progress->finish();
  if (!summary.finished) {
    std::fprintf(stderr, "depthmill: interrupted at step %ld; the same command goes on from there\n",
                 summary.steps);
    return interrupted_code();
  }
  say(config, "train: " + std::to_string(summary.parameters) + " parameters, " +
                  std::to_string(summary.train_frames) + " frames, " + std::to_string(summary.steps) +
                  " steps; " + std::to_string(summary.validation_frames) + " held-out frames under " +
                  protocol.name + ":");
  say(config, "  mean depth map   " + scores_text(summary.baseline));
  say(config, "  epoch " + std::to_string(summary.best_epoch) + " (best)  " + scores_text(summary.best));
  say(config,
      "train: weights in " + (out / "best.pth").string() + ", curve in " + (out / "loss.svg").string());
  return kExitOk;
}

}  // namespace

Command command_train() {
  return {"train", "train SD-ConvTrans on filled depth, as a configuration of configs/train says",
          R"(Trains the network of a configuration on a run folder (rgb and filled depth; base too when
'decompose' wrote it, otherwise it is computed) or on SD-ConvTrans' own layout, and validates it on
held-out scenes under an evaluation protocol. --scene, --list and the like choose among the frames
of --data, before scenes are held out of them. OUT holds config.ini, train.csv (a row a step),
validation.csv, loss.svg, last.pth and best.pth. A killed or interrupted training goes on where it
was, with the same curve, when the same command is given again.)",
          R"(  depthmill train --config configs/train/small.ini --data runs/train --out models/small
  depthmill train --config configs/train/sd-convtrans.ini --data sd_data --device cuda \
      --out models/full
  depthmill train --config configs/train/small.ini --data runs/train --scene 'kitchen*' --every 5 \
      --skip-list blurred.txt --out models/kitchens
  depthmill infer --model sd-convtrans --weights models/small/best.pth --images runs/test \
      --out runs/test
)",
          run_train};
}

}  // namespace depthmill::pipeline
