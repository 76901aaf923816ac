// Any bytes as a MATLAB file: its listing, and every variable in it.
#include "stages/io/mat_file.h"
#include "tests/fuzz/file_in_memory.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::FileInMemory file("fuzz_mat");
  file.hold(data, size);
  try {
    for (const io::DataSetInfo& info : io::list_mat(file.path())) {
      try {
        const io::Array a = io::read_mat(file.path(), info.name);
        fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element),
                      "bytes agree with the shape");
      } catch (const FrameError&) {
      }
    }
  } catch (const FrameError&) {
  }
  return 0;
}
