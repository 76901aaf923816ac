#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  if (!parsed.has("model"))
    throw ConfigError("--model is missing: a card FILE.ini, a TorchScript FILE.pt or a card's name");
  StageRun run = image_frames(parsed);
  run.label = "infer";
  run.stages.push_back(find_stage("infer")->make(parsed.config));
  run.write = find_stage("infer")->keeps;
  return execute(parsed, std::move(run));
}

}  // namespace

Command command_infer() {
  return {"infer", "depth of every image, by a TorchScript network",
          "Runs the network that a model card (configs/models/*.ini) or a bare TorchScript file names over "
          "the images\n"
          "of a run folder, a folder, a list, or one image. Writes DIR/planes/<scene>/<frame>.pred.*, metres "
          "for\n"
          "metric models. Predictions without metres (relative depth, disparity) are stored as .npy unless\n"
          "--depth-format says otherwise.",
          "  depthmill infer --model mean.pt --images runs/test --out runs/test\n"
          "  depthmill infer --model midas-small.ini --images photos --device cuda --batch 16 --precision "
          "fp16 --out p\n"
          "  depthmill infer --model net.pt --images list.txt --flip --out runs/net\n",
          run};
}

}  // namespace depthmill::pipeline
