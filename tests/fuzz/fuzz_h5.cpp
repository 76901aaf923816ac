// Any bytes as an HDF5 file: its listing, and every data set in it.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "stages/io/h5_file.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A file that lies in memory.
  static const int file = ::memfd_create("fuzz_h5", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto bytes = static_cast<ssize_t>(size);
  fuzz::require(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == bytes,
                "the input can be laid down");
  try {
    for (const io::DataSetInfo& info : io::list_h5(path, io::H5Layout::kRowMajor)) {
      try {
        const io::Array a = io::read_h5(path, info.name, io::H5Layout::kRowMajor);
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
