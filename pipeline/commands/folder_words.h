// What the commands about a finished or running folder share.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "pipeline/options.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {

// --run. Throws ConfigError when it is missing or no folder.
std::filesystem::path named_run_folder(const ParsedCommand& parsed);

// The run folder, and those of its parts that have begun (--shard).
std::vector<std::filesystem::path> folders_of(const std::filesystem::path& run);

// What verify was told to look at, in all of them.
run_folder::Verification verify_as_told(const ParsedCommand& parsed, const std::filesystem::path& run);

// Gives the command of a call on record again, where it was given; what is done stays. `run`: the folder whose record it
// is, which may have been moved. `change`: what is told otherwise. Throws as the command, and ConfigError when its
// working folder is gone.
int repeat_call(const run_folder::Call& call, const std::filesystem::path& run,
                const std::function<void(Config&)>& change);

// A line each, and how many there are of each fault.
void print_findings(const run_folder::Verification& verification);

}  // namespace depthmill::pipeline
