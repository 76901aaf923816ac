#include <algorithm>
#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/make_report.h"
#include "pipeline/commands/make_sample.h"
#include "pipeline/plan.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/io/suggest.h"

namespace depthmill::pipeline {
namespace {

// The stages of this job, in flow order: those asked for, or all that the other options make possible.
std::vector<std::string> chosen_stages(const Config& config) {
  std::vector<std::string> chosen = config.run.stages;
  if (chosen.empty()) {
    chosen = {"extract", "fill", "report"};
    if (!config.infer.model.empty()) chosen.insert(chosen.end(), {"infer", "evaluate"});
  }
  if (!config.run.pack.empty()) chosen.emplace_back("pack");
  std::vector<std::string> ordered;
  for (const std::string& name : stage_names())
    if (std::find(chosen.begin(), chosen.end(), name) != chosen.end()) ordered.push_back(name);
  return ordered;
}

// A job starts from the input of its first stage. Another one would be given in vain: --gt beside an extract, whose
// own depth is what its predictions are scored against.
void refuse_unused_inputs(const DataSettings& data, const std::string& first) {
  struct Input {
    const char* flag;
    bool given;
    std::vector<std::string> begins;
  };
  for (const Input& input :
       {Input{"--raw", !data.raw.empty(), {"extract"}},
        Input{"--in", !data.in.empty(), {"fill", "decompose"}},
        Input{"--images", !data.images.empty(), {"infer"}}, Input{"--pred", !data.pred.empty(), {"evaluate"}},
        Input{"--gt", !data.gt.empty(), {"evaluate"}}})
    if (input.given && std::find(input.begins.begin(), input.begins.end(), first) == input.begins.end())
      throw ConfigError(std::string(input.flag) + " would not be used: this job begins with " + first +
                        "; it is for one that begins with " + io::name_list(input.begins) +
                        " (--stages), or for a command of its own");
}

int run_run(const ParsedCommand& given) {
  ParsedCommand parsed = given;
  Config& config = parsed.config;
  require_out_folder(config, "the run folder (or [run] out in the file of --config)");
  std::vector<std::string> stages = chosen_stages(config);
  if (!config.run.pack.empty()) {
    config.pack.layout = &pack::find_layout(config.run.pack);
    config.pack.below = config.run.pack;
    if (const auto problem = config.pack.problem(); !problem.empty()) throw ConfigError(problem);
  } else if (std::find(stages.begin(), stages.end(), "pack") != stages.end()) {
    throw ConfigError("--pack is missing: the layout in which the stage pack lays frames out");
  }
  if (stages.front() == "pack")
    throw ConfigError("a job does not begin with pack: 'depthmill pack' packs what is there");
  refuse_unused_inputs(config.data, stages.front());
  if (stages.front() == "extract" && config.data.raw.empty() && !config.run.shard.empty())
    throw ConfigError("--raw is missing: parts of a job do not make scenes of their own");
  if (stages.front() == "extract" && config.data.raw.empty()) {
    config.data.raw = config.run.out / "sample";
    say(config, "run: no --raw given: generated scenes in " + config.data.raw.string());
    if (const int code = make_sample(config, config.data.raw); code != kExitOk) return code;
  }
  if (config.infer.model.empty() && stages.back() == "report")
    say(config, "run: no --model given: depth is extracted and filled, nothing is predicted or scored");

  int code = kExitOk;
  if (const StageRow* first = find_stage(stages.front()); first->frames) {
    StageRun job = first->frames(parsed);
    job.label = "run";
    for (const std::string& name : stages) {
      const StageRow* row = find_stage(name);
      if (row->make) add_stage(job, *row, config);
    }
    if (config.run.dry_run) return say_plan(config, job);
    code = execute(parsed, std::move(job));
    if (code == kExitStopped || code == kExitDrained) return code;
  }
  if (stages.back() == "report" && config.run.shard.empty()) {
    ReportOptions options = config.report;
    if (options.metrics.empty()) options.metrics = {config.run.out.string()};
    if (options.out.empty()) options.out = config.run.out / "report";
    make_report(config, std::move(options));
  }
  return code;
}

}  // namespace

Command command_run() {
  return {"run", "the whole job: extract, fill, infer, evaluate, report in one pass",
          R"(Runs the chosen stages frame by frame in one pipeline: a frame is decoded, registered, filled,
predicted and scored before it is written, and the report follows. Options come from --config; flags
override them. Without --raw it works on generated scenes. A killed or interrupted run goes on where
it was when the same command is given again.)",
          R"(  depthmill run --out first_look
  depthmill run --config configs/default.ini --raw nyu_raw --model net.pt --out runs/net
  depthmill run --raw nyu_raw --stages extract,fill --alpha 1 --depth-format h5 --out runs/filled
  depthmill run --raw nyu_raw --pack bts --split 0.9:1 --out runs/nyu
)",
          run_run};
}

}  // namespace depthmill::pipeline
