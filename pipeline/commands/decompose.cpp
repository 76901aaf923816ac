#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  StageRun run = filled_frames(parsed);
  run.label = "decompose";
  Config config = parsed.config;
  config.decompose.published = config.run.out;
  run.stages.push_back(find_stage("decompose")->make(config));
  if (config.decompose.layout == DecomposeLayout::kPlanes) run.write = find_stage("decompose")->keeps;
  return execute(parsed, std::move(run));
}

}  // namespace

Command command_decompose() {
  return {
      "decompose", "filled depth as edge-preserving base + detail (Farbman et al. 2008), for training",
      R"(Splits filled depth into a base, smooth but for the edges of its guide (weighted least squares), and
the detail that is left: base + detail = depth. Writes both beside the run folder's planes, or all
that SD-ConvTrans is trained on in its own layout: train/images, train/wls/depths_withtest (I),
train/wls/depths_base_withtest (base), test/images, test/depths (temp).)",
      R"(  depthmill decompose --in runs/filled --out runs/filled
  depthmill decompose --in runs/filled --guide rgb --lambda 4 --out runs/by_colour
  depthmill decompose --in runs/train --base-layout sd-convtrans --out sd_data
  depthmill decompose --in runs/test --base-layout sd-convtrans --part test --out sd_data
)",
      run};
}

}  // namespace depthmill::pipeline
