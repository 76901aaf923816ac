// Any bytes as a NumPy array, and as planes of every kind.
#include "stages/io/npy.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const io::Array a = io::parse_npy({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
    const io::Array again = io::parse_npy(io::npy_bytes(a), "again");
    fuzz::require(again.bytes == a.bytes && again.shape == a.shape && again.element == a.element,
                  "written and read back, it is the same");
    for (auto kind :
         {io::PlaneKind::kRgb, io::PlaneKind::kDepth, io::PlaneKind::kCodes, io::PlaneKind::kAccel}) {
      try {
        io::to_plane(a, kind, 1000.0, "plane");
      } catch (const FrameError&) {
      }
    }
  } catch (const FrameError&) {
  }
  return 0;
}
