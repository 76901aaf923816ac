// Any bytes as a GIF.
#include "stages/io/gif.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const io::Array a = io::parse_gif({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
  } catch (const FrameError&) {
  }
  return 0;
}
