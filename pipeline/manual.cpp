#include "pipeline/manual.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/commit.h"
#include "pipeline/completion.h"
#include "pipeline/configs_folder.h"
#include "pipeline/version.h"
#include "stages/io/atomic_file.h"

namespace depthmill::pipeline {
namespace {

// Text as troff takes it: what is typed stays what is read, hyphens too, so that a command line can be copied.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool line_begins = out.empty() || out.back() == '\n';
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

// Lines kept as they are: examples and tables.
std::string as_it_is(const std::string& lines) { return ".nf\n" + escaped(lines) + ".fi\n"; }

// Paragraphs of a help text: an empty line parts them, and one with indented lines keeps its lines.
std::string paragraphs(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string out, block;
  bool indented = false;
  const auto end_block = [&] {
    if (block.empty()) return;
    out += (out.empty() ? "" : ".PP\n") + (indented ? as_it_is(block) : escaped(block));
    block.clear();
    indented = false;
  };
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) {
      end_block();
      continue;
    }
    indented = indented || line.front() == ' ';
    block += line + "\n";
  }
  end_block();
  return out;
}

std::string heading(const std::string& page) {
  return ".\\\" Made by the program from its table of options; do not edit.\n.TH \"" + escaped(page) +
         "\" 1 " DEPTHMILL_COMMIT_DATE " \"depthmill " DEPTHMILL_VERSION "\" \"User Commands\"\n";
}

std::string option(const std::string& flag, const std::string& value, const std::string& help) {
  std::string name = "\\fB\\-\\-" + escaped(flag) + "\\fR";
  if (!value.empty()) name += " \\fI" + escaped(value) + "\\fR";
  return ".TP\n" + name + "\n" + escaped(help) + "\n";
}

std::string see_also(const std::vector<std::string>& pages) {
  std::string text = ".SH SEE ALSO\n";
  for (std::size_t i = 0; i < pages.size(); ++i)
    text += ".BR " + escaped(pages[i]) + " (1)" + (i + 1 < pages.size() ? " ,\n" : "\n");
  return text;
}

}  // namespace

std::string page_name(const Command& command) {
  std::string name = "depthmill-" + std::string(command.name);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string command_page(const Command& command) {
  const std::string page = page_name(command);
  std::string text = heading(page);
  text += ".SH NAME\n" + escaped(page) + " \\- " + escaped(command.summary) + "\n";
  text += ".SH SYNOPSIS\n.B depthmill " + escaped(command.name) + "\n" + "[options]\n";
  text += ".SH DESCRIPTION\n" + paragraphs(command.text);
  text += ".SH OPTIONS\n";
  const std::string here = configs_folder().string();
  for (OptionHelp& row : options_of(command.name)) {
    if (const auto at = row.help.find(here); at != std::string::npos)
      row.help.replace(at, here.size(), "share/depthmill/configs");
    text += option(row.flag, row.value, row.help);
  }
  text += ".SH EXAMPLES\n" + as_it_is(std::string(command.examples));
  return text + see_also({"depthmill"});
}

std::string program_page() {
  std::string text = heading("depthmill");
  text += ".SH NAME\ndepthmill \\- monocular\\-depth research in one program\n";
  text += ".SH SYNOPSIS\n.B depthmill\n.I COMMAND\n[options]\n";
  text += ".SH DESCRIPTION\n" + paragraphs(flow_text());
  text += ".SH COMMANDS\n";
  std::vector<std::string> pages;
  for (const Command& command : commands()) {
    text += ".TP\n\\fB" + escaped(command.name) + "\\fR\n" + escaped(command.summary) + "\n";
    pages.push_back(page_name(command));
  }
  text += ".SH EXIT STATUS\n" + paragraphs(exit_codes_text());
  text += ".SH ENVIRONMENT\n";
  for (const auto& [name, means] :
       {std::pair{"DEPTHMILL_CONFIGS",
                  "the folder of protocols and model cards, in place of the one beside "
                  "the program"},
        std::pair{"DEPTHMILL_ENGINES", "the folder of the engines, in place of the one beside the program"},
        std::pair{"DEPTHMILL_LIBTORCH",
                  "the LibTorch to run networks with: a folder with lib/libtorch.so, such "
                  "as the torch package of a Python environment"}})
    text += ".TP\n.B " + escaped(name) + "\n" + escaped(means) + "\n";
  return text + see_also(pages);
}

void write_manual(const std::filesystem::path& folder) {
  const auto man = folder / "man/man1", completions = folder / "bash-completion/completions";
  io::write_whole_file(man / "depthmill.1", program_page());
  for (const Command& command : commands())
    io::write_whole_file(man / (page_name(command) + ".1"), command_page(command));
  io::write_whole_file(completions / "depthmill", bash_completion());
}

}  // namespace depthmill::pipeline
