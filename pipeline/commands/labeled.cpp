#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/interrupt.h"
#include "pipeline/progress.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run_labeled(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  data::LabeledExportOptions options = config.labeled;
  options.out = config.run.out;
  options.depth_format = config.output.depth_format;
  options.depth_scale = config.output.depth_scale;
  if (options.mat.empty()) throw ConfigError("--mat is missing: nyu_depth_v2_labeled.mat");
  require_out_folder(config, "where should the images go?");
  if (const auto problem = options.problem(); !problem.empty()) throw ConfigError(problem);
  std::unique_ptr<Progress> progress;
  const auto summary = data::export_labeled(options, [&](std::size_t, std::size_t total) {
    if (!progress) progress = std::make_unique<Progress>("labeled", "images", total, config.run.quiet);
    progress->step(false);
    return !interrupted();
  });
  if (progress) progress->finish();
  if (summary.stopped) {
    std::fprintf(stderr, "depthmill: interrupted; the images written so far are whole\n");
    return kExitStopped;
  }
  say(config, "labeled: " + std::to_string(summary.train) + " training, " + std::to_string(summary.test) +
                  " test and " + std::to_string(summary.neither) + " other images in " +
                  options.out.string());
  return kExitOk;
}

}  // namespace

Command command_labeled() {
  return {
      "labeled", "the labelled set (.mat) and its official split as folders of images",
      R"(Reads nyu_depth_v2_labeled.mat (MATLAB v7.3) image by image, so memory does not grow with the file,
and the 1-based splits.mat, and writes them as a run folder, as the training folders of
SD-ConvTrans, or as the .h5 files of FastDepth. OUT/labeled.csv says where every image went.)",
      R"(  depthmill labeled --mat nyu_depth_v2_labeled.mat --splits splits.mat --out nyu_labeled
  depthmill labeled --mat nyu_depth_v2_labeled.mat --splits splits.mat --layout fastdepth --out h5
  depthmill evaluate --pred runs/net --gt nyu_labeled/test --protocol all --out runs/net
)",
      run_labeled};
}

}  // namespace depthmill::pipeline
