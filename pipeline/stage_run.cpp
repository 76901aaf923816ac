#include "pipeline/stage_run.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "pipeline/progress.h"
#include "pipeline/registry.h"
#include "pipeline/run_graph.h"
#include "pipeline/threads.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/ini.h"
#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/predictor.h"
#include "stages/run_folder/manifest.h"
#include "stages/run_folder/score_tables.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

bool chosen(const std::vector<std::string>& stages, std::string_view name) {
  return std::find(stages.begin(), stages.end(), name) != stages.end();
}

std::vector<std::string> names_of(const std::vector<std::unique_ptr<Stage>>& stages) {
  std::vector<std::string> names;
  for (const auto& stage : stages) names.emplace_back(stage->name());
  return names;
}

// Frames done with other settings must not stand beside frames done with these.
void refuse_changed_settings(const Config& config, const fs::path& ini, const Manifest& manifest,
                             const std::vector<std::string>& stages) {
  if (!fs::exists(ini)) return;
  std::vector<std::string> begun;
  for (const std::string& stage : stages)
    if (manifest.has_done(stage)) begun.push_back(stage);
  const auto differing = differing_keys(config, ini, begun);
  if (differing.empty()) return;
  throw ConfigError(
      ini.string() + ": " + differing.front() +
      "; the frames done there would not go with the new ones: take another --out, or --restart to do "
      "them again");
}

// The scores of frames that an evaluation of this folder has on record already, and the writer for the new
// ones.
class ScoreBook {
 public:
  ScoreBook(const fs::path& out, std::vector<metrics::Protocol> protocols, bool restart)
      : folder_(out / "metrics"), protocols_(std::move(protocols)) {
    const fs::path file = folder_ / "frames.csv";
    if (restart) fs::remove(file);
    if (fs::exists(file))
      for (const FrameScore& score : read_frame_table(file))
        known_.insert({score.row.protocol, score.scene, score.frame});
    writer_ = std::make_unique<FrameTableWriter>(file, metric_columns(protocols_));
  }

  bool complete(const Frame& frame) const {
    return std::all_of(protocols_.begin(), protocols_.end(), [&](const metrics::Protocol& protocol) {
      return known_.contains({protocol.name, frame.scene, frame.name});
    });
  }

  void record(const Frame& frame) {
    for (const MetricRow& row : frame.metrics) writer_->append(frame.scene, frame.name, row);
  }

  // frames.csv in order, and the tables made from it.
  void finish() {
    writer_.reset();
    write_metric_tables(folder_, read_frame_table(folder_ / "frames.csv"), protocols_);
  }

 private:
  fs::path folder_;
  std::vector<metrics::Protocol> protocols_;
  std::set<std::tuple<std::string, std::string, std::string>> known_;
  std::unique_ptr<FrameTableWriter> writer_;
};

bool planes_there(const GraphOptions& graph, const Frame& frame) {
  return std::all_of(graph.write.begin(), graph.write.end(),
                     [&](const std::string& name) { return fs::exists(file_of(graph, frame, name)); });
}

// Remarks about frames, such as a doubtful depth scale: the first few are shown while the run goes on, all of
// them are in the manifest.
class NoteBoard {
 public:
  explicit NoteBoard(const Config& config) : config_(config) {}
  void show(const Frame& frame) {
    for (const std::string& note : frame.notes) {
      if (shown_ < kMostShown) say(config_, "note: " + frame.id() + ": " + note);
      if (++shown_ == kMostShown) say(config_, "note: further remarks are in manifest.csv only");
    }
  }

 private:
  static constexpr int kMostShown = 5;
  const Config& config_;
  int shown_ = 0;
};

std::string megabytes(std::size_t bytes) { return std::to_string(bytes >> 20) + " MB"; }

