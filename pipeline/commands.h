// The commands of the program: one row each. A new command is one file in pipeline/commands/ and one row; a
// stage brings its own (registry.h).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/options.h"

namespace depthmill::pipeline {

struct Command {
  std::string_view name;      // word after `depthmill`; may be two words ("baseline mean")
  std::string_view summary;   // one line in `depthmill --help`
  std::string_view text;      // what it does, for `depthmill NAME --help`
  std::string_view examples;  // command lines that work
  // Returns an ExitCode; throws ConfigError and std::runtime_error.
  std::function<int(const ParsedCommand&)> run;
};

std::span<const Command> commands();

// The command whose name `arguments` begin with, and how many words that took; nullptr and 0 without one.
std::pair<const Command*, std::size_t> find_command(const std::vector<std::string>& arguments);

// What `depthmill --help` says before its list of commands, and of exit codes.
std::string_view flow_text();
std::string_view exit_codes_text();

// Runs the program: finds the command, parses, runs, turns exceptions into sentences and exit codes.
int run_program(const std::vector<std::string>& arguments);

}  // namespace depthmill::pipeline
