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

// A line each, and how many there are of each fault.
void print_findings(const run_folder::Verification& verification);

}  // namespace depthmill::pipeline
