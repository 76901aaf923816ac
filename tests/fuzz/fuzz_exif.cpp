// Any bytes as the beginning of a JPEG.
#include "stages/io/exif.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int orientation = io::exif_orientation(std::span(data, size));
  fuzz::require(orientation >= 1 && orientation <= 8, "one of the eight");
  return 0;
}
