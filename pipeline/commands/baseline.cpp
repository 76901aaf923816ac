#include <memory>
#include <stdexcept>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/run_graph.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/networks/mean_baseline.h"

namespace depthmill::pipeline {
namespace {

// Takes the maps up in the order of the frames, one at a time: sums of doubles depend on it.
class MeanStage : public Stage {
 public:
  std::string_view name() const override { return "baseline mean"; }
  std::vector<std::string> needs() const override { return {plane::kGt}; }
  std::vector<std::string> adds() const override { return {}; }
  bool parallel() const override { return false; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      try {
        baseline.add(frame.plane(plane::kGt));
      } catch (const std::invalid_argument& e) {
        throw FrameError(FailureReason::kWrongSize, frame.id() + ": " + e.what());
      }
    });
  }
  networks::MeanBaseline baseline;
};

int run_baseline(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  if (!parsed.has("gt")) throw ConfigError("--gt is missing: the run folder with the training depth");
  if (config.run.out.empty()) throw ConfigError("--out is missing: the TorchScript file to write");
  const FrameList frames = depth_frames(parsed);
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<MeanStage>());
  const networks::MeanBaseline& baseline = static_cast<const MeanStage&>(*stages.front()).baseline;
  FrameSink sink;
  std::size_t remarks = 0;
  constexpr std::size_t kMostRemarks = 5;  // others of a set are of the same kind
  sink.record = [&](const Frame& frame, FrameSink::Record) {
    if (!frame.ok()) say(config, "note: left out: " + frame.failure_text);
    for (const std::string& note : frame.notes)
      if (remarks++ < kMostRemarks) say(config, "note: " + frame.id() + ": " + note);
  };
  const ThreadBudget budget(resolve_threads(config.run.threads));
  GraphOptions graph;
  graph.label = "baseline mean";
  graph.quiet = config.run.quiet;
  graph.threads = budget.threads();
  const GraphOutcome outcome = run_graph(frames, stages, graph, sink);
  if (!outcome.fatal.empty()) throw std::runtime_error(outcome.fatal);
  if (outcome.interrupted) return interrupted_code();
  if (baseline.count() == 0)
    throw ConfigError(config.data.gt + ": no depth could be read, so there is no mean");
  baseline.save(config.run.out);
  say(config, "baseline mean: mean of " + std::to_string(baseline.count()) + " depth maps in " +
                  config.run.out.string());
  return outcome.failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace

Command command_baseline_mean() {
  return {"baseline mean", "fit the mean-depth-map baseline, a TorchScript file for infer",
          R"(The "Mean" row of the literature: every image is answered with the mean depth map of the training
set. Writes a real TorchScript file, --out, that 'depthmill infer --model' takes like any network.
Of a run folder the mean is that of the filled depth, unless --gt-plane raw_depth asks for the
measured one; --gt-scale is the samples a metre of --gt.)",
          R"(  depthmill baseline mean --gt runs/train --out mean.pt
)",
          run_baseline};
}

}  // namespace depthmill::pipeline
