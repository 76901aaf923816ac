#include "stages/io/opencv_codec.h"

#include <string>

#include "stages/io/array.h"
#include "stages/module/module.h"

namespace depthmill::io {
namespace {

struct Decoder {
  OpencvDecodeFunction* function = nullptr;
  std::string why_not = "no lib/depthmill/codecs/opencv.so beside the program";
};

const Decoder& decoder() {
  static const Decoder found = [] {
    Decoder decoder;
    for (const auto& folder : module::folders("codecs")) {
      const module::Library library(folder / "opencv.so");
      decoder.function = library.function<OpencvDecodeFunction>(kOpencvDecodeName);
      if (decoder.function) break;
      decoder.why_not = library.loaded() ? (folder / "opencv.so").string() + " is no module of depthmill"
                                         : library.why_not();
    }
    return decoder;
  }();
  return found;
}

}  // namespace

cv::Mat decode_with_opencv(std::span<const std::uint8_t> bytes, DecodeAs as, std::string_view label,
                           std::string_view damaged) {
  if (!decoder().function)
    fail(FailureReason::kUnreadable, label,
         "needs OpenCV's decoders, which are not there: " + decoder().why_not);
  const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
  cv::Mat picture;
  try {
    decoder().function(buffer, as, picture);
  } catch (const cv::Exception& e) {
    fail(FailureReason::kUnreadable, label, "cannot be decoded: " + e.err);
  }
  if (picture.empty()) fail(FailureReason::kUnreadable, label, std::string(damaged));
  return picture;
}

}  // namespace depthmill::io
