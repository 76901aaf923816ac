// One table of options. A row is a flag on the command line, a key in a configuration file, a line of --help
// and a line of the effective configuration in the run folder; nothing about an option is said anywhere else.
// The stages bring the rows of their own sections.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config.h"
#include "stages/io/ini.h"
#include "stages/io/key_table.h"

namespace depthmill::pipeline {

// Wrong usage or configuration: exit code 1. `what()` names the flag, or file, line and key.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OptionRow : io::Key<Config> {
  std::vector<std::string> commands;  // commands that take the flag; `run` takes every row
  // Values that a shell offers; none = the words of value_name.
  std::function<std::vector<std::string>()> offers = nullptr;
};

const std::vector<OptionRow>& option_table();

// The rows that `command` takes, in table order.
std::vector<const OptionRow*> rows_for(std::string_view command);

// Parses `arguments` (after the command's name): defaults, then the file of --config, then flags. `given`
// gets the flags that were set by either. Throws ConfigError; sets `help` when --help or -h stands among
// them.
// Every stage's defaults, with the folders of protocols and model cards that belong to this program.
Config default_config();

struct ParsedCommand {
  std::string command;                 // its name
  std::vector<std::string> arguments;  // behind it, as they were given
  Config config;
  std::map<std::string, std::string> given;  // flag -> value, from file or command line
  bool help = false;
  bool has(const std::string& flag) const { return given.contains(flag); }
};
ParsedCommand parse_command(std::string_view command, const std::vector<std::string>& arguments);

// An option of a command as it is told of: --help, --config where the command takes it, and its rows, in the order of
// --help. `value` is what its value is called; the help says what holds when it is not given.
struct OptionHelp {
  std::string flag, value, help;
  const OptionRow* row = nullptr;  // nullptr: --config, --help
};
std::vector<OptionHelp> options_of(std::string_view command);

// The options part of `depthmill COMMAND --help`.
std::string options_help(std::string_view command);

// INI text of the whole configuration, one [section] after the other, with the help sentences as comments.
// `before`: what an earlier run left in the same folder; the sections of `other_stages` are taken from it, so
// that each section says how its own stage was run last, and so are the inputs ([data]) of those stages
// alone.
std::string effective_ini(const Config& config);
std::string effective_ini(const Config& config, const io::IniFile& before,
                          const std::vector<std::string>& other_stages);

// The keys of a section that shape results: "fill.alpha" -> "1", in table order.
std::vector<std::pair<std::string, std::string>> shaping_values(const Config& config,
                                                                std::string_view section);

}  // namespace depthmill::pipeline
