// Runs the built program as a user would: a process of its own, its exit code, what it printed.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tests/support/test_data.h"

namespace depthmill::test {

struct ProgramResult {
  int code = -1;       // exit code; 128 + signal when killed
  std::string output;  // stdout and stderr together
};

inline ProgramResult run_shell(const std::string& line) {
  ProgramResult result;
  std::FILE* pipe = ::popen(("{ " + line + " ; } 2>&1").c_str(), "r");
  if (!pipe) return result;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.output.append(buffer, n);
  const int status = ::pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

// `arguments` as on a shell line; paths in tests hold no white space.
inline ProgramResult run_depthmill(const std::string& arguments) {
  return run_shell(std::string(kProgram) + " " + arguments);
}

// Relative path -> bytes of every file below a folder, less those whose path starts with one of `without`.
inline std::map<std::string, std::string> folder_bytes(const std::filesystem::path& folder,
                                                       const std::vector<std::string>& without = {}) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(folder).string();
    bool skip = false;
    for (const auto& prefix : without) skip = skip || name.starts_with(prefix);
    if (!skip) files[name] = file_text(entry.path());
  }
  return files;
}

}  // namespace depthmill::test
