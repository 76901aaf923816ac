// The module behind opencv_codec.h, which alone links OpenCV's imgcodecs.
#include <opencv2/imgcodecs.hpp>

#include "stages/io/opencv_codec.h"

extern "C" __attribute__((visibility("default"))) void depthmill_decode_with_opencv(
    const cv::Mat& bytes, depthmill::io::DecodeAs as, cv::Mat& picture) {
  const bool stored = as == depthmill::io::DecodeAs::kStored;
  picture =
      cv::imdecode(bytes, stored ? cv::IMREAD_UNCHANGED : cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
}
