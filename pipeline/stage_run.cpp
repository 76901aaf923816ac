#include "pipeline/stage_run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "pipeline/frame_groups.h"
#include "pipeline/interrupt.h"
#include "pipeline/messages.h"
#include "pipeline/needs.h"
#include "pipeline/on_record.h"
#include "pipeline/progress.h"
#include "pipeline/run_graph.h"
#include "pipeline/run_summary.h"
#include "pipeline/sharding.h"
#include "pipeline/threads.h"
#include "stages/base/counted.h"
#include "stages/run_folder/run_folder.h"
#include "stages/run_folder/score_tables.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/total_tables.h"
#include "stages/scoring/totals.h"

namespace depthmill::pipeline {
namespace {

using run_folder::RunFolder;

void refuse_impossible(const Config& config, const StageRun& run) {
  require_out_folder(config, "where should the results go?");
  if (run.frames.empty() && run.missing == 0)
    throw ConfigError(run.label + ": there are no frames to work on" +
                      (run.warnings.empty() ? "" : ": " + run.warnings.back()));
  std::set<std::string> given;
  for (const Frame& frame : run.frames)
    if (frame.ok())
      for (const auto& [plane_name, source] : frame.sources) given.insert(plane_name);
  if (given.empty()) return;
  if (const auto problem = order_problem(run.stages, {given.begin(), given.end()}); !problem.empty())
    throw ConfigError(problem);
}

// Threads, batch and label of the run, once its stages are prepared.
GraphOptions graph_options(const Config& config, const StageRun& run, int threads) {
  GraphOptions graph;
  graph.label = run.label;
  graph.quiet = config.run.quiet;
  graph.threads = threads;
  std::size_t batch = 1;
  for (const auto& stage : run.stages) {
    graph.threads = std::min(graph.threads, stage->threads_left(threads));
    batch = std::max(batch, stage->frames_at_a_time());
  }
  graph.threads = std::max(1, graph.threads);
  graph.batch = config.run.batch > 0 ? static_cast<std::size_t>(config.run.batch) : batch;
  return graph;
}

// Files of frames that are in the folder and not on the list would stand beside the others unsaid, or be overwritten.
void refuse_other_frames(const RunFolder& folder, const FrameList& list) {
  const auto others = folder.not_listed(list);
  if (others.frames > 0)
    throw ConfigError(folder.path().string() + ": holds what was made of " + counted(others.frames, "frame") +
                      " that this call does not name, for example " + others.example +
                      ": take another --out, or --restart to begin anew");
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

// The steps, and the whole of them by the clock.
std::vector<run_folder::StepTime> times_of(const GraphOutcome& outcome) {
  std::vector<run_folder::StepTime> times = outcome.times;
  times.push_back({"wall", outcome.wall_seconds});
  return times;
}

void say_times(const Config& config, const GraphOutcome& outcome) {
  const auto frames = static_cast<double>(outcome.done + outcome.failed);
  if (frames == 0) return;
  std::string line = "time a frame:";
  char text[64];
  const std::vector<run_folder::StepTime> times = times_of(outcome);
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::snprintf(text, sizeof text, "%s %s %.1f ms", i > 0 ? "," : "", times[i].name.c_str(),
                  1000.0 * times[i].seconds / frames);
    line += text;
  }
  if (const run_folder::Bound bound = run_folder::bound_of(times); !bound.by.empty()) {
    std::snprintf(text, sizeof text, "%.0f %% of all steps", 100 * bound.share);
    line +=
        "; bounded by " + bound.by + " (" + (bound.by == "computing" ? bound.step + ": " : "") + text + ")";
  }
  say(config, line);
}

void announce(const Config& config, const StageRun& run, const GraphOptions& graph, const FrameSize& frame,
              std::size_t frames) {
  const std::size_t in_flight = std::min(tokens_in_flight(graph.threads) * graph.batch, frames);
  if (graph.already_done > 0)
    say(config, run.label + ": " + std::to_string(graph.already_done) + " of " +
                    counted(graph.already_done + frames, "frame") + " done already");
  say(config, run.label + ": " + counted(frames, "frame") + ", " +
                  counted(static_cast<std::size_t>(graph.threads), "thread") + ", at most " +
                  counted(in_flight, "frame") + " in flight (" +
                  megabytes(memory_bound(run.stages, frame, in_flight, graph.threads)) + ")");
  if (!run.skipped.empty())
    say(config, "note: " + counted(run.skipped.size(), "frame") +
                    " left out (--allow-missing), for example: " + run.skipped[0].failure_text);
}

Standings sort_out(const Config& config, RunFolder& folder, const FrameList& list, const Stage* maker,
                   const Sharding& shards) {
  Standings frames;
  std::vector<std::size_t> done;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!shards.mine(list, i)) continue;
    switch (folder.standing(list[i])) {
      case run_folder::Standing::kDone:
        ++frames.done;
        if (maker && maker->groups_frames()) done.push_back(i);
        break;
      case run_folder::Standing::kToDo:
        frames.to_do.push_back(i);
        break;
      case run_folder::Standing::kSuspected:
        frames.suspected.push_back(i);
        break;
      case run_folder::Standing::kCrashed:
        ++frames.crashed;
        break;
    }
  }
  if (maker && maker->groups_frames()) keep_groups_together(*maker, list, frames, done);
  const auto say_stale = [&](const RunFolder::Stale& stale, const char* why) {
    if (stale.frames > 0)
      say(config, "note: done again: " + counted(stale.frames, "frame") + " of which " + why +
                      ", for example " + stale.example);
  };
  say_stale(folder.stale_inputs(), "the files are not those that were read");
  say_stale(folder.stale_outputs(), "results are missing or have been changed");
  if (frames.crashed > 0)
    say(config, "note: " + counted(frames.crashed, "frame") +
                    " on which the program crashed, left out as long as the files are the same");
  return frames;
}

