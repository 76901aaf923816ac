#include <string>

#include "pipeline/commands/all.h"
#include "pipeline/stage_run.h"
#include "stages/networks/engines.h"
#include "stages/networks/model_card.h"
#include "stages/networks/torch_module/find_torch.h"

namespace depthmill::pipeline {
namespace {

std::string exporting_engines() {
  std::string names;
  for (const networks::Engine& engine : networks::engines())
    if (engine.export_torchscript) names += (names.empty() ? "" : ", ") + std::string(engine.name);
  return names;
}

int run_export(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.infer.model.empty())
    throw ConfigError("--model is missing: a card whose backend is one of " + exporting_engines());
  if (config.run.out.empty()) throw ConfigError("--out is missing: the TorchScript file to write");
  networks::ModelCard card;
  try {
    card = networks::find_model_card(config.infer.model, config.infer.models_folder, config.infer.weights);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  const networks::Engine& engine = *networks::find_engine(card.backend);
  if (!engine.export_torchscript)
    throw ConfigError("model '" + card.name + "': engine " + card.backend +
                      " exports nothing; those that do: " + exporting_engines());
  if (!networks::find_torch()) throw ConfigError(networks::no_torch_sentence());
  const networks::Exported exported = engine.export_torchscript(card.path, config.run.out);
  if (const std::string& said = exported.remark; !said.empty())
    say(config, "note: " + said.substr(0, said.find_last_not_of('\n') + 1));
  say(config, "export: " + config.run.out.string() + ": input N x 3 x " +
                  std::to_string(exported.picture.height) + " x " + std::to_string(exported.picture.width) +
                  ", RGB in [0, 1]; output metres");
  return kExitOk;
}

}  // namespace

Command command_export() {
  return {"export", "a native network as a TorchScript file, for Python and for infer",
          R"(Traces the network of a checkpoint and writes it as TorchScript: pictures (N x 3 x H x W, RGB in
[0, 1], of the checkpoint's size) in, depth in metres at a quarter of that size out. The result
agrees with 'infer --model sd-convtrans' to rounding.)",
          R"(  depthmill export --model sd-convtrans --weights sd_convtrans.pth --out model.pt
  depthmill export --model sd-convtrans-small --out small.pt
)",
          run_export};
}

}  // namespace depthmill::pipeline
