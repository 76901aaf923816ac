#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/progress.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/io/json_text.h"
#include "stages/run_folder/host.h"
#include "stages/run_folder/shards.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {
namespace {

using io::json_number, io::json_text;
using run_folder::Progress;

void print_json(const Progress& now) {
  const run_folder::Call& last = now.last;
  std::string text = std::string("{\n  \"running\": ") + (now.running ? "true" : "false");
  const auto number = [&](const char* name, double value) {
    text += std::string(",\n  \"") + name + "\": " + json_number(value);
  };
  text += ",\n  \"command\": " + json_text(last.command_line()) +
          ",\n  \"program\": " + json_text(last.program) + ",\n  \"host\": " + json_text(last.host);
  number("process", static_cast<double>(last.process));
  number("started", static_cast<double>(last.started));
  number("ended", static_cast<double>(last.ended));
  number("frames", static_cast<double>(last.frames));
  number("done_before", static_cast<double>(now.done_before));
  number("done", static_cast<double>(now.done));
  number("failed", static_cast<double>(now.failed));
  number("frames_per_second", now.frames_per_second);
  number("seconds_left", now.seconds_left());
  number("damaged_lines", static_cast<double>(now.damaged_lines));
  text += ",\n  \"stages\": {";
  const char* comma = "";
  for (const auto& [stage, count] : now.stages) {
    text += std::string(comma) + "\n    " + json_text(stage) + ": {\"ok\": " + std::to_string(count.ok) +
            ", \"failed\": " + std::to_string(count.failed) +
            ", \"skipped\": " + std::to_string(count.skipped) + "}";
    comma = ",";
  }
  text += "\n  },\n  \"reasons\": {";
  comma = "";
  for (const auto& [reason, of] : now.reasons) {
    text += std::string(comma) + "\n    " + json_text(reason) +
            ": {\"frames\": " + std::to_string(of.frames) + ", \"example\": " + json_text(of.example) + "}";
    comma = ",";
  }
  std::printf("%s\n  }\n}\n", text.c_str());
}

void print(const Progress& now) {
  const run_folder::Call& last = now.last;
  if (last.id.empty()) {
    std::printf("nothing has been done here yet\n");
    return;
  }
  const std::string since = run_folder::time_text(last.started);
  if (now.running)
    std::printf("at work since %s: process %lld on %s\n", since.c_str(), static_cast<long long>(last.process),
                last.host.c_str());
  else if (last.ended > 0)
    std::printf("at rest; the last call went from %s to %s\n", since.c_str(),
                run_folder::time_text(last.ended).c_str());
  else
    std::printf("cut off; the call of %s did not come to its end: the same command goes on from there\n",
                since.c_str());
  std::printf("  %s\n  %s\n", last.command_line().c_str(), last.program.c_str());
  std::printf("%zu of %zu frames are done", now.done_before + now.done, last.frames);
  if (now.done_before > 0) std::printf(" (%zu by earlier calls)", now.done_before);
  if (now.failed > 0) std::printf(", %zu failed", now.failed);
  if (now.frames_per_second > 0) std::printf("; %.1f frames/s", now.frames_per_second);
  if (now.seconds_left() > 0) std::printf(", %s left", format_duration(now.seconds_left()).c_str());
  std::printf("\n\n%-12s %10s %10s %10s\n", "stage", "ok", "failed", "skipped");
  for (const std::string& stage : stage_names())
    if (const auto at = now.stages.find(stage); at != now.stages.end())
      std::printf("%-12s %10zu %10zu %10zu\n", stage.c_str(), at->second.ok, at->second.failed,
                  at->second.skipped);
  for (const auto& [reason, of] : now.reasons)
    std::printf("%zu failed with %s, for example: %s\n", of.frames, reason.c_str(), of.example.c_str());
  if (now.damaged_lines > 0)
    std::printf("%zu lines of the journal are damaged; what they said will be done again\n",
                now.damaged_lines);
}

// Of a job that is done in parts: the sum of those that have begun, and the last of their calls.
Progress progress_of_parts(const std::filesystem::path& run) {
  const run_folder::ShardPlan plan(run);
  Progress sum;
  std::size_t begun = 0;
  for (std::size_t part = 1; part <= plan.job().parts; ++part) {
    const auto folder = run_folder::part_folder(run, part, plan.job().parts);
    std::error_code absent;
    if (!std::filesystem::exists(folder / run_folder::kJournalFile, absent)) continue;
    const Progress one = run_folder::progress_of(folder, stage_names());
    if (begun++ == 0 || one.last.started > sum.last.started) sum.last = one.last;
    sum.add(one);
  }
  sum.last.frames = plan.frames();
  sum.last.arguments = plan.job().arguments;
  return sum;
}

int run_status(const ParsedCommand& parsed) {
  const std::filesystem::path run = named_run_folder(parsed);
  const bool parts = run_folder::has_shards(run);
  const Progress now = parts ? progress_of_parts(run) : run_folder::progress_of(run, stage_names());
  if (parts && !parsed.config.check.json)
    std::printf("a job in parts ('depthmill shards %s' lists them):\n", run.string().c_str());
  parsed.config.check.json ? print_json(now) : print(now);
  return kExitOk;
}

}  // namespace

Command command_status() {
  return {
      "status", "how a run folder stands: done, failed and why, rate, time left",
      R"(Reads the journal of a run folder, also while a run is at work there, from any shell: which command
is or was at work, how many frames are done, failed and for what reasons, how fast it goes and how
long it will take.)",
      R"(  depthmill status runs/net
  depthmill status --run runs/net --json
)",
      run_status};
}

}  // namespace depthmill::pipeline
