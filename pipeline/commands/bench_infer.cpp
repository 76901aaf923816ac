#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/io/artifacts.h"
#include "stages/io/atomic_file.h"
#include "stages/io/plane_file.h"
#include "stages/predictors/bench.h"
#include "stages/predictors/tuning.h"

namespace depthmill::pipeline {
namespace {

int run(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (config.infer.model.empty())
    throw ConfigError("--model is missing: a card FILE.ini, a FILE.pt or a card's name");
  const std::vector<Frame> frames = image_frames(parsed).frames;
  const ThreadBudget budget(resolve_threads(config.run.threads));
  std::unique_ptr<predictors::Predictor> predictor;
  predictors::BenchRequest request;
  try {
    const auto card =
        predictors::find_model_card(config.infer.model, config.infer.models_folder, config.infer.weights);
    predictors::PredictorOptions how;
    how.device = config.infer.device;
    how.flip = config.infer.flip;
    how.precision = config.infer.precision == "fp16"   ? predictors::Precision::kFp16
                    : config.infer.precision == "bf16" ? predictors::Precision::kBf16
                                                       : predictors::Precision::kFp32;
    predictor = predictors::make_predictor(card, how);
    request.image = io::read_plane(frames.front().sources.at(plane::kRgb), io::PlaneKind::kRgb).size();
    predictor->check(request.image, std::max(1, config.infer.batch));
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
  predictors::TuningRequest tuning;
  tuning.image = request.image;
  tuning.threads = budget.threads();
  tuning.batch = config.infer.batch;
  const auto chosen = predictors::tune(*predictor, tuning);
  say(config, "bench-infer: " + predictor->describe() + "; " + chosen.report);
  request.batch = chosen.batch;
  request.threads = budget.threads() + 1;  // one reads ahead while the others wait for their forward pass
  request.images = std::max<std::size_t>(frames.size(), 32);
  const std::filesystem::path scratch = config.run.out.empty()
                                            ? std::filesystem::temp_directory_path() / "depthmill-bench-infer"
                                            : config.run.out;
  const auto result = predictors::bench_predictor(
      *predictor, request,
      [&](std::size_t i) {
        return io::read_plane(frames[i % frames.size()].sources.at(plane::kRgb), io::PlaneKind::kRgb);
      },
      [&](std::size_t i, const cv::Mat& depth) {
        io::write_plane(io::plane_path(scratch, "", std::to_string(i), plane::kPred, io::DepthFormat::kNpy),
                        depth, io::PlaneKind::kDepth);
      });
  if (config.run.out.empty()) std::filesystem::remove_all(scratch);
  std::fputs(predictors::bench_table(result).c_str(), stdout);
  if (!config.data.json.empty()) io::write_whole_file(config.data.json, predictors::bench_json(result));
  return kExitOk;
}

}  // namespace

Command command_bench_infer() {
  return {
      "bench-infer", "images per second of a network, alone and with reading and writing around it",
      "Measures the network's forward passes alone and the whole way from image file to depth file in turn, "
      "and\n"
      "prints both with their ratio, the time of each step, and what batch and threads were chosen.",
      "  depthmill bench-infer --model net.pt --images photos\n"
      "  depthmill bench-infer --model net.ini --images photos --device cuda --batch 0 --json bench.json\n",
      run};
}

}  // namespace depthmill::pipeline
