#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(find_stage("fill")->make(config));
  if (parsed.has("rgb") || parsed.has("depth")) {
    if (parsed.has("in"))
      throw ConfigError("give --in (a folder), or --rgb and --depth (single planes), not both");
    if (!parsed.has("rgb") || !parsed.has("depth"))
      throw ConfigError("a single fill takes both --rgb FILE and --depth FILE");
    Frame frame;
    frame.sources[plane::kRgb] = single_plane(config, config.data.rgb, "--rgb");
    frame.sources[plane::kRawDepth] = single_plane(config, config.data.depth, "--depth");
    frame.name = frame.sources[plane::kRawDepth].file.stem().string();
    return execute_single(parsed, std::move(frame), std::move(stages), plane::kDepth);
  }
  StageRun run = fill_frames(parsed);
  run.label = "fill";
  run.stages = std::move(stages);
  return execute(parsed, std::move(run));
}

}  // namespace

Command command_fill() {
  return {"fill", "holes in registered depth, filled along the colour image (Levin et al. 2004)",
          R"(Fills every hole of raw_depth with the toolbox's colorization (fill_depth_colorization), the
toolbox's cross-bilateral filter, or not at all. --in is a run folder or any folder of pairs
(<frame>.rgb.* with <frame>.raw_depth.*; rgb_N.jpg with sync_depth_N.png). As in the toolbox, known
pixels are smoothed too; --keep-known pastes the measured depth back.)",
          R"(  depthmill fill --in runs/raw --out runs/raw
  depthmill fill --in nyu_sync --method cross-bilateral --out runs/cbf
  depthmill fill --rgb kitchen.png --depth kitchen_depth.png --out filled.npy
  depthmill fill --rgb tum.png --depth tum_depth.png --depth-scale 5000 --out filled.png
  depthmill fill --rgb frame.mat:rgb --depth frame.mat:rawDepth --out filled.mat
)",
          run};
}

}  // namespace depthmill::pipeline
