// Any bytes as an accelerometer record.
#include "stages/io/accel_dump.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto record = io::parse_accel_dump({data, size}, "input");
    fuzz::require(size == 12, "a record has twelve bytes");
    const auto again = io::accel_dump_bytes(record);
    for (std::size_t i = 0; i < 12; ++i)
      fuzz::require(i == 7 || again[i] == data[i], "written again, it is the same but for the padding");
  } catch (const FrameError&) {
    fuzz::require(size != 12, "every twelve bytes are a record");
  }
  return 0;
}
