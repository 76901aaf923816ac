// What a run puts on record in its folder about itself: contents, settings, the call.
#pragma once

#include "pipeline/options.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/run_folder.h"

namespace depthmill::pipeline {

// The stage that makes files besides planes; nullptr: none does.
const Stage* maker_of_files(const std::vector<std::unique_ptr<Stage>>& stages);

// What the run is going to put into its folder, with the settings that shape it.
run_folder::Contents contents_of(const ParsedCommand& parsed, const StageRun& run);

// The command with its options, word by word; as it goes on record, with the part by its number.
std::vector<std::string> command_words(const ParsedCommand& parsed);
std::vector<std::string> recorded_words(const ParsedCommand& parsed);

// The call as the folder will remember it. Settings of stages that are not in this run stay as they were.
run_folder::Call call_of(const ParsedCommand& parsed, const run_folder::RunFolder& folder,
                         const StageRun& run);

}  // namespace depthmill::pipeline
