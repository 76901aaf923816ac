// Any text as a list of frames; what is read has lines in order, and words in each.
#include <stdexcept>

#include "stages/data/list_text.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::size_t before = 0;
    for (const auto& line : data::parse_list(fuzz::text(data, size), "input.txt")) {
      fuzz::require(line.number > before, "lines come in order");
      fuzz::require(!line.words.empty(), "every line has a word");
      before = line.number;
    }
  } catch (const std::runtime_error&) {
  }
  return 0;
}
