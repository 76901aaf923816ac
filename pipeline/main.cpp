#include <signal.h>

#include <string>
#include <vector>

#include "pipeline/commands.h"

int main(int argc, char** argv) {
  ::signal(SIGXFSZ,
           SIG_IGN);  // a limit on sizes of files is told by the write that meets it, like a full disk
  return depthmill::pipeline::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
