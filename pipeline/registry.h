// The stages in the order in which data flows through them: the main flow of the program on one screen. A new
// stage is one row.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/protocol.h"
#include "pipeline/commands.h"
#include "stages/base/stage.h"

namespace depthmill::pipeline {

struct StageRun;

struct StageRow {
  std::string_view name;
  // Of the command of that name; the three are what Command has.
  std::string_view summary = {}, text = {}, examples = {};
  // What it works on when it is the first stage of a run.
  StageRun (*frames)(const ParsedCommand&) = nullptr;
  // nullptr: works on the finished run folder, not on frames.
  std::unique_ptr<Stage> (*make)(const Config&) = nullptr;
  // When the command is told single planes instead: the frame they make, whose first plane that the stage adds
  // goes to the file --out. nullopt: it is told of folders.
  std::optional<Frame> (*single)(const ParsedCommand&) = nullptr;
  // Protocols under which it scores frames; nullptr: it scores none.
  std::vector<metrics::Protocol> (*protocols)(const Config&) = nullptr;
  // A command that does more than run the stage over its frames.
  Command (*command)() = nullptr;
};

std::span<const StageRow> registry();
const StageRow* find_stage(std::string_view name);
std::vector<std::string> stage_names();

// The row's own command, or the one that all stages share: the stage over its frames, into a run folder.
Command command_of(const StageRow& row);

}  // namespace depthmill::pipeline
