// Any bytes as a PNG or JPEG picture: the checks in front of the decoders, and the decoders. What our PNG
// decoder makes of a file, OpenCV's makes of it too.
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "stages/io/image_file.h"
#include "stages/io/png.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

namespace {

void compare_with_opencv(const std::uint8_t* data, std::size_t size, const io::Array& ours) {
  const cv::Mat bytes(1, static_cast<int>(size), CV_8UC1, const_cast<std::uint8_t*>(data));
  cv::Mat theirs = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  if (theirs.empty()) return;  // libpng has opinions on what lies beside the pixels
  if (theirs.channels() == 3) cv::cvtColor(theirs, theirs, cv::COLOR_BGR2RGB);
  if (theirs.channels() == 4) cv::cvtColor(theirs, theirs, cv::COLOR_BGRA2RGBA);
  const io::Array a = io::to_array(theirs);
  fuzz::require(a.shape == ours.shape && a.element == ours.element && a.bytes == ours.bytes,
                "both decoders give the same picture");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    const io::Array a = io::parse_image({data, size}, "input");
    fuzz::require(a.bytes.size() == a.count() * io::element_size(a.element), "bytes agree with the shape");
    if (io::is_png({data, size}))
      if (const auto plain = io::decode_plain_png({data, size})) compare_with_opencv(data, size, *plain);
  } catch (const FrameError&) {
  }
  return 0;
}
