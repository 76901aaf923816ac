#include "pipeline/messages.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "stages/base/quote.h"

namespace depthmill::pipeline {

void print_line(const std::string& line) { std::fprintf(stderr, "%s\n", printable(line).c_str()); }

void print_error(const std::string& sentence) { print_line("depthmill: " + sentence); }

bool flush_stdout() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  print_error(std::string("the standard output cannot be written: ") +
              (errno != 0 ? std::strerror(errno) : "some of it is lost"));
  return false;
}

}  // namespace depthmill::pipeline
