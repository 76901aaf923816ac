// Any text as scenes with their parts; what is read has scenes by name, without blanks.
#include <stdexcept>
#include <string>

#include "stages/pack/split.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    for (const auto& [scene, part] : pack::parse_split(std::string(fuzz::text(data, size)), "split.txt"))
      fuzz::require(!scene.empty() && scene.find_first_of(" \t\n#") != 0, "a scene has a name");
  } catch (const std::runtime_error&) {
  }
  return 0;
}
