#include <algorithm>
#include <cstdio>
#include <set>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/interrupt.h"
#include "pipeline/messages.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;
using run_folder::Call, run_folder::Fault, run_folder::Finding;

// Stages that read, directly or not, what `wanted` make.
void add_dependents(std::set<std::string>& wanted, const std::vector<Call>& calls) {
  std::set<std::string> planes;
  for (std::size_t before = wanted.size() + 1; before != wanted.size();) {
    before = wanted.size();
    for (const Call& call : calls)
      for (const auto& stage : call.stages) {
        if (std::any_of(stage.reads.begin(), stage.reads.end(),
                        [&](const std::string& plane_name) { return planes.contains(plane_name); }))
          wanted.insert(stage.stage);
        if (wanted.contains(stage.stage)) planes.insert(stage.adds.begin(), stage.adds.end());
      }
  }
}

// The last call of each set of stages, in the order in which data flows through them: together they made what is there.
std::vector<Call> calls_to_repeat(const std::vector<Call>& calls, const std::vector<Finding>& findings,
                                  bool all) {
  std::set<std::string> wanted;
  for (const Finding& finding : findings) wanted.insert(finding.stages.begin(), finding.stages.end());
  add_dependents(wanted, calls);
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

int repair(const ParsedCommand& parsed, const fs::path& run) {
  const auto found = verify_as_told(parsed, run);
  print_findings(found);
  if (found.clean()) return kExitOk;
  const auto taken = run_folder::take_off_record(run, stage_names(), found.findings);
  // Which frames a damaged line was about is not known: every call looks for its own.
  const auto calls = calls_to_repeat(run_folder::Ledger(run, stage_names()).calls(), found.findings,
                                     found.damaged_lines > 0);
  int code = kExitOk;
  for (const Call& call : calls) {
    if (interrupted()) break;
    try {
      code = std::max(code, repeat_call(call, run, [&](Config& config) {
                        config.run.quiet = config.run.quiet || parsed.config.run.quiet;
                        say(config, "repair: " + call.command_line());
                      }));
    } catch (const std::exception& e) {
      print_error(e.what());
      code = std::max<int>(code, kExitFailed);
    }
  }
  run_folder::put_back_on_record(run, stage_names(), taken);
  const auto left = run_folder::verify(run, stage_names(), {});
  const auto foreign = static_cast<std::size_t>(std::count_if(
      left.findings.begin(), left.findings.end(), [](const auto& f) { return f.fault == Fault::kForeign; }));
  std::printf("after the repair:\n");
  print_findings(left);
  if (foreign > 0) std::printf("what belongs to nothing on record is yours to keep or to remove\n");
  return left.findings.size() > foreign ? std::max<int>(code, kExitFailed) : code;
}

int run_repair(const ParsedCommand& parsed) {
  const fs::path run = fs::canonical(named_run_folder(parsed));
  int code = kExitOk;
  const auto folders = folders_of(run);
  for (const fs::path& folder : folders) {
    if (folders.size() > 1) std::printf("%s:\n", folder.string().c_str());
    code = std::max(code, repair(parsed, folder));
  }
  return code;
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
