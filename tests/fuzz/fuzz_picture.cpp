// Any bytes as a TIFF, BMP or WebP.
#include "stages/io/picture_file.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const io::Array a = io::parse_picture({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
  } catch (const FrameError&) {
  }
  return 0;
}