void add(GraphOutcome& sum, const GraphOutcome& part) {
  sum.done += part.done, sum.failed += part.failed;
  sum.interrupted = sum.interrupted || part.interrupted;
  if (sum.fatal.empty()) sum.fatal = part.fatal;
  sum.wall_seconds += part.wall_seconds;
  if (sum.times.empty())
    sum.times = part.times;
  else
    for (std::size_t i = 0; i < part.times.size(); ++i) sum.times[i].seconds += part.times[i].seconds;
}

// Works off what is to do; what is under suspicion first, one at a time, so that a crash has one name.
GraphOutcome work_off(const StageRun& run, const FrameList& list, const Standings& frames,
                      const GraphOptions& graph, const FrameSink& sink) {
  GraphOutcome outcome;
  GraphOptions alone = graph;
  alone.threads = 1, alone.batch = 1, alone.tokens = 1;
  if (!frames.suspected.empty()) outcome = run_graph(list, frames.suspected, run.stages, alone, sink);
  if (outcome.fatal.empty() && !outcome.interrupted)
    add(outcome, run_graph(list, frames.to_do, run.stages, frames.one_at_a_time ? alone : graph, sink));
  outcome.failed += frames.crashed;
  return outcome;
}

// Takes the folder, waiting for another process as long as --wait says.
void take(RunFolder& folder, const Config& config) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(config.run.wait);
  bool said = false;
  while (true) {
    try {
      return folder.take();
    } catch (const run_folder::BusyError& e) {
      if (std::chrono::steady_clock::now() >= until || interrupted()) throw;
      if (!std::exchange(said, true)) say(config, std::string("note: waiting: ") + e.what());
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }
}

FrameSink sink_into(RunFolder& folder, NoteBoard& notes, FailureCount& failures, GroupRecorder* groups) {
  FrameSink sink;
  sink.begin = [&](const Frame& frame) { return folder.look_at(frame); };
  sink.were_read = [&](const Frame& frame, FrameSink::Record& record) {
    folder.sources_were_read(frame, record);
  };
  sink.write = [&](const Frame& frame, FrameSink::Record& record) { folder.write_planes(frame, record); };
  sink.record = [&, groups](const Frame& frame, FrameSink::Record record) {
    notes.show(frame);
    failures.add(frame);
    if (groups)
      groups->record(frame, std::move(record));
    else
      folder.record(frame, std::move(record));
  };
  return sink;
}

// Says the remarks behind the first `told`, and returns how many there are.
std::size_t say_new(const Config& config, const std::vector<std::string>& remarks, std::size_t told) {
  for (; told < remarks.size(); ++told) say(config, "note: " + remarks[told]);
  return told;
}

// Puts the folder in order and makes the tables. Returns why the run stopped, empty when it did not.
std::string finish(RunFolder& folder, const FrameList& list, run_folder::Call call,
                   const GraphOutcome& outcome) {
  call.times = times_of(outcome);
  try {
    folder.finish(std::move(call), list, [&](ScoreTables rows, const run_folder::NamedTexts& texts) {
      std::vector<metrics::Protocol> protocols;
      for (const auto& [name, text] : texts) protocols.push_back(parse_protocol(text, name + ".ini"));
      write_metric_tables(folder.metrics_folder(), std::move(rows), protocols);
    });
  } catch (const std::exception& e) {
    if (outcome.fatal.empty()) return e.what();
  }
  return outcome.fatal;
}

