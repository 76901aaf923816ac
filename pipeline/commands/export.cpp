#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "pipeline/commands/all.h"
#include "pipeline/stage_run.h"
#include "stages/io/atomic_file.h"
#include "stages/networks/engines.h"
#include "stages/networks/model_card.h"
#include "stages/networks/predictor.h"
#include "stages/networks/torch_module/find_torch.h"

namespace depthmill::pipeline {
namespace {

std::string exporting_engines() {
  std::string names;
  for (const networks::Engine& engine : networks::engines())
    if (engine.export_file) names += (names.empty() ? "" : ", ") + std::string(engine.name);
  return names;
}

constexpr std::string_view kFirstLine = "# Written by 'depthmill export' beside the file that it describes.";

// The card with which the exported file predicts what CARD's network does: its input, the size fixed. TorchScript answers
// in metres.
networks::ModelCard exported_card(networks::ModelCard card, const networks::Exported& exported,
                                  const std::filesystem::path& out) {
  card = networks::fitted_to(card, exported.picture);
  card.source =
      "exported from " + card.path.filename().string() + (card.source.empty() ? "" : "; ") + card.source;
  card.path = out.filename();
  if (card.backend == exported.engine) return card;
  card.backend = exported.engine;
  card.kind = networks::OutputKind::kMetric;
  card.scale = 1;
  return card;
}

// The two lie side by side, wherever they are brought.
std::string card_text(const networks::ModelCard& card) {
  std::vector<io::Key<networks::ModelCard>> keys = networks::model_card_keys();
  for (io::Key<networks::ModelCard>& key : keys)
    if (key.name == "path")
      key.write = [](const networks::ModelCard& c) { return c.path.filename().string(); };
  return std::string(kFirstLine) + "\n" + io::keys_text(keys, card);
}

// FILE.ini beside FILE.pt may be a card that somebody wrote by hand, or that of FILE.safetensors.
void require_own_card(const std::filesystem::path& card, const std::filesystem::path& out) {
  std::ifstream in(card);
  std::string line;
  if (!in) return;
  if (!std::getline(in, line) || line != kFirstLine ||
      networks::read_model_card(card).path.filename() != out.filename())
    throw ConfigError(card.string() +
                      " is there already, and export would write its card in its place: "
                      "choose another --out, or move it away");
}

int run_export(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.infer.model.empty())
    throw ConfigError("--model is missing: a card whose backend is one of " + exporting_engines());
  if (config.run.out.empty())
    throw ConfigError("--out is missing: the file to write, FILE.pt or FILE.safetensors");
  networks::ModelCard card;
  try {
    card = networks::find_model_card(config.infer.model, config.infer.models_folder, config.infer.weights);
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  const networks::Engine& engine = *networks::find_engine(card.backend);
  if (!engine.export_file)
    throw ConfigError("model '" + card.name + "': engine " + card.backend +
                      " exports nothing; those that do: " + exporting_engines());
  if (!networks::find_torch()) throw ConfigError(networks::no_torch_sentence());
  const std::filesystem::path card_file = std::filesystem::path(config.run.out).replace_extension(".ini");
  if (card_file == config.run.out)
    throw ConfigError("--out is the network's file, FILE.pt; its card is FILE.ini");
  require_own_card(card_file, config.run.out);
  const networks::Exported exported = engine.export_file(card.path, config.run.out);
  io::write_whole_file(card_file, card_text(exported_card(card, exported, config.run.out)));
  if (const std::string& said = exported.remark; !said.empty())
    say(config, "note: " + said.substr(0, said.find_last_not_of('\n') + 1));
  const std::string size =
      std::to_string(exported.picture.height) + " x " + std::to_string(exported.picture.width);
  say(config,
      "export: " + config.run.out.string() + ": " +
          (exported.engine == card.backend ? "weights of a network for pictures of " + size
                                           : "input N x 3 x " + size + ", RGB in [0, 1]; output metres") +
          "; card " + card_file.string());
  return kExitOk;
}

}  // namespace

Command command_export() {
  return {"export", "a native network as TorchScript or safetensors, for Python and for infer",
          R"(Traces the network of a checkpoint and writes it as TorchScript: pictures (N x 3 x H x W, RGB in
[0, 1], of the checkpoint's size) in, depth in metres at a quarter of that size out. The result
agrees with 'infer --model sd-convtrans' to rounding. Into FILE.safetensors or FILE.pth go the
weights alone, by their names. Beside FILE.pt its card FILE.ini is written, by which
'infer --model FILE.pt' takes pictures of any size.)",
          R"(  depthmill export --model sd-convtrans --weights sd_convtrans.pth --out model.pt
  depthmill export --model sd-convtrans-small --out small.pt
  depthmill export --model sd-convtrans --weights FILE.pth --out FILE.safetensors
)",
          run_export};
}

}  // namespace depthmill::pipeline
