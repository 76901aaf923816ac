#include "stages/io/opencv_codec.h"

#include <string>

#include "stages/io/array.h"
#include "stages/io/codec_module.h"

namespace depthmill::io {

cv::Mat decode_with_opencv(std::span<const std::uint8_t> bytes, DecodeAs as, std::string_view label,
                           std::string_view damaged) {
  static const CodecModule<OpencvDecodeFunction> opencv("opencv.so", kOpencvDecodeName);
  if (!opencv.decode)
    fail(FailureReason::kUnreadable, label,
         "needs OpenCV's decoders, which are not there: " + opencv.why_not);
  const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
  cv::Mat picture;
  try {
    opencv.decode(buffer, as, picture);
  } catch (const cv::Exception& e) {
    fail(FailureReason::kUnreadable, label, "cannot be decoded: " + e.err);
  }
  if (picture.empty()) fail(FailureReason::kUnreadable, label, std::string(damaged));
  return picture;
}

}  // namespace depthmill::io
