// The man pages, made of the tables that --help is made of.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/commands.h"

namespace depthmill::pipeline {

// Pages of section 1 in the macros of man(7), clean under `mandoc -T lint`: one of the program, one of each command.
// Defaults that lie in this machine's configs folder are given relative to where the program is installed.
std::string program_page();
std::string command_page(const Command& command);

// "depthmill-baseline-mean": what the page of a command is called.
std::string page_name(const Command& command);

// Writes man/man1/*.1 and bash-completion/completions/depthmill below `folder`, which is made: a share/ to install.
// Throws std::runtime_error naming the file.
void write_manual(const std::filesystem::path& folder);

}  // namespace depthmill::pipeline
