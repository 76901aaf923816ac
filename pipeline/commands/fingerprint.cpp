#include "stages/predictors/fingerprint.h"

#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/stage_run.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  const InferOptions& infer = parsed.config.infer;
  if (infer.model.empty())
    throw ConfigError("--model is missing: the card whose preprocessing is to be described");
  predictors::ModelCard card;
  try {
    // The card alone: its weights need not be here.
    const std::filesystem::path named = infer.model;
    card = predictors::read_model_card(
        named.extension() == ".ini" ? named
                                    : std::filesystem::path(infer.models_folder) / (infer.model + ".ini"));
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  std::fputs(predictors::fingerprint_text(predictors::fingerprint(card)).c_str(), stdout);
  return kExitOk;
}

}  // namespace

Command command_fingerprint() {
  return {
      "fingerprint", "hashes and statistics of a card's preprocessed test image, to compare with Python",
      "Preprocesses a built-in image as a model card says and prints what the network would get: size, "
      "hashes,\n"
      "statistics, samples. scripts/fingerprint.py prints the same from PIL, OpenCV and torch, and compares.",
      "  depthmill fingerprint --model depth_anything_v2 > ours.txt\n"
      "  python3 scripts/fingerprint.py configs/models/depth_anything_v2.ini --compare ours.txt\n",
      run};
}

}  // namespace depthmill::pipeline
