// OpenCV's decoders, for pictures that this room does not read itself: TIFF, BMP, WebP, the rare kinds of PNG and JPEG.
// They lie in a module, lib/depthmill/codecs/opencv.so, which the first such picture loads: Debian's libopencv_imgcodecs
// brings GDAL, and with it 110 libraries, 60 ms and 40 MB.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string_view>

namespace depthmill::io {

enum class DecodeAs {
  kStored,  // cv::IMREAD_UNCHANGED: every channel and bit, in OpenCV's order (BGR, BGRA)
  kColour,  // CV_8UC3 in BGR; a mark of orientation is left alone
};

// Throws FrameError naming `label`, kUnreadable: OpenCV makes no picture of the bytes (the sentence goes on with
// `damaged`), or the module is not there. The caller has held the size against the bytes there are.
cv::Mat decode_with_opencv(std::span<const std::uint8_t> bytes, DecodeAs as, std::string_view label,
                           std::string_view damaged);

// The module's function, of this name and with C linkage. Empty where there is no picture; throws cv::Exception.
using OpencvDecodeFunction = void(const cv::Mat& bytes, DecodeAs as, cv::Mat& picture);
inline constexpr const char* kOpencvDecodeName = "depthmill_decode_with_opencv";

}  // namespace depthmill::io
