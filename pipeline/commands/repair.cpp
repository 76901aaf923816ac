#include <algorithm>
#include <cstdio>
#include <set>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/interrupt.h"
#include "pipeline/messages.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/moved.h"
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

// Of a folder that lies elsewhere now: what the call was told of places inside it is told of this one, on its command
// line, which goes on record again ...
void tell_new_places(std::vector<std::string>& arguments, const run_folder::Moved& moved) {
  for (std::string& argument : arguments) {
    const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
    const std::size_t from = equals == std::string::npos ? 0 : equals + 1;
    const fs::path named = argument.substr(from), now = moved.now(named);
    std::error_code absent;
    if (!named.empty() && now != moved.then(named) && fs::exists(now, absent))
      argument = argument.substr(0, from) + now.string();
  }
}

// ... and in a file of settings.
void tell_new_places(Config& config, const Call& call, const run_folder::Moved& moved, const fs::path& run) {
  // A call may have made several run folders below its --out.
  const fs::path out = moved.now(config.run.out), below = moved.before().lexically_relative(out);
  if (out == run)
    config.run.out = run;
  else if (!below.empty() && *below.begin() != ".." && run.string().ends_with("/" + below.string()))
    config.run.out = run.string().substr(0, run.string().size() - below.string().size() - 1);
  else
    throw ConfigError(run.string() + ": lies elsewhere than when '" + call.command_line() +
                      "' was given, which made several folders: give the command again");
  DataSettings& data = config.data;
  for (fs::path* place : {&data.raw, &data.test_in, &data.in, &data.list, &data.skip_list, &data.pairs})
    if (!place->empty()) *place = moved.now(*place);
  for (std::string* place :
       {&data.rgb, &data.depth, &data.images, &data.pred, &data.gt, &data.pred_mirror, &data.edges,
        &data.plane_labels, &data.pred_normals, &data.gt_normals, &data.mask})
    if (!place->empty()) *place = moved.now(*place).string();
}

// The same command again; what is done stays.
int repeat(const Call& call, const fs::path& run, bool quiet) {
  if (!fs::is_directory(call.working_folder))
    throw ConfigError(
        "'" + call.command_line() + "' was given in " + call.working_folder.string() +
        ", which is no longer there: give the command again where its inputs are now, with --out " +
        run.string());
  const WorkingFolder there(call.working_folder);
  for (const Command& command : commands()) {
    const std::string name(command.name);
    const std::size_t words = 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ' '));
    if (call.arguments.size() < words) continue;
    std::string said = call.arguments[0];
    for (std::size_t i = 1; i < words; ++i) said += " " + call.arguments[i];
    if (said != name) continue;
    std::vector<std::string> arguments(call.arguments.begin() + static_cast<std::ptrdiff_t>(words),
                                       call.arguments.end());
    const run_folder::Moved moved(call, run);
    if (moved) tell_new_places(arguments, moved);
    ParsedCommand parsed = parse_command(name, arguments);
    if (moved) tell_new_places(parsed.config, call, moved, run);
    parsed.config.run.restart = false;
    parsed.config.run.quiet = parsed.config.run.quiet || quiet;
    say(parsed.config, "repair: " + call.command_line());
    return command.run(parsed);
  }
  throw ConfigError("this program has no command '" + call.arguments.front() + "' to repeat");
}

int run_repair(const ParsedCommand& parsed) {
  const fs::path run = fs::canonical(named_run_folder(parsed));
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
      code = std::max(code, repeat(call, run, parsed.config.run.quiet));
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