void write_times(const fs::path& file, const GraphOutcome& outcome, std::size_t frames) {
  std::string text = "stage,seconds,ms_per_frame\n";
  auto line = [&](const std::string& name, double seconds) {
    const double per_frame = frames > 0 ? 1000.0 * seconds / static_cast<double>(frames) : 0.0;
    text += name + "," + io::format_number(seconds) + "," + io::format_number(per_frame) + "\n";
  };
  for (const StageTime& time : outcome.times) line(time.name, time.seconds);
  line("wall", outcome.wall_seconds);
  io::write_whole_file(file, text);
}

void say_times(const Config& config, const GraphOutcome& outcome) {
  const auto frames = static_cast<double>(outcome.done + outcome.failed);
  if (frames == 0) return;
  std::string line = "time a frame:";
  char text[64];
  for (const StageTime& time : outcome.times) {
    std::snprintf(text, sizeof text, " %s %.1f ms,", time.name.c_str(), 1000.0 * time.seconds / frames);
    line += text;
  }
  std::snprintf(text, sizeof text, " wall %.1f ms", 1000.0 * outcome.wall_seconds / frames);
  say(config, line + text);
}

}  // namespace

void say(const Config& config, const std::string& line) {
  if (!config.run.quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

int execute(const ParsedCommand& parsed, StageRun run) {
  const Config& config = parsed.config;
  const fs::path& out = config.run.out;
  const std::vector<std::string> stages = names_of(run.stages);
  if (out.empty()) throw ConfigError("--out is missing: where should the results go?");
  if (run.frames.empty() && run.missing == 0)
    throw ConfigError(run.label + ": there are no frames to work on");

  std::set<std::string> given;
  for (const Frame& frame : run.frames)
    if (frame.ok())
      for (const auto& [plane_name, source] : frame.sources) given.insert(plane_name);
  if (const auto problem = order_problem(run.stages, {given.begin(), given.end()});
      !problem.empty() && !given.empty())
    throw ConfigError(problem);

  for (const std::string& warning : run.warnings) say(config, "note: " + warning);
  const ThreadBudget budget(resolve_threads(config.run.threads));
  GraphOptions graph;
  graph.threads = budget.threads();
  graph.batch = static_cast<std::size_t>(std::max(1, config.run.batch));
  graph.out = out;
  graph.write = run.write;
  graph.depth_format = graph.pred_format = config.output.depth_format;
  graph.depth_scale = config.output.depth_scale;
  graph.quiet = config.run.quiet;
  graph.label = run.label;
  for (const auto& stage : run.stages) {
    try {
      stage->prepare();
    } catch (const std::exception& e) {
      throw ConfigError(e.what());
    }
    if (auto* infer = dynamic_cast<InferStage*>(stage.get())) {
      share_threads(config, "infer", *infer, graph);
      if (!infer->metric() && !parsed.has("depth-format")) {
        graph.pred_format = io::DepthFormat::kNpy;
        say(config, "note: this model's predictions are relative, not metres: they are stored as .npy");
      }
      if (config.run.batch == 0) graph.batch = static_cast<std::size_t>(std::max(1, infer->batch()));
    }
  }

  // The run folder: what is on record there stays, unless it was made with other settings.
  fs::create_directories(out);
  Manifest manifest(out / "manifest.csv", stage_names());
  if (config.run.restart)
    manifest.forget(stages);
  else
    refuse_changed_settings(config, out / "config.ini", manifest, stages);
  std::vector<std::string> other_stages;
  for (const std::string& stage : stage_names())
    if (!chosen(stages, stage)) other_stages.push_back(stage);
  io::write_whole_file(out / "config.ini", effective_ini(config, out / "config.ini", other_stages));
  std::unique_ptr<ScoreBook> scores;
  EvaluateOptions evaluation = config.evaluate;
  if (chosen(stages, "evaluate"))
    scores = std::make_unique<ScoreBook>(out, evaluate_protocols(evaluation), config.run.restart);

  const std::size_t total = run.frames.size();
  std::erase_if(run.frames, [&](const Frame& frame) {
    return manifest.all_ok(frame, stages) && planes_there(graph, frame) &&
           (!scores || scores->complete(frame));
  });
  graph.already_done = total - run.frames.size();
  if (graph.already_done > 0)
    say(config, run.label + ": " + std::to_string(graph.already_done) + " of " + std::to_string(total) +
                    " frames are done already");
  say(config, run.label + ": " + std::to_string(run.frames.size()) + " frames, " +
                  std::to_string(graph.threads) + " threads, at most " +
                  std::to_string(tokens_in_flight(graph) * graph.batch) + " frames in flight (" +
                  megabytes(memory_bound(graph)) + ")");

  if (!run.skipped.empty()) {
    manifest.record(run.skipped);
    say(config, "note: " + std::to_string(run.skipped.size()) +
                    " frames are left out (--allow-missing), for example: " + run.skipped.front().detail);
  }
  NoteBoard notes(config);
  const GraphOutcome outcome = run_graph(std::move(run.frames), run.stages, graph, [&](const Frame& frame) {
    notes.show(frame);
    if (scores) scores->record(frame);
    manifest.record(rows_of(frame, stages));
  });
  std::string fatal = outcome.fatal;
  try {
    manifest.finish();
    if (scores) scores->finish();
    write_times(out / "timing.csv", outcome, outcome.done + outcome.failed);
  } catch (const std::exception& e) {
    if (fatal.empty()) fatal = e.what();
  }
  say_times(config, outcome);

  if (!fatal.empty()) {
    std::fprintf(stderr,
                 "depthmill: the run stopped: %s\nWhat is done stays; the same command goes on from here.\n",
                 fatal.c_str());
    return kExitStopped;
  }
  if (outcome.interrupted) {
    std::fprintf(stderr, "depthmill: interrupted; what is done stays, the same command goes on from here\n");
    return kExitStopped;
  }
  if (run.scene_failures > 0)
    std::fprintf(stderr, "depthmill: %zu scene%s gave less than was asked for (see the notes above)\n",
                 run.scene_failures, run.scene_failures == 1 ? "" : "s");
  const std::size_t failed = outcome.failed + run.missing;
  if (failed > 0) {
    std::fprintf(stderr, "depthmill: %zu of %zu frames failed; reasons in %s\n", failed, total + run.missing,
                 manifest.file().c_str());
    return kExitFailed;
  }
  return run.scene_failures > 0 ? kExitFailed : kExitOk;
}

void share_threads(const Config& config, const std::string& label, InferStage& infer, GraphOptions& graph) {
  say(config, label + ": " + infer.describe());
  if (const auto warning = networks::blas_warning(); !warning.empty() && infer.predictor().device() == "cpu")
    say(config, "warning: " + warning);
  graph.threads = std::max(1, std::min(graph.threads, infer.pipeline_threads()));
}

int execute_single(const ParsedCommand& parsed, Frame frame, std::vector<std::unique_ptr<Stage>> stages,
                   const std::string& plane_name) {
  const Config& config = parsed.config;
  if (config.run.out.empty()) throw ConfigError("--out is missing: the file to write");
  const ThreadBudget budget(resolve_threads(config.run.threads));
  for (const auto& stage : stages) {
    try {
      stage->prepare();
    } catch (const std::exception& e) {
      throw ConfigError(e.what());
    }
  }
  const std::string first = stages.empty() ? "read" : std::string(stages.front()->name());
  for_each_live({&frame, 1}, first, [](Frame& f) { read_planes(f); });
  for (const auto& stage : stages) stage->run({&frame, 1});
  for_each_live({&frame, 1}, "write", [&](Frame& f) {
    io::WriteOptions options;
    options.depth_scale = config.output.depth_scale;
    options.name = plane_name;
    io::write_plane(config.run.out, f.plane(plane_name), io::plane_kind(plane_name), options);
  });
  for (const std::string& note : frame.notes) say(config, "note: " + note);
  if (frame.ok()) return kExitOk;
  std::fprintf(stderr, "depthmill: %s\n", frame.failure_text.c_str());
  return kExitFailed;
}

}  // namespace depthmill::pipeline