// Names the protocols that scored nothing, with the note of their first row; false when that is an error. Of all
// protocols some may not fit the data, but not all of them.
bool say_without_scores(const RunFolder& folder, const std::vector<metrics::Protocol>& protocols, bool all) {
  const auto names = protocols_without_scores(protocols, read_summary_table(folder.metrics_folder()));
  if (names.empty()) return true;
  const ScoreTables rows = read_frame_table(folder.metrics_folder() / "frames.csv");
  std::vector<Unscored> unscored;
  for (const std::string& name : names) {
    Unscored& one = unscored.emplace_back(Unscored{name, ""});
    for (const auto& part : rows.parts())
      if (part.protocol == name && !part.range && !part.table.empty()) one.why = part.table.note(0);
  }
  return say_unscored(unscored, all && names.size() < protocols.size());
}

// Says how it went, and as what exit code.
int ending(const Config& config, const RunFolder& folder, const StageRun& run, const GraphOutcome& outcome,
           const FailureCount& failures, std::size_t total, const std::string& fatal,
           const Sharding& shards) {
  if (!fatal.empty()) {
    print_error("the run stopped: " + fatal);
    print_line("What is done stays; the same command goes on from here.");
    return kExitStopped;
  }
  if (outcome.interrupted) {
    print_error("interrupted; what is done stays, the same command goes on from here");
    return interrupted_code();
  }
  if (run.scene_failures > 0)
    print_error(counted(run.scene_failures, "scene") + " gave less than was asked for (see the notes above)");
  const std::size_t failed = outcome.failed + run.missing;
  if (failed > 0)
    print_error(std::to_string(failed) + " of " + counted(total + run.missing, "frame") +
                " failed; reasons in " + folder.manifest_file().string());
  for (const std::string& line : failures.lines(total)) print_line("  " + line);
  // A part may well have no image of a protocol.
  const bool all_scored = shards.is_part() || run.protocols.empty() ||
                          say_without_scores(folder, run.protocols, config.evaluate.all());
  return failed > 0 || run.scene_failures > 0 || !all_scored ? kExitFailed : kExitOk;
}

}  // namespace

int interrupted_code() { return told_to_drain() ? kExitDrained : kExitStopped; }

void say(const Config& config, const std::string& line) {
  if (!config.run.quiet) print_line(line);
}

void prepare(const std::vector<std::unique_ptr<Stage>>& stages, const FrameSize& frame) {
  cv::Size image = frame.image;
  for (const auto& stage : stages) {
    try {
      if (!image.empty()) image = stage->expect(image);
      stage->prepare();
    } catch (const std::exception& e) {
      throw ConfigError(e.what());
    }
  }
}

void say_remarks(const Config& config, const std::vector<std::unique_ptr<Stage>>& stages) {
  for (const auto& stage : stages)
    for (const std::string& remark : stage->remarks())
      say(config, std::string(stage->name()) + ": " + remark);
}

void add_stage(StageRun& run, const StageRow& row, const Config& config) {
  try {
    run.stages.push_back(row.make(config));
    if (row.protocols) run.protocols = row.protocols(config);
    std::set<std::string> names;
    for (const metrics::Protocol& protocol : run.protocols)
      if (!names.insert(protocol.name).second)
        throw ConfigError("two protocols are called '" + protocol.name + "': one of them needs another name");
  } catch (const std::exception& e) {
    throw ConfigError(e.what());
  }
}

void refuse_changed_settings(const RunFolder& folder) {
  const auto changed = folder.changed_settings();
  if (changed.empty()) return;
  throw ConfigError(
      folder.path().string() + ": " + changed.front() +
      "; the frames done there would not go with the new ones: take another --out, or --restart to do "
      "them again");
}

void refuse_foreign_files(const RunFolder& folder, const FrameList& list, const Stage& maker) {
  if (!folder.ledger().calls().empty()) return;
  std::error_code absent;
  for (const Frame& frame : list)
    for (const std::string& path : maker.files_of(frame))
      if (std::filesystem::exists(folder.path() / path, absent))
        throw ConfigError((folder.path() / path).string() +
                          ": is there already and nothing says that it may be replaced: take another --out");
}

