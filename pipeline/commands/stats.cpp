#include <cstdio>
#include <map>
#include <mutex>

#include "pipeline/commands/all.h"
#include "pipeline/commands/inputs.h"
#include "pipeline/messages.h"
#include "pipeline/registry.h"
#include "pipeline/run_graph.h"
#include "pipeline/run_summary.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "stages/base/counted.h"
#include "stages/io/atomic_file.h"
#include "stages/io/csv.h"
#include "stages/io/plane_file.h"
#include "stages/report/depth_stats.h"

namespace depthmill::pipeline {
namespace {

// Looks at one plane of every frame. What it finds waits for the frame's turn, so that sums do not hang on threads.
class Measure : public Stage {
 public:
  explicit Measure(std::string plane) : plane_(std::move(plane)) {}
  std::string_view name() const override { return "stats"; }
  std::vector<std::string> needs() const override { return {plane_}; }
  std::vector<std::string> adds() const override { return {}; }
  void run(std::span<Frame> batch) override {
    for_each_live(batch, name(), [this](Frame& frame) {
      report::DepthFacts facts = report::facts_of(frame.plane(plane_));
      const std::lock_guard lock(mutex_);
      found_.emplace(frame.index, std::move(facts));
    });
  }
  report::DepthFacts take(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return std::move(found_.extract(index).mapped());
  }

 private:
  std::string plane_;
  std::mutex mutex_;
  std::map<std::size_t, report::DepthFacts> found_;
};

// What its samples are: those of pictures are whole numbers, other files hold metres unless it was said otherwise.
std::string unit_of(const Frame& frame, const std::string& plane_name) {
  const auto source = frame.sources.find(plane_name);
  if (source == frame.sources.end()) return "Kinect codes";  // it was made on the way
  const io::FileFormat* format = io::find_format(source->second.file);
  const bool whole = format && format->depth_bits == 16;
  return whole || source->second.coding.scale_floats
             ? io::format_number(source->second.depth_scale) + " a metre"
             : "metres";
}

// Remarks about single frames that are kept: others of a set are of the same kind.
constexpr std::size_t kMostNotes = 5;

void write_stats(const Config& config, const report::DepthStats& stats) {
  for (const auto& [name, text] : {std::pair{"stats.csv", report::stats_csv(stats)},
                                   {"histogram.csv", report::histogram_csv(stats)},
                                   {"stats.md", report::stats_markdown(stats)},
                                   {"stats.html", report::stats_page(stats)}})
    io::write_whole_file(config.run.out / name, text);
}

int run_stats(const ParsedCommand& parsed) {
  const Config& config = parsed.config;
  require_out_folder(config, "where should the tables and the page go?");
  make_out_folder(config.run.out);
  report::DepthStats stats;
  StageRun job;
  if (!config.data.raw.empty()) {
    job = raw_frames(parsed);
    add_stage(job, *find_stage("extract"), config);
    stats.plane = plane::kRawDepth;
    stats.title = config.data.raw.string();
  } else {
    job = measured_frames(parsed, stats.plane);
    stats.title = config.data.in.string();
  }
  for (const std::string& warning : job.warnings) say(config, "note: " + warning);
  auto measure = std::make_unique<Measure>(stats.plane);
  Measure& found = *measure;
  job.stages.push_back(std::move(measure));

  const ThreadBudget budget(resolve_threads(config.run.threads));
  prepare(job.stages, {});
  const FrameList& list = job.frames;
  FailureCount failures;
  FrameSink sink;
  sink.record = [&](const Frame& frame, FrameSink::Record) {
    failures.add(frame);
    report::DepthFacts facts;
    if (frame.ok())
      facts = found.take(frame.index);
    else
      facts.frames = facts.failed = 1;
    facts.with_rgb = frame.sources.contains(plane::kRgb) || frame.sources.contains(plane::kRawRgb);
    if (frame.ok()) facts.units.insert(unit_of(frame, stats.plane));
    stats.scenes[frame.scene].add(facts);
    for (const std::string& note : frame.notes)
      if (stats.remarks.size() < kMostNotes) stats.remarks.push_back(frame.id() + ": " + note);
  };
  GraphOptions graph;
  graph.label = "stats";
  graph.quiet = config.run.quiet;
  graph.threads = budget.threads();
  const GraphOutcome outcome = run_graph(list, job.stages, graph, sink);
  if (!outcome.fatal.empty() || outcome.interrupted) {
    print_error(outcome.interrupted ? "interrupted; nothing is written"
                                    : "the run stopped: " + outcome.fatal);
    return outcome.interrupted ? interrupted_code() : kExitStopped;
  }
  const auto failed = failures.lines(list.size());
  stats.remarks.insert(stats.remarks.end(), failed.begin(), failed.end());
  write_stats(config, stats);
  if (!config.run.quiet) std::fputs(report::stats_markdown(stats).c_str(), stdout);
  if (outcome.failed > 0)
    print_error(std::to_string(outcome.failed) + " of " + counted(list.size(), "frame") +
                " could not be looked at; what went wrong is in stats.md");
  return outcome.failed + job.scene_failures > 0 ? kExitFailed : kExitOk;
}

}  // namespace

Command command_stats() {
  return {
      "stats", "what a data set holds: frames, sizes, units, holes, distribution of depth",
      R"(Reads one plane of depth of every frame of --in (a run folder or any data set that is read), or of
raw scenes, registered on the way, and writes by scene and in all: stats.csv and stats.md (frames,
pictures, sizes, unit of the files, share of holes, nearest, quartiles, mean, farthest),
histogram.csv (readings by depth) and stats.html, a page with plots.)",
      R"(  depthmill stats --in runs/a --out runs/a/stats
  depthmill stats --in nyu_sync --out nyu_sync_stats
  depthmill stats --in runs/net --plane pred --out runs/net/stats
  depthmill stats --raw nyu_depth_v2_raw --scene 'kitchen*' --every 50 --out kitchens
)",
      run_stats};
}

}  // namespace depthmill::pipeline
