// Any bytes as PGM or PPM in both byte orders; what is read can be written and read back.
#include "stages/base/adapt.h"
#include "stages/io/pnm.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (auto order : {io::ByteOrder::kHighFirst, io::ByteOrder::kLowFirst}) {
    try {
      io::Array a = io::parse_pnm({data, size}, order, "input");
      fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
      fuzz::require(a.bytes.size() < size, "no sample is invented");
      if (a.element == io::Element::kU16 && a.shape.size() == 3) continue;  // never written
      const int type = a.element == io::Element::kU16 ? CV_16UC1 : a.shape.size() == 3 ? CV_8UC3 : CV_8UC1;
      const cv::Mat m(static_cast<int>(a.shape[0]), static_cast<int>(a.shape[1]), type, a.bytes.data());
      const auto again = io::parse_pnm(io::pnm_bytes(m, order), order, "again");
      fuzz::require(again.bytes == a.bytes && again.shape == a.shape,
                    "written and read back, it is the same");
    } catch (const FrameError&) {
    }
  }
  return 0;
}
