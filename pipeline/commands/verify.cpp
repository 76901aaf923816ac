#include <array>
#include <cstdio>

#include "pipeline/commands/all.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "stages/base/counted.h"
#include "stages/base/quote.h"
#include "stages/io/json_text.h"
#include "stages/run_folder/shards.h"

namespace depthmill::pipeline {
namespace {

using io::json_text;
using run_folder::Fault, run_folder::Finding, run_folder::Verification;

std::string finding_text(const Finding& finding) {
  const std::string path = printable(finding.path);
  switch (finding.fault) {
    case Fault::kMissing:
      return path + " is missing";
    case Fault::kAltered:
      return path + " is not what was written";
    case Fault::kStale:
      return path + " is not what " + printable(finding.scene + "/" + finding.frame) + " was made from";
    case Fault::kForeign:
      return path + " belongs to nothing on record";
    case Fault::kHalfWritten:
      return path + " was left half-written";
  }
  return path;
}

void print_json(const Verification& v) {
  std::string text = "{\n  \"frames\": " + std::to_string(v.frames) +
                     ",\n  \"files\": " + std::to_string(v.files) +
                     ",\n  \"complete\": " + (v.complete ? "true" : "false") +
                     ",\n  \"inputs_gone\": " + std::to_string(v.gone) +
                     ",\n  \"damaged_lines\": " + std::to_string(v.damaged_lines) + ",\n  \"findings\": [";
  const char* comma = "";
  for (const Finding& finding : v.findings) {
    text += std::string(comma) + "\n    {\"fault\": " + json_text(run_folder::fault_name(finding.fault)) +
            ", \"path\": " + json_text(finding.path) + ", \"scene\": " + json_text(finding.scene) +
            ", \"frame\": " + json_text(finding.frame) + "}";
    comma = ",";
  }
  std::printf("%s\n  ]\n}\n", text.c_str());
}

int run_verify(const ParsedCommand& parsed) {
  const Verification v = verify_as_told(parsed, named_run_folder(parsed));
  if (parsed.config.check.json) {
    print_json(v);
  } else {
    print_findings(v);
  }
  return v.clean() && v.gone == 0 ? kExitOk : kExitFailed;
}

}  // namespace

std::filesystem::path named_run_folder(const ParsedCommand& parsed) {
  const std::filesystem::path& run = parsed.config.check.run;
  if (run.empty()) throw ConfigError("which run folder? 'depthmill " + parsed.command + " RUN'");
  if (!std::filesystem::is_directory(run)) throw ConfigError("--run: there is no folder " + run.string());
  return run;
}

Verification verify_as_told(const ParsedCommand& parsed, const std::filesystem::path& run) {
  const CheckSettings& check = parsed.config.check;
  run_folder::VerifyOptions options;
  options.part = check.subset.first;
  options.parts = check.subset.second;
  options.max_seconds = check.max_seconds;
  Verification all;
  const auto folders = folders_of(run);
  for (const auto& folder : folders) {
    Verification one = run_folder::verify(folder, stage_names(), options);
    const std::string below = folder == run ? "" : folder.lexically_relative(run).string() + "/";
    for (Finding& finding : one.findings) {
      if (finding.fault != Fault::kStale) finding.path.insert(0, below);
      all.findings.push_back(std::move(finding));
    }
    all.frames += one.frames, all.files += one.files, all.gone += one.gone;
    all.damaged_lines += one.damaged_lines;
    all.complete = all.complete && one.complete, all.ended = all.ended && one.ended;
  }
  return all;
}

std::vector<std::filesystem::path> folders_of(const std::filesystem::path& run) {
  std::error_code absent;
  std::vector<std::filesystem::path> folders;
  if (!run_folder::has_shards(run)) return {run};
  const run_folder::ShardPlan plan(run);
  for (std::size_t part = 0; part <= plan.job().parts; ++part) {
    const auto folder = part == 0 ? run : run_folder::part_folder(run, part, plan.job().parts);
    if (std::filesystem::exists(folder / run_folder::kJournalFile, absent)) folders.push_back(folder);
  }
  return folders;
}

namespace {
// How many of each fault, one line a kind of trouble.
std::string counts_text(const Verification& v) {
  std::array<std::size_t, std::size(run_folder::kFaultNames)> count{};
  for (const Finding& finding : v.findings) ++count[static_cast<std::size_t>(finding.fault)];
  std::string faults;
  for (std::size_t i = 0; i < count.size(); ++i)
    if (count[i] > 0)
      faults += (faults.empty() ? "" : ", ") + std::to_string(count[i]) + " " +
                std::string(run_folder::kFaultNames[i]);
  std::string text = counted(v.frames, "result") + ", " + counted(v.files, "file") + ": " +
                     (faults.empty() ? "all as they were written" : faults) + "\n";
  if (v.damaged_lines > 0)
    text += "damaged: " + counted(v.damaged_lines, "line") +
            " of the journal; what was said there counts no more\n";
  if (v.gone > 0)
    text += "inputs of " + counted(v.gone, "frame") +
            " are no longer there, so nobody can say whether they have changed\n";
  if (!v.complete) text += "not everything was looked at: the time was over\n";
  if (!v.ended)
    text +=
        "the last call has not ended: if it was killed, the same command goes on and takes up what it left\n";
  return text;
}
}  // namespace

void print_findings(const Verification& v) {
  for (const Finding& finding : v.findings)
    std::printf("%s: %s\n", std::string(run_folder::fault_name(finding.fault)).c_str(),
                finding_text(finding).c_str());
  std::fputs(counts_text(v).c_str(), stdout);
}

Command command_verify() {
  return {"verify", "is every file of a run folder what was written, and made from what lies there?",
          R"(Reads every plane and table of a run folder and compares it with the journal: what is missing,
altered, left half-written, made from inputs that have changed since, or belongs to nothing on
record is named, a line each. Exit code 2 when there is any of it, which 'depthmill repair' mends,
or when inputs are gone, so that nobody can tell.)",
          R"(  depthmill verify runs/net
  depthmill verify runs/net --subset 3/10 --max-seconds 600
  depthmill verify --run runs/net --json
)",
          run_verify};
}

}  // namespace depthmill::pipeline
