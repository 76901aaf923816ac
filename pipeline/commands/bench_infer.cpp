#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/run_graph.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/io/atomic_file.h"
#include "stages/io/npy.h"
#include "stages/networks/bench.h"
#include "stages/networks/tuning.h"

namespace depthmill::pipeline {
namespace {

using run_folder::RunFolder;

// What reading and writing 480x640 PNG leave possible, whatever the network.
constexpr double kImagesPerSecondOfThread = 150;

// The last images of a round find fewer passes at work; among so many batches of each they weigh little.
constexpr double kLeastOfPass = 12;

// Images of a round of about `seconds`, the same number for every pass that runs at a time.
std::size_t images_of_round(const InferStage& stage, int threads, double images_per_second, double seconds) {
  const double most = kImagesPerSecondOfThread * threads;
  const double step = stage.replicas() * stage.batch();
  return static_cast<std::size_t>(
      step * std::max(kLeastOfPass, std::ceil(seconds * std::min(images_per_second, most) / step)));
}

// The frames again and again, each under a name of its own.
FrameList repeated(const FrameList& frames, std::size_t n) {
  FrameList out;
  for (std::size_t i = 0; i < n; ++i) {
    Frame frame = frames[i % frames.size()];
    frame.scene.clear();
    frame.name = std::to_string(i);
    out.push_back(std::move(frame));
  }
  return out;
}

networks::EndToEnd one_round(const FrameList& frames, const std::vector<std::unique_ptr<Stage>>& stages,
                             const GraphOptions& graph, const RunFolder& folder) {
  std::string failure;
  FrameSink sink;
  sink.write = [&](const Frame& frame, FrameSink::Record& record) { folder.write_planes(frame, record); };
  sink.record = [&](const Frame& frame, FrameSink::Record) {
    if (!frame.ok() && failure.empty()) failure = frame.failure_text;
  };
  const GraphOutcome outcome = run_graph(frames, stages, graph, sink);
  if (!outcome.fatal.empty()) failure = outcome.fatal;
  if (outcome.interrupted) failure = "interrupted";
  if (!failure.empty()) throw ConfigError(failure);
  networks::EndToEnd round;
  round.seconds = outcome.wall_seconds;
  for (const run_folder::StepTime& time : outcome.times) {
    if (time.name == "read") round.read = time.seconds;
    if (time.name == "write") round.write = time.seconds;
  }
  return round;
}

int run_bench_infer(const ParsedCommand& parsed) {
  Config config = parsed.config;
  if (config.infer.model.empty())
    throw ConfigError("--model is missing: a card FILE.ini, a FILE.pt or a card's name");
  if (!config.run.out.empty()) require_out_folder(config, "");
  const FrameList frames = image_frames(parsed).frames;
  const ThreadBudget budget(resolve_threads(config.run.threads));
  networks::BenchRequest request;
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(find_stage("infer")->make(config));
  const FrameSize size = frame_size(frames, planes_to_read(stages));
  prepare(stages, size);
  request.image = size.image.empty() ? cv::Size(config.infer.width, config.infer.height) : size.image;
  auto& infer = dynamic_cast<InferStage&>(*stages.front());
  const std::filesystem::path scratch = config.run.out.empty()
                                            ? std::filesystem::temp_directory_path() / "depthmill-bench-infer"
                                            : config.run.out;
  GraphOptions graph;
  graph.threads = infer.threads_left(budget.threads());
  graph.batch = static_cast<std::size_t>(infer.batch());
  graph.quiet = config.run.quiet;
  graph.label = "bench-infer";
  say_remarks(config, stages);
  run_folder::Contents contents;
  contents.planes = {{plane::kPred, format_of(parsed, infer)}};
  const RunFolder folder(scratch, contents);

  request.batch = infer.batch();
  const double rate = networks::measure_forward(infer.predictor(), request.image, request.batch,
                                                std::min(1.0, config.data.seconds));
  request.images = images_of_round(infer, graph.threads, rate, config.data.seconds);
  request.forward_seconds = config.data.seconds * request.rounds;
  const FrameList round = repeated(frames, request.images);
  const auto result = networks::bench_predictor(infer.predictor(), request,
                                                [&] { return one_round(round, stages, graph, folder); });
  if (config.run.out.empty()) std::filesystem::remove_all(scratch);
  std::fputs(networks::bench_table(result).c_str(), stdout);
  if (!config.data.json.empty()) io::write_whole_file(config.data.json, networks::bench_json(result));
  return kExitOk;
}

}  // namespace

Command command_bench_infer() {
  return {"bench-infer", "images per second of a network, alone and with reading and writing around it",
          R"(Measures the network's forward passes alone and the whole way from image file to depth file, as
infer goes it, in turn, and prints both with their ratio, the time of each step, and what batch and
threads were chosen. Takes a minute or more.)",
          R"(  depthmill bench-infer --model net.pt --images photos
  depthmill bench-infer --model net.pt --images photos --passes auto --pass-threads auto \
      --batch auto
  depthmill bench-infer --model net.ini --images photos --device cuda --precision fp16 --json b.json
)",
          run_bench_infer};
}

}  // namespace depthmill::pipeline
