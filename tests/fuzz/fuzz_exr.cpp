// Any bytes as an OpenEXR file.
#include "stages/io/exr.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  io::set_max_pixels(std::size_t{1} << 16);
  for (const PlaneKind kind : {PlaneKind::kDepth, PlaneKind::kRgb}) try {
      const io::Array a = io::parse_exr({data, size}, kind, "", "input");
      fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
    } catch (const FrameError&) {
    }
  io::exr_looks_like_depth({data, size});
  return 0;
}
