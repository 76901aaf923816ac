// The stages in the order in which data flows through them: the main flow of the program on one screen.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/protocol.h"
#include "pipeline/config.h"
#include "stages/base/stage.h"

namespace depthmill::pipeline {

struct StageRow {
  std::string_view name;
  std::unique_ptr<Stage> (*make)(const Config&);  // nullptr: works on the finished run folder, not on frames
  // Protocols under which it scores frames; nullptr: it scores none.
  std::vector<metrics::Protocol> (*protocols)(const Config&) = nullptr;
};

std::span<const StageRow> registry();
const StageRow* find_stage(std::string_view name);
std::vector<std::string> stage_names();

}  // namespace depthmill::pipeline
