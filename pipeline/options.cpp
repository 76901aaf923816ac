#include "pipeline/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <functional>
#include <sstream>

#include "pipeline/configs_folder.h"
#include "pipeline/registry.h"
#include "stages/io/ini.h"
#include "stages/io/suggest.h"

namespace depthmill::pipeline {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kHelpWidth = 100;

// Does the command read a kind of file of its own by --config, instead of options?
bool has_own_config(std::string_view command) {
  const auto rows = rows_for(command);
  return std::any_of(rows.begin(), rows.end(), [](const OptionRow* row) { return row->flag == "config"; });
}

// A switch takes its yes or no from the word behind it, but nothing else: `verify --quiet RUN`.
std::vector<std::string> with_plain_switches(std::string_view command, std::vector<std::string> arguments) {
  for (const OptionRow* row : rows_for(command)) {
    if (!row->value_name.empty()) continue;
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
      if (arguments[i] != "--" + row->flag) continue;
      try {
        bool value = false;
        io::read_value(arguments[i + 1], value);
      } catch (const std::invalid_argument&) {
        arguments[i] += "=yes";
      }
    }
  }
  return arguments;
}

// Commands about a run folder take it as a bare word too.
bool takes_run_folder(std::string_view command) {
  const auto rows = rows_for(command);
  return std::any_of(rows.begin(), rows.end(),
                     [](const OptionRow* row) { return row->section == "check" && row->name == "run"; });
}

// The sentence of a row, and what holds when the flag is not given.
std::string help_of(const OptionRow& row, const Config& defaults) {
  const std::string value = row.write(defaults);
  return value.empty() ? row.help : row.help + " (default: " + value + ")";
}

po::options_description describe(std::string_view command) {
  po::options_description description("Options", kHelpWidth, kHelpWidth / 2);
  auto add = description.add_options();
  for (const OptionHelp& option : options_of(command)) {
    const char* help = option.help.c_str();
    if (option.flag == "help")
      add("help,h", help);
    else if (!option.row || (!option.row->list && !option.row->value_name.empty()))
      add(option.flag.c_str(), po::value<std::string>()->value_name(option.value), help);
    else if (option.row->list)
      add(option.flag.c_str(),
          po::value<std::vector<std::string>>()->multitoken()->composing()->value_name(option.value), help);
    else
      add(option.flag.c_str(), po::value<std::string>()->implicit_value("true")->value_name(option.value),
          help);
  }
  return description;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ",") + value;
  return text;
}

// The keys of a configuration file; flags given on the command line override them later.
void apply_file(const std::filesystem::path& file, ParsedCommand& parsed) {
  try {
    const io::IniFile ini = io::IniFile::read(file);
    io::read_keys(ini, option_table(), parsed.config);
    for (const OptionRow& row : option_table())
      if (const io::IniEntry* entry = ini.find(row.section, row.name)) parsed.given[row.flag] = entry->value;
  } catch (const std::runtime_error& e) {
    throw ConfigError(e.what());
  }
}

}  // namespace

Config default_config() {
  Config config;
  const std::filesystem::path configs = configs_folder();
  config.evaluate.protocol_folder = configs / "protocols";
  config.infer.models_folder = (configs / "models").string();
  return config;
}

std::vector<const OptionRow*> rows_for(std::string_view command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table())
    if (std::find(row.commands.begin(), row.commands.end(), command) != row.commands.end())
      rows.push_back(&row);
  return rows;
}

std::vector<OptionHelp> options_of(std::string_view command) {
  const Config defaults = default_config();
  std::vector<OptionHelp> options;
  if (!has_own_config(command))
    options.push_back({"config", "FILE.ini", "read options from this file first; flags override it"});
  for (const OptionRow* row : rows_for(command))
    options.push_back(
        {row->flag, row->value_name.empty() ? "yes|no" : row->value_name, help_of(*row, defaults), row});
  options.push_back({"help", "", "say what the command does and list its options"});
  return options;
}

