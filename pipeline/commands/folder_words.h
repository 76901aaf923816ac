// What the commands about a finished or running folder share.
#pragma once

#include <filesystem>

#include "pipeline/options.h"
#include "stages/run_folder/verify.h"

namespace depthmill::pipeline {

// --run. Throws ConfigError when it is missing or no folder.
std::filesystem::path named_run_folder(const ParsedCommand& parsed);

// What verify was told to look at.
run_folder::Verification verify_as_told(const ParsedCommand& parsed, const std::filesystem::path& run);

// How many of each fault, with an example each; one line a kind.
std::string findings_text(const run_folder::Verification& verification);

}  // namespace depthmill::pipeline
