// Runs the built program as a user would: a process of its own, its exit code, what it printed.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
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

// Starts the program, sends it a signal as soon as `now` says so, and waits for its end. This process watches by
// itself: a shell's loop with its `sleep` loses the race against the last frame on a busy machine.
inline ProgramResult run_signalled(const std::string& arguments, int signal,
                                   const std::function<bool()>& now) {
  const auto said = std::filesystem::temp_directory_path() / ("depthmill.said." + std::to_string(::getpid()));
  const std::string line =
      "exec " + std::string(kProgram) + " " + arguments + " > " + said.string() + " 2>&1";
  const pid_t program = ::fork();
  if (program == 0) {
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  bool sent = false;
  while (::waitpid(program, &status, sent ? 0 : WNOHANG) != program) {
    if (!now()) {
      ::usleep(1000);
      continue;
    }
    ::kill(program, signal);
    sent = true;
  }
  ProgramResult result{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), file_text(said)};
  std::filesystem::remove(said);
  return result;
}

// Is the program built with a sanitizer, which takes many times the memory?
inline bool sanitised() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

// Relative path -> bytes of every file below a folder, less those whose path starts with one of `without`, and less the
// journal of a run folder, which tells what happened when.
inline std::map<std::string, std::string> folder_bytes(const std::filesystem::path& folder,
                                                       const std::vector<std::string>& without = {}) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(folder).string();
    bool skip = name == "journal";
    for (const auto& prefix : without) skip = skip || name.starts_with(prefix);
    if (!skip) files[name] = file_text(entry.path());
  }
  return files;
}

// Names of files that differ between two folders, or are in one of them alone; nobody wants to see their bytes.
inline std::vector<std::string> differing(const std::map<std::string, std::string>& a,
                                          const std::map<std::string, std::string>& b) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : a)
    if (!b.contains(name) || b.at(name) != bytes) names.push_back(name);
  for (const auto& [name, bytes] : b)
    if (!a.contains(name)) names.push_back(name);
  return names;
}

// Slow tests go over everything when this is set, over a part otherwise (CONTRIBUTING.md).
inline bool thorough() { return ::getenv("DEPTHMILL_THOROUGH") != nullptr; }

}  // namespace depthmill::test
