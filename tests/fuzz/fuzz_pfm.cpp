// Any bytes as a portable float map.
#include "stages/io/pfm.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    io::Array a = io::parse_pfm({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * 4 && a.bytes.size() < size, "bytes agree with the shape");
    if (a.shape.size() == 3) return 0;
    const cv::Mat m(static_cast<int>(a.shape[0]), static_cast<int>(a.shape[1]), CV_32FC1, a.bytes.data());
    fuzz::require(io::parse_pfm(io::pfm_bytes(m), "again").bytes == a.bytes,
                  "written and read back, it is the same");
  } catch (const FrameError&) {
  }
  return 0;
}
