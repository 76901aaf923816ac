#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/interrupt.h"
#include "pipeline/progress.h"
#include "pipeline/stage_run.h"
#include "stages/io/plane_file.h"
#include "stages/networks/mean_baseline.h"

namespace depthmill::pipeline {
namespace {

int run_baseline(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (!parsed.has("gt")) throw ConfigError("--gt is missing: the run folder with the training depth");
  if (config.run.out.empty()) throw ConfigError("--out is missing: the TorchScript file to write");
  networks::MeanBaseline baseline;
  const FrameList frames = depth_frames(parsed);
  Progress progress("baseline mean", "frames", frames.size(), config.run.quiet);
  std::size_t failed = 0;
  for (const Frame& frame : frames) {
    if (interrupted()) return kExitStopped;
    bool bad = false;
    try {
      if (!frame.ok()) throw FrameError(frame.failure, frame.failure_text);
      baseline.add(io::read_plane(frame.sources.at(plane::kGt), io::PlaneKind::kDepth, plane::kDepth));
    } catch (const std::exception& e) {
      say(config, std::string("note: left out: ") + e.what());
      bad = true;
      ++failed;
    }
    progress.step(bad);
  }
  progress.finish();
  if (baseline.count() == 0)
    throw ConfigError(config.data.gt + ": no depth could be read, so there is no mean");
  baseline.save(config.run.out);
  say(config, "baseline mean: mean of " + std::to_string(baseline.count()) + " depth maps in " +
                  config.run.out.string());
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace

Command command_baseline_mean() {
  return {"baseline mean", "fit the mean-depth-map baseline, a TorchScript file for infer",
          R"(The "Mean" row of the literature: every image is answered with the mean depth map of the training
set. Writes a real TorchScript file that 'depthmill infer --model' takes like any network.)",
          R"(  depthmill baseline mean --gt runs/train --out mean.pt
)",
          run_baseline};
}

}  // namespace depthmill::pipeline
