#include <string>
#include <vector>

#include "pipeline/commands.h"

int main(int argc, char** argv) {
  return depthmill::pipeline::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
