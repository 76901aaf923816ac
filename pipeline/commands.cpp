#include "pipeline/commands.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "pipeline/commands/all.h"
#include "pipeline/completion.h"
#include "pipeline/interrupt.h"
#include "pipeline/manual.h"
#include "pipeline/messages.h"
#include "pipeline/program.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "pipeline/threads.h"
#include "pipeline/version.h"
#include "stages/io/array.h"
#include "stages/io/suggest.h"
#include "stages/run_folder/ledger.h"

namespace depthmill::pipeline {
namespace {

std::vector<Command> make_commands() {
  std::vector<Command> commands{command_run(), command_sample()};
  for (const StageRow& row : registry()) commands.push_back(command_of(row));
  for (Command (*make)() :
       {command_baseline_mean, command_train, command_export, command_stats, command_score_fill,
        command_calibrate, command_fingerprint, command_bench_infer, command_info, command_status,
        command_verify, command_repair, command_merge, command_shards})
    commands.push_back(make());
  return commands;
}

std::string program_help() {
  std::string text = "depthmill " DEPTHMILL_VERSION ": monocular-depth research in one program\n\n" +
                     std::string(flow_text()) + "\nUsage: depthmill COMMAND [options]\n\nCommands:\n";
  for (const Command& command : commands()) {
    std::string line = "  " + std::string(command.name);
    line.resize(std::max<std::size_t>(18, line.size() + 1), ' ');
    text += line + std::string(command.summary) + "\n";
  }
  return text + "\n'depthmill COMMAND --help' says what a command does, with examples. " +
         std::string(exit_codes_text());
}

std::string command_help(const Command& command) {
  return "Usage: depthmill " + std::string(command.name) + " [options]\n\n" + std::string(command.text) +
         "\n\n" + options_help(command.name) + "\nExamples:\n" + std::string(command.examples);
}

int usage_error(const std::string& sentence) {
  print_error(sentence);
  return kExitUsage;
}

int run_words(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::fputs(program_help().c_str(), stderr);
    return kExitUsage;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    if (arguments.size() > 1) {
      const auto [command, words] = find_command({arguments.begin() + 1, arguments.end()});
      if (command) return std::fputs(command_help(*command).c_str(), stdout), kExitOk;
    }
    std::fputs(program_help().c_str(), stdout);
    return kExitOk;
  }
  if (arguments[0] == "--version") {
    std::puts(program_name().c_str());
    return kExitOk;
  }
  // The two that packages and shells ask for, in no help.
  if (arguments[0] == "--complete") {
    for (const std::string& one : complete({arguments.begin() + 1, arguments.end()})) std::puts(one.c_str());
    return kExitOk;
  }
  if (arguments[0] == "--manual" && arguments.size() == 2) {
    write_manual(arguments[1]);
    return kExitOk;
  }
  const auto [command, words] = find_command(arguments);
  if (!command) {
    std::vector<std::string> names;
    for (const Command& known : commands()) names.emplace_back(known.name);
    return usage_error("there is no command '" + arguments[0] + "'" + io::did_you_mean(arguments[0], names) +
                       " ('depthmill --help' lists the commands)");
  }
  const ParsedCommand parsed =
      parse_command(command->name, {arguments.begin() + static_cast<std::ptrdiff_t>(words), arguments.end()});
  if (parsed.help) return std::fputs(command_help(*command).c_str(), stdout), kExitOk;
  if (const std::string problem = stack_problem(); !problem.empty()) return usage_error(problem);
  io::set_max_pixels(static_cast<std::size_t>(parsed.config.data.max_pixels));
  install_interrupt_handler();
  return command->run(parsed);
}

int run_guarded(const std::vector<std::string>& arguments) {
  try {
    return run_words(arguments);
  } catch (const ConfigError& e) {
    return usage_error(e.what());
  } catch (const run_folder::BusyError& e) {
    print_error(e.what());
    return kExitBusy;
  } catch (const std::bad_alloc&) {
    // Without a string, for which there may be no memory.
    std::fputs("depthmill: out of memory; fewer --threads or a smaller --batch need less\n", stderr);
    return kExitStopped;
  } catch (const std::exception& e) {
    print_error(e.what());
    return kExitStopped;
  }
}

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

std::pair<const Command*, std::size_t> find_command(const std::vector<std::string>& arguments) {
  for (const Command& command : commands()) {
    if (!arguments.empty() && arguments[0] == command.name) return {&command, 1};
    if (arguments.size() > 1 && arguments[0] + " " + arguments[1] == command.name) return {&command, 2};
  }
  return {nullptr, 0};
}

std::string_view flow_text() {
  return R"(  scene folder -> synchronised frames -> registered RGB-D -> filled depth -> predictions
  -> metrics -> tables
)";
}

std::string_view exit_codes_text() {
  return R"(Exit codes: 0 all good, 1 wrong
usage or configuration, 2 finished but some frames failed (reasons in manifest.csv), 3 the run itself
stopped, 4 another process works on the run folder, 5 stopped by SIGTERM or SIGUSR1: the same command
goes on.
)";
}

int run_program(const std::vector<std::string>& arguments) {
  const int code = run_guarded(arguments);
  return !flush_stdout() && code == kExitOk ? kExitStopped : code;
}

}  // namespace depthmill::pipeline
