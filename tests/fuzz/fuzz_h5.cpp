// Any bytes as an HDF5 file: its listing, and every data set in it.
#include "stages/io/h5_file.h"
#include "tests/fuzz/file_in_memory.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::FileInMemory file("fuzz_h5");
  file.hold(data, size);
  try {
    for (const io::DataSetInfo& info : io::list_h5(file.path(), io::H5Layout::kRowMajor)) {
      try {
        const io::Array a = io::read_h5(file.path(), info.name, io::H5Layout::kRowMajor);
        fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element),
                      "bytes agree with the shape");
        fuzz::require(a.shape == info.shape, "a data set has the shape that the listing tells");
      } catch (const FrameError&) {
      }
    }
  } catch (const FrameError&) {
  }
  return 0;
}
