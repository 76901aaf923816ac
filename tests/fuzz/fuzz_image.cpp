// Any bytes as a PNG or JPEG picture: the checks in front of OpenCV's decoders, and the decoders.
#include <opencv2/core/utils/logger.hpp>

#include "stages/io/image_file.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    const io::Array a = io::parse_image({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
  } catch (const FrameError&) {
  }
  return 0;
}
