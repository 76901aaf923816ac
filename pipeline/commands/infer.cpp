#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/io/plane_file.h"

namespace depthmill::pipeline {
namespace {

// A depth file that is to be written, rather than a run folder?
bool is_depth_file(const std::filesystem::path& out) {
  const io::Format* format = io::find_format(out);
  return format && format->writes.find("depth") != std::string_view::npos &&
         !std::filesystem::is_directory(out);
}

int run(const ParsedCommand& parsed) {
  if (!parsed.has("model"))
    throw ConfigError("--model is missing: a card FILE.ini, a TorchScript FILE.pt or a card's name");
  StageRun run = image_frames(parsed);
  run.label = "infer";
  Config config = parsed.config;
  expect_size_of(run.frames, config.infer);
  run.stages.push_back(find_stage("infer")->make(config));
  if (is_single_plane(config.data.images) && is_depth_file(config.run.out)) {
    if (config.infer.preview)
      throw ConfigError("--preview goes beside the predictions of a run folder: give --out DIR");
    return execute_single(parsed, std::move(run.frames.front()), std::move(run.stages), plane::kPred);
  }
  return execute(parsed, std::move(run));
}

}  // namespace

Command command_infer() {
  return {
      "infer", "depth of every image, by a TorchScript network",
      R"(Runs the network that a model card (configs/models/*.ini) or a bare TorchScript file names over the
images of a run folder, a folder, a list, or one image. Writes DIR/planes/<scene>/<frame>.pred.*,
metres for metric models; of one image also the file that --out names (.png, .npy, ...). Predictions
without metres (relative depth, disparity) are stored as .npy unless --depth-format says otherwise.
--preview adds a coloured picture beside each, <frame>.preview.png.)",
      R"(  depthmill infer --model mean.pt --images runs/test --out runs/test
  depthmill infer --model midas-small.ini --images photos --device cuda --batch 16 \
      --precision fp16 --out p
  depthmill infer --model net.pt --images list.txt --flip --out runs/net
  depthmill infer --model net.pt --images kitchen.jpg --out kitchen.npy
)",
      run};
}

}  // namespace depthmill::pipeline