int execute(const ParsedCommand& parsed, StageRun run) {
  const Config& config = parsed.config;
  refuse_impossible(config, run);
  for (const std::string& warning : run.warnings) say(config, "note: " + warning);
  Sharding shards(config);
  shards.keep_planned(run);
  const ThreadBudget budget(resolve_threads(config.run.threads));
  const FrameSize size = frame_size(run.frames, planes_to_read(run.stages));
  const FrameList& list = run.frames;
  for (const auto& stage : run.stages) {
    try {
      stage->expect_frames(list);
    } catch (const std::runtime_error& e) {
      throw ConfigError(e.what());
    }
  }
  prepare(run.stages, size);
  say_remarks(config, run.stages);
  for (const auto& stage : run.stages)
    if (!stage->metric() && !parsed.has("depth-format"))
      say(config, "note: this model's predictions are relative, not metres: they are stored as .npy");

  // What is on record in the folder stays, unless it was made with other settings or from other files.
  run_folder::Contents contents = contents_of(parsed, run);
  shards.settle(parsed, run, contents);
  if (shards.over()) {
    say(config, "note: this part of the job is done and merged already");
    return kExitOk;
  }
  RunFolder folder(shards.folder(), std::move(contents));
  refuse_changed_settings(folder);
  run_folder::Call call = call_of(parsed, folder, run);
  const Stage* maker = maker_of_files(run.stages);
  if (maker && !shards.is_part() && !config.run.merging) refuse_foreign_files(folder, list, *maker);
  take(folder, config);
  shards.take_over(folder);
  if (maker) refuse_other_frames(folder, list);
  const Standings frames = sort_out(config, folder, list, maker, shards);
  call.frames = frames.size();
  call.done_before = frames.done;
  folder.begin(call);
  const std::size_t told = say_new(config, folder.remarks(), 0);

  GraphOptions graph = graph_options(config, run, budget.threads());
  graph.already_done = frames.done;
  announce(config, run, graph, size, frames.to_do.size() + frames.suspected.size());
  if (!shards.is_part()) folder.record_skipped(run.skipped);
  NoteBoard notes(config);
  FailureCount failures;
  std::optional<GroupRecorder> groups;
  if (maker && maker->groups_frames()) groups.emplace(*maker, folder, list, frames);
  const GraphOutcome outcome =
      work_off(run, list, frames, graph, sink_into(folder, notes, failures, groups ? &*groups : nullptr));
  groups.reset();  // a file that is not whole leaves nothing
  const std::string fatal = finish(folder, list, call, outcome);
  say_new(config, folder.remarks(), told);
  say_times(config, outcome);
  const int code = ending(config, folder, run, outcome, failures, frames.size(), fatal, shards);
  if (code == kExitOk || code == kExitFailed) shards.remove_parts();
  return code;
}

int execute_single(const ParsedCommand& parsed, Frame frame, std::unique_ptr<Stage> stage) {
  const Config& config = parsed.config;
  if (config.run.out.empty()) throw ConfigError("--out is missing: the file to write");
  std::error_code absent;
  for (const auto& [name, source] : frame.sources)
    if (std::filesystem::equivalent(source.file, config.run.out, absent))
      throw ConfigError("--out: " + config.run.out.string() + " is the file that is read");
  const ThreadBudget budget(resolve_threads(config.run.threads));
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::move(stage));
  const std::set<std::string> wanted = planes_to_read(stages);
  prepare(stages, frame_size(FrameList({frame}), wanted));
  const Stage& only = *stages.front();
  for_each_live({&frame, 1}, only.name(), [&](Frame& f) { read_planes(f, wanted); });
  stages.front()->run({&frame, 1});
  // Values that the format cannot hold are the frame's failure; a disk that refuses stops the program.
  if (frame.ok()) try {
      const std::vector<std::string> planes = only.adds();
      io::WriteOptions options;
      options.depth_scale = config.output.depth_scale;
      options.name = planes.front();
      io::write_plane(config.run.out, frame.plane(planes.front()), plane_kind(planes.front()), options);
      // Pictures to look at, beside it.
      for (std::size_t i = 1; i < planes.size(); ++i)
        if (planes[i] != plane::kRgb)
          io::write_plane(std::filesystem::path(config.run.out).replace_extension(planes[i] + ".png"),
                          frame.plane(planes[i]), plane_kind(planes[i]));
    } catch (const FrameError& e) {
      frame.fail(only.name(), e.reason(), e.what());
    }
  for (const std::string& note : frame.notes) say(config, "note: " + note);
  if (frame.ok()) return kExitOk;
  print_error(frame.failure_text);
  return kExitFailed;
}

}  // namespace depthmill::pipeline