ParsedCommand parse_command(std::string_view command, const std::vector<std::string>& arguments) {
  ParsedCommand parsed;
  parsed.command = command;
  parsed.arguments = arguments;
  parsed.config = default_config();
  const po::options_description description = describe(command);
  po::variables_map values;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::positional_options_description bare_words;
    if (takes_run_folder(command)) bare_words.add("run", 1);
    po::store(po::command_line_parser(with_plain_switches(command, arguments))
                  .options(description)
                  .style(style)
                  .positional(bare_words)
                  .run(),
              values);
  } catch (const po::unknown_option& e) {
    std::string word = e.get_option_name();
    word.erase(0, word.find_first_not_of('-'));
    std::vector<std::string> flags{"--config", "--help"};
    for (const OptionRow* row : rows_for(command)) flags.push_back("--" + row->flag);
    throw ConfigError("unknown option '" + e.get_option_name() + "' for 'depthmill " + std::string(command) +
                      "'" + io::did_you_mean("--" + word, flags));
  } catch (const po::too_many_positional_options_error&) {
    throw ConfigError("'depthmill " + std::string(command) +
                      "' takes options only, no bare words; see 'depthmill " + std::string(command) +
                      " --help'");
  } catch (const po::error& e) {
    throw ConfigError(std::string(e.what()) + "; see 'depthmill " + std::string(command) + " --help'");
  }
  if (values.contains("help")) {
    parsed.help = true;
    return parsed;
  }

  std::map<std::string, std::string> flags;
  for (const OptionRow* row : rows_for(command)) {
    if (!values.contains(row->flag)) continue;
    flags[row->flag] = row->list ? joined(values[row->flag].as<std::vector<std::string>>())
                                 : values[row->flag].as<std::string>();
  }
  if (values.contains("config") && !has_own_config(command))
    apply_file(values["config"].as<std::string>(), parsed);
  for (const OptionRow* row : rows_for(command))
    if (auto it = flags.find(row->flag); it != flags.end()) {
      try {
        row->set(parsed.config, it->second);
      } catch (const std::invalid_argument& e) {
        throw ConfigError("--" + row->flag + ": " + e.what());
      }
      parsed.given[row->flag] = it->second;
    }
  // Whoever names a scale means it.
  if (parsed.has("depth-scale")) parsed.config.evaluate.check_units = false;
  return parsed;
}

std::string options_help(std::string_view command) {
  std::ostringstream text;
  text << describe(command);
  return text.str();
}

namespace {

std::string settings_text(const std::function<std::string(const OptionRow&)>& value) {
  std::vector<std::pair<const io::KeyFacts*, std::string>> values;
  for (const OptionRow& row : option_table()) values.emplace_back(&row, value(row));
  return "# depthmill: the configuration in effect, defaults included\n\n" + io::ini_text(values, "\n", true);
}

}  // namespace

std::string effective_ini(const Config& config) {
  return settings_text([&](const OptionRow& row) { return row.write(config); });
}

std::string effective_ini(const Config& config, const io::IniFile& before,
                          const std::vector<std::string>& other_stages) {
  const auto other = [&](const std::string& name) {
    return std::find(other_stages.begin(), other_stages.end(), name) != other_stages.end();
  };
  const std::vector<std::string> stages = stage_names();
  return settings_text([&](const OptionRow& row) {
    // What evaluate was told of its predictions stands after an infer into the same folder, which takes no such flag.
    bool takes = false, others_take = false;
    for (const std::string& command : row.commands)
      if (std::find(stages.begin(), stages.end(), command) != stages.end())
        (other(command) ? others_take : takes) = true;
    const bool theirs = other(row.section) || (row.section == "data" && others_take && !takes);
    const io::IniEntry* entry = theirs ? before.find(row.section, row.name) : nullptr;
    return entry ? entry->value : row.write(config);
  });
}

std::vector<std::pair<std::string, std::string>> shaping_values(const Config& config,
                                                                std::string_view section) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const OptionRow& row : option_table())
    if (row.shapes_results && row.section == section)
      values.emplace_back(row.section + "." + row.name, row.write(config));
  return values;
}

}  // namespace depthmill::pipeline
