#include "stages/networks/fingerprint.h"

#include <cstdio>
#include <stdexcept>

#include "pipeline/commands/all.h"
#include "pipeline/stage_run.h"
#include "stages/io/ini_folder.h"
#include "stages/networks/engines.h"
#include "stages/networks/predictor.h"

namespace depthmill::pipeline {
namespace {

// The card alone: its weights need not be here, except for what follows from them.
networks::ModelCard card_of(const InferOptions& infer) {
  networks::ModelCard card =
      networks::read_model_card(io::find_ini(infer.models_folder, infer.model, "model card"));
  if (!networks::find_engine(card.backend)->fixed_size || !card.size.empty()) return card;
  if (!infer.weights.empty()) card.path = infer.weights;
  if (card.path.empty()) {
    std::fputs("the network's size follows from the checkpoint: without --weights the image is not resized\n",
               stderr);
    return card;
  }
  networks::PredictorOptions how;
  how.device = "cpu";
  return networks::fitted_to(card, networks::load_network(card, how)->picture());
}

int run_fingerprint(const ParsedCommand& parsed) {
  if (parsed.config.infer.model.empty())
    throw ConfigError("--model is missing: the card whose preprocessing is to be described");
  std::string text;
  try {
    const auto [height, width] = parsed.config.data.image_size;
    text = networks::fingerprint_text(networks::fingerprint(card_of(parsed.config.infer), {width, height}));
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace

Command command_fingerprint() {
  return {"fingerprint", "hashes and statistics of a card's preprocessed test image, to compare with Python",
          R"(Preprocesses a built-in image as a model card says and prints what the network would get: size,
hashes, statistics, samples. scripts/fingerprint.py prints the same from PIL, OpenCV and torch, and
compares.)",
          R"(  depthmill fingerprint --model depth_anything_v2 > ours.txt
  python3 scripts/fingerprint.py configs/models/depth_anything_v2.ini --compare ours.txt
  depthmill fingerprint --model midas_v21 --image-size 375x1242
)",
          run_fingerprint};
}

}  // namespace depthmill::pipeline
