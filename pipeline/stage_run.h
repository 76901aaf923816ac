// What the stage commands have in common: check the order of the stages, open the run folder, leave out what
// an earlier run finished, work off the frames, keep the ledger and the tables, say how it went.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/options.h"
#include "stages/base/frame.h"
#include "stages/base/stage.h"
#include "stages/run_folder/manifest.h"

namespace depthmill::pipeline {

struct GraphOptions;

// Exit codes of every command.
enum ExitCode {
  kExitOk = 0,       // all good
  kExitUsage = 1,    // wrong usage or configuration, found before the first frame
  kExitFailed = 2,   // finished, but some frames failed: reasons in manifest.csv
  kExitStopped = 3,  // the run itself stopped: disk full, interrupted, ...
};

struct StageRun {
  std::string label;                           // what the progress line says
  std::vector<Frame> frames;                   // in the order in which they are recorded
  std::vector<std::unique_ptr<Stage>> stages;  // in flow order
  std::vector<std::string> write;              // planes to keep
  std::vector<std::string> warnings;           // about the data, printed once before the work
  std::size_t missing = 0;                     // frames that should be there and are not: exit code 2
  std::size_t scene_failures = 0;              // scenes that give less than was asked for: exit code 2
  std::vector<ManifestRow> skipped;  // frames left out on purpose: rows of the manifest, not failures
};

// Runs it into config.run.out and returns the exit code. Throws ConfigError before the first frame.
int execute(const ParsedCommand& parsed, StageRun run);

// One frame, no run folder: runs the stages and writes `plane` to `out`. A failure of the frame is printed
// and gives kExitFailed.
int execute_single(const ParsedCommand& parsed, Frame frame, std::vector<std::unique_ptr<Stage>> stages,
                   const std::string& plane);

// Says, behind `label`, what the prepared stage has chosen, and leaves graph.threads those that no forward
// pass keeps to itself.
void share_threads(const Config& config, const std::string& label, InferStage& infer, GraphOptions& graph);

// Prints a line on stderr unless --quiet.
void say(const Config& config, const std::string& line);

}  // namespace depthmill::pipeline
