#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/registry.h"
#include "pipeline/run_graph.h"
#include "pipeline/stage_run.h"
#include "stages/io/atomic_file.h"
#include "stages/metrics_csv.h"

namespace depthmill::pipeline {
namespace {

// The metrics of one pair, on stdout: no folder is needed to look at one picture.
int score_single(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  Frame frame;
  frame.sources[plane::kPred] = single_plane(config, config.data.pred, "--pred");
  frame.sources[plane::kGt] = single_plane(config, config.data.gt, "--gt");
  frame.name = frame.sources[plane::kPred].file.stem().string();
  if (!config.run.out.empty()) {
    StageRun run;
    run.label = "evaluate";
    run.frames.push_back(frame);
    run.stages.push_back(find_stage("evaluate")->make(config));
    if (const int code = execute(parsed, std::move(run)); code != kExitOk) return code;
  }
  const auto stage = find_stage("evaluate")->make(config);
  stage->prepare();
  for_each_live({&frame, 1}, "evaluate", [](Frame& f) { read_planes(f); });
  stage->run({&frame, 1});
  if (!frame.ok()) {
    std::fprintf(stderr, "depthmill: %s\n", frame.failure_text.c_str());
    return kExitFailed;
  }
  for (const MetricRow& row : frame.metrics) {
    std::printf("%s (%zu valid pixels)%s%s\n", row.protocol.c_str(), row.valid_pixels,
                row.note.empty() ? "" : ": ", row.note.c_str());
    for (const auto& [key, value] : row.values) std::printf("  %-12s %.6g\n", key.c_str(), value);
  }
  return kExitOk;
}

void print_summary(const std::filesystem::path& out) {
  std::string protocol;
  for (const ScoreSummary& row : read_summary_table(out / "metrics" / "summary.csv")) {
    if (row.protocol != protocol) std::printf("%s (%zu images)\n", row.protocol.c_str(), row.frames);
    protocol = row.protocol;
    std::printf("  %-14s %.6g\n", row.metric.c_str(), row.value);
  }
}

int run(const ParsedCommand& parsed) {
  if (!parsed.has("pred") || !parsed.has("gt"))
    throw ConfigError("evaluate takes --pred and --gt: two folders (or run folders), or two single planes");
  if (is_single_plane(parsed.config.data.pred)) return score_single(parsed);
  StageRun run = scored_frames(parsed);
  run.label = "evaluate";
  run.stages.push_back(find_stage("evaluate")->make(parsed.config));
  const int code = execute(parsed, std::move(run));
  if (code != kExitOk && code != kExitFailed) return code;
  const EvaluateOptions& options = parsed.config.evaluate;
  if (options.explain.empty()) {
    print_summary(parsed.config.run.out);
  } else {
    const auto rows = read_frame_table(parsed.config.run.out / "metrics" / "frames.csv");
    const std::string table = explain_table(options, rows);
    io::write_whole_file(parsed.config.run.out / "metrics" / "explain.md", table);
    std::fputs(table.c_str(), stdout);
  }
  return code;
}

}  // namespace

Command command_evaluate() {
  return {
      "evaluate", "predictions against ground truth, under published protocols",
      "Scores every prediction under the chosen protocols (configs/protocols/*.ini; 'depthmill info' lists\n"
      "them). Writes DIR/metrics/frames.csv (one row a protocol and frame), scenes.csv and summary.csv. In a "
      "run\n"
      "folder the protocol says whether the raw or the filled depth is the ground truth. Two single planes "
      "are\n"
      "scored on the spot.",
      "  depthmill evaluate --pred runs/net --gt runs/test --protocol eigen,laina --out runs/net\n"
      "  depthmill evaluate --pred predictions --gt ground_truth --list test.txt --out scores\n"
      "  depthmill evaluate --pred pred.npy --gt depth.npy --protocol eigen-nocrop\n",
      run};
}

}  // namespace depthmill::pipeline
