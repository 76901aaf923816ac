#include <algorithm>
#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/messages.h"
#include "pipeline/registry.h"
#include "pipeline/sharding.h"
#include "pipeline/stage_run.h"
#include "stages/base/counted.h"
#include "stages/run_folder/ledger.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;

run_folder::ShardPlan plan_of(const fs::path& run) {
  if (!run_folder::has_shards(run))
    throw ConfigError(run.string() + ": holds no parts of a job (--shard K/N makes them)");
  try {
    return run_folder::ShardPlan(run);
  } catch (const std::runtime_error& e) {
    throw ConfigError(e.what());
  }
}

int run_merge(const ParsedCommand& parsed) {
  const fs::path run = fs::canonical(named_run_folder(parsed));
  const run_folder::ShardPlan plan = plan_of(run);
  const auto unfinished = run_folder::unfinished_parts(run, stage_names());
  if (!unfinished.empty()) {
    print_error(unfinished_text(run, unfinished, plan.job().parts));
    return kExitFailed;
  }
  run_folder::Call call;
  call.working_folder = plan.job().working_folder;
  call.arguments = plan.job().arguments;
  call.settings = "[run]\nout = " + plan.job().out.string() + "\n";
  // A job that begins anew takes back what it replaces, but not what a merge that was killed has taken over already.
  bool restart = std::find(call.arguments.begin(), call.arguments.end(), "--restart") != call.arguments.end();
  const run_folder::Ledger whole(run, stage_names());
  for (std::size_t part = 1; part <= plan.job().parts; ++part) {
    const run_folder::Ledger one(run_folder::part_folder(run, part, plan.job().parts), stage_names());
    for (const run_folder::Call& of_part : one.calls()) restart = restart && !whole.find_call(of_part.id);
  }
  return repeat_call(call, run, [&](Config& config) {
    config.run.merging = true;
    config.run.restart = restart;
    config.run.shard.clear();  // of a file of settings
    config.run.quiet = config.run.quiet || parsed.config.run.quiet;
    say(config, "merge: " + counted(plan.job().parts, "part") + " of " + call.command_line());
  });
}

int run_shards(const ParsedCommand& parsed) {
  const fs::path run = named_run_folder(parsed);
  const run_folder::ShardPlan plan = plan_of(run);
  const std::size_t parts = plan.job().parts;
  if (parsed.config.check.retry) {
    const auto unfinished = run_folder::unfinished_parts(run, stage_names());
    std::printf("%s\n", run_folder::array_expression(unfinished).c_str());
    return unfinished.empty() ? kExitOk : kExitFailed;
  }
  std::printf("%10s %10s %10s %10s  %s\n", "part", "frames", "done", "failed", "");
  for (std::size_t part = 1; part <= parts; ++part) {
    const fs::path folder = run_folder::part_folder(run, part, parts);
    const std::string name = std::to_string(part) + "/" + std::to_string(parts);
    std::error_code absent;
    if (!fs::exists(folder / run_folder::kJournalFile, absent)) {
      std::printf("%10s %10zu %10s %10s  not begun\n", name.c_str(), plan.frames_of(part), "-", "-");
      continue;
    }
    const auto now = run_folder::progress_of(folder, stage_names());
    const std::string who = now.last.job.empty() ? "" : ", " + now.last.job;
    std::printf("%10s %10zu %10zu %10zu  %s on %s%s\n", name.c_str(), plan.frames_of(part),
                now.last.done_before + now.done, now.failed,
                now.running          ? "at work"
                : now.last.ended > 0 ? "at rest"
                                     : "cut off",
                now.last.host.c_str(), who.c_str());
  }
  return kExitOk;
}

}  // namespace

Command command_merge() {
  return {"merge", "join the parts of a job (--shard) into one run folder",
          R"(Joins what the parts of a job have made, as if one process had made it: planes, packed files,
journal and, derived from it, tables, lists and report have the bytes of a single run. Parts that
have not done all their frames are named with the array expression that does them, and nothing is
changed. A merge that was killed goes on when it is called again; the parts are gone once it is
done.)",
          R"(  depthmill merge runs/raw
  depthmill merge --run runs/raw --quiet
)",
          run_merge};
}

Command command_shards() {
  return {"shards", "how the parts of a job (--shard) stand",
          R"(Lists the parts of a job with their frames, what is done, and where it was or is at work. --retry
prints the numbers of those that have not done all their frames as 'sbatch --array=' takes them
("3,7,12-14", exit code 2), or nothing when all have.)",
          R"(  depthmill shards runs/raw
  depthmill shards runs/raw --retry
)",
          run_shards};
}

}  // namespace depthmill::pipeline
