#include "pipeline/completion.h"

#include <algorithm>
#include <string_view>

#include "pipeline/commands.h"
#include "pipeline/options.h"

namespace depthmill::pipeline {
namespace {

// The words of "png|npy|mat": a value that is one of several. Names in capitals stand for any file or number.
std::vector<std::string> words_of(std::string_view value_name) {
  std::vector<std::string> words;
  if (value_name.find('|') == std::string_view::npos) return words;
  if (std::any_of(value_name.begin(), value_name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    return words;
  for (std::size_t from = 0; from <= value_name.size();) {
    const std::size_t to = std::min(value_name.find('|', from), value_name.size());
    words.emplace_back(value_name.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

std::vector<std::string> values_of(const OptionRow& row) {
  return row.offers ? row.offers() : words_of(row.value_name);
}

// Those of `candidates` that begin with `typed`, with `before` put in front.
std::vector<std::string> beginning(const std::vector<std::string>& candidates, const std::string& typed,
                                   const std::string& before = "") {
  std::vector<std::string> found;
  for (const std::string& candidate : candidates)
    if (candidate.starts_with(typed)) found.push_back(before + candidate);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<std::string> value_candidates(const OptionRow& row, const std::string& typed) {
  const std::size_t comma = row.list ? typed.rfind(',') : std::string::npos;
  const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
  return beginning(values_of(row), typed.substr(before.size()), before);
}

// What may follow the words of a command's name so far: `run`, or `mean` behind `baseline`.
std::vector<std::string> next_command_words(const std::vector<std::string>& before) {
  std::string typed;
  for (const std::string& word : before) typed += word + " ";
  std::vector<std::string> next;
  for (const Command& command : commands())
    if (command.name.starts_with(typed)) {
      const std::string_view rest = command.name.substr(typed.size());
      next.emplace_back(rest.substr(0, rest.find(' ')));
    }
  if (before.empty()) next.insert(next.end(), {"help", "--help", "--version"});
  return next;
}

}  // namespace

std::vector<std::string> complete(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::vector<std::string> before(words.begin(), words.end() - 1);
  const std::string& typed = words.back();
  if (!before.empty() && before.front() == "help") before.erase(before.begin());

  const auto [command, taken] = find_command(before);
  if (!command) return beginning(next_command_words(before), typed);

  const auto rows = rows_for(command->name);
  const auto row_of = [&](std::string_view flag) -> const OptionRow* {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const OptionRow* row) { return "--" + row->flag == flag; });
    return found == rows.end() ? nullptr : *found;
  };
  if (const auto equals = typed.find('='); typed.starts_with("--") && equals != std::string::npos) {
    const OptionRow* row = row_of(typed.substr(0, equals));
    if (!row) return {};
    auto found = value_candidates(*row, typed.substr(equals + 1));
    for (std::string& one : found) one = typed.substr(0, equals + 1) + one;
    return found;
  }
  if (typed.starts_with("-")) {
    std::vector<std::string> flags{"--help"};
    for (const OptionHelp& row : options_of(command->name)) flags.push_back("--" + row.flag);
    return beginning(flags, typed);
  }
  // The flag whose value is typed: the word before, or further back where a flag takes several.
  for (std::size_t i = before.size(); i > taken; --i) {
    const std::string& word = before[i - 1];
    if (!word.starts_with("--")) continue;
    const OptionRow* row = row_of(word);
    if (row && !row->value_name.empty() && (i == before.size() || row->list))
      return value_candidates(*row, typed);
    break;
  }
  return {};
}

std::string bash_completion() {
  return R"bash(# bash completion of depthmill: the program itself knows what may stand where. Where it offers nothing, files are.
_depthmill() {
  # '=' and ':' part words for bash, and not for the program: the line is taken apart at blanks. What bash took for the
  # word begins after the last of them, and so does what is offered.
  local line=${COMP_LINE:0:COMP_POINT} typed cut
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  typed=${words[${#words[@]}-1]}
  cut=${typed%"$2"}
  mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}
complete -o default -o bashdefault -F _depthmill depthmill
)bash";
}

}  // namespace depthmill::pipeline
