#include <algorithm>
#include <cstdio>
#include <set>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;
using run_folder::Call, run_folder::Fault, run_folder::Finding;

// The folder a process works in, as long as this lives.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  ~WorkingFolder() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
  }

 private:
  fs::path before_;
};

// The last call of each set of stages, in the order in which data flows through them: together they made what is there.
std::vector<Call> calls_to_repeat(const std::vector<Call>& calls, const std::vector<Finding>& findings,
                                  bool all) {
  std::set<std::string> wanted;
  for (const Finding& finding : findings) wanted.insert(finding.stages.begin(), finding.stages.end());
  // A table that is lost is derived again by any call.
  const bool table = std::any_of(findings.begin(), findings.end(), [](const Finding& f) {
    return f.stages.empty() && (f.fault == Fault::kMissing || f.fault == Fault::kAltered);
  });
  std::vector<Call> chosen;
  std::set<std::vector<std::string>> seen;
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    std::vector<std::string> stages;
    for (const auto& stage : call->stages) stages.push_back(stage.stage);
    if (!seen.insert(stages).second) continue;
    const bool makes_it =
        std::any_of(stages.begin(), stages.end(), [&](const auto& stage) { return wanted.contains(stage); });
    if (all || makes_it || (table && (chosen.empty() || !call->protocols.empty()))) chosen.push_back(*call);
  }
  const std::vector<std::string> order = stage_names();
  std::stable_sort(chosen.begin(), chosen.end(), [&](const Call& a, const Call& b) {
    const auto rank = [&](const Call& call) {
      return call.stages.empty() ? order.end()
                                 : std::find(order.begin(), order.end(), call.stages.front().stage);
    };
    return rank(a) < rank(b);
  });
  return chosen;
}

// The same command again; what is done stays.
int repeat(const Call& call, const fs::path& run, bool quiet) {
  const WorkingFolder there(call.working_folder);
  for (const Command& command : commands()) {
    const std::string name(command.name);
    const std::size_t words = 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ' '));
    if (call.arguments.size() < words) continue;
    std::string said = call.arguments[0];
    for (std::size_t i = 1; i < words; ++i) said += " " + call.arguments[i];
    if (said != name) continue;
    ParsedCommand parsed = parse_command(
        name, {call.arguments.begin() + static_cast<std::ptrdiff_t>(words), call.arguments.end()});
    parsed.config.run.restart = false;
    // The folder may have been moved since. A call may have made several run folders below --out, of which it is one.
    std::error_code absent;
    if (!fs::equivalent(parsed.config.run.out, run, absent) &&
        !fs::equivalent(parsed.config.run.out, run.parent_path(), absent))
      parsed.config.run.out = run;
    parsed.config.run.quiet = parsed.config.run.quiet || quiet;
    say(parsed.config, "repair: " + call.command_line());
    return command.run(parsed);
  }
  throw ConfigError("this program has no command '" + call.arguments.front() + "' to repeat");
}

int run_repair(const ParsedCommand& parsed) {
  const fs::path run = fs::absolute(named_run_folder(parsed));
  const auto found = verify_as_told(parsed, run);
  std::fputs(findings_text(found).c_str(), stdout);
  if (found.clean()) return kExitOk;
  run_folder::take_off_record(run, stage_names(), found.findings);
  // Which frames a damaged line was about is not known: every call looks for its own.
  const auto calls = calls_to_repeat(run_folder::Ledger(run, stage_names()).calls(), found.findings,
                                     found.damaged_lines > 0);
  int code = kExitOk;
  for (const Call& call : calls) code = std::max(code, repeat(call, run, parsed.config.run.quiet));
  const auto left = run_folder::verify(run, stage_names(), {});
  const auto foreign = static_cast<std::size_t>(std::count_if(
      left.findings.begin(), left.findings.end(), [](const auto& f) { return f.fault == Fault::kForeign; }));
  std::printf("after the repair: %s", findings_text(left).c_str());
  if (foreign > 0) std::printf("what belongs to nothing on record is yours to keep or to remove\n");
  return left.findings.size() > foreign ? std::max<int>(code, kExitFailed) : code;
}

}  // namespace

Command command_repair() {
  return {
      "repair", "make again what verify finds missing, altered or out of date",
      R"(Verifies a run folder, takes what is missing, altered or made from other inputs off the record, and
repeats the commands that made it, from the folder they were given in; they find everything else
done. Tables are derived again. Files that belong to nothing on record are named and left alone.)",
      R"(  depthmill repair runs/net
  depthmill repair runs/net --subset 3/10
)",
      run_repair};
}

}  // namespace depthmill::pipeline
