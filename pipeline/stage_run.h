// What the stage commands have in common: check the order of the stages, open the run folder, leave out what
// an earlier run finished, work off the frames, keep the ledger and the tables, say how it went.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metrics/protocol.h"
#include "pipeline/needs.h"
#include "pipeline/options.h"
#include "pipeline/out_folder.h"
#include "pipeline/registry.h"
#include "stages/base/frame_list.h"
#include "stages/base/stage.h"
#include "stages/run_folder/run_folder.h"

namespace depthmill::pipeline {

// Exit codes of every command.
enum ExitCode {
  kExitOk = 0,       // all good
  kExitUsage = 1,    // wrong usage or configuration, found before the first frame
  kExitFailed = 2,   // finished, but some frames failed: reasons in manifest.csv
  kExitStopped = 3,  // the run itself stopped: disk full, interrupted, ...
  kExitBusy = 4,     // another process works on the run folder
  kExitDrained = 5,  // told to stop by SIGTERM or SIGUSR1: the same command goes on
};

// The code of a command that was interrupted before it was done.
int interrupted_code();

struct StageRun {
  std::string label;                           // what the progress line says
  FrameList frames;                            // in the order in which they are recorded
  std::vector<std::unique_ptr<Stage>> stages;  // in flow order
  std::vector<metrics::Protocol> protocols;    // under which `evaluate` scores; empty = nothing is scored
  bool keep_planes = true;                     // what stages add goes into the run folder
  std::vector<std::string> warnings;           // about the data, printed once before the work
  std::size_t missing = 0;                     // frames that should be there and are not: exit code 2
  std::size_t scene_failures = 0;              // scenes that give less than was asked for: exit code 2
  FrameList skipped;  // left out on purpose, and why: rows of the manifest, not failures
};

// Adds the row's stage, and the protocols when it scores. Throws ConfigError.
void add_stage(StageRun& run, const StageRow& row, const Config& config);

// Frames done with other settings must not stand beside frames done with these. Throws ConfigError.
void refuse_changed_settings(const run_folder::RunFolder& folder);

// Before the first call in a folder: files that it would write are not there, or they are somebody else's. Throws
// ConfigError.
void refuse_foreign_files(const run_folder::RunFolder& folder, const FrameList& list, const Stage& maker);

// Runs it into config.run.out and returns the exit code. Throws ConfigError before the first frame.
int execute(const ParsedCommand& parsed, StageRun run);

// One frame, no run folder: runs the stage and writes the first plane it adds to the file --out. A failure of
// the frame is printed and gives kExitFailed.
int execute_single(const ParsedCommand& parsed, Frame frame, std::unique_ptr<Stage> stage);

// Prepares the stages for frames of this size. What goes wrong is a ConfigError.
void prepare(const std::vector<std::unique_ptr<Stage>>& stages, const FrameSize& frame);

// What the prepared stages chose, line by line.
void say_remarks(const Config& config, const std::vector<std::unique_ptr<Stage>>& stages);

// The format of a plane that `stage` adds: as configured, but for relative depths, which 16-bit millimetres
// cannot hold; they become .npy unless the user has said otherwise.
const io::FileFormat* format_of(const ParsedCommand& parsed, const Stage& stage);

// Prints a line on stderr unless --quiet.
void say(const Config& config, const std::string& line);

}  // namespace depthmill::pipeline
