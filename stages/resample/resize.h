// Resizing as the named reference does it, so that a network sees the pixels its training code saw:
//   opencv_*  cv::resize, called as it is: INTER_NEAREST, _LINEAR, _CUBIC (a = -0.75), _AREA, which alone
//             antialiases
//   pil_*     PIL.Image.resize: the kernel widens with the scale when shrinking; cubic a = -0.5. 8-bit images
//             go through 22-bit fixed point, rounded to 8 bits between the passes; widths first, as Pillow up
//             to 12.0, which the networks were made with (13.0 begins with what leaves less work)
//   torch_*   torch.nn.functional.interpolate: half-pixel centres, cubic a = -0.75;
//             *_corners: align_corners=True;
//             *_antialias: antialias=True (PIL's kernels in floating point, cubic a = -0.5)
//   exact_*   the same interpolations with places and weights in double, for depth maps under evaluation:
//             nearest takes source floor(i s), nearest_centre floor((i + 0.5) s); the bilinear ones are torch's three, bicubic is
//             OpenCV's (a = -0.75).
//             An input of weight zero is not touched, so a NaN there does not spread
#pragma once

#include <opencv2/core.hpp>

namespace depthmill {

enum class ResizeFilter {
  kOpencvNearest,
  kOpencvLinear,
  kOpencvCubic,
  kOpencvArea,
  kPilNearest,
  kPilBilinear,
  kPilBicubic,
  kPilLanczos,
  kTorchNearest,
  kTorchBilinear,
  kTorchBilinearCorners,
  kTorchBilinearAntialias,
  kTorchBicubic,
  kTorchBicubicCorners,
  kTorchBicubicAntialias,
  kExactNearest,
  kExactNearestCentre,
  kExactBilinear,
  kExactBilinearCorners,
  kExactBilinearAntialias,
  kExactBicubic,
};

// src CV_8U, CV_32F or CV_64F with 1 to 4 channels, at least 1 x 1; returns `size` (width x height) of the
// same type.
//  - CV_32F agrees with the reference to 1e-5 of the values' range; PIL's reference is mode "F" a channel.
//  - CV_8U: pil_* equals PIL (widths first) byte for byte, opencv_* equals cv::resize;
//    torch_* computes in float, rounds halves to even and clips, as torchvision does around interpolate.
// Non-finite values spread to every pixel whose kernel touches them. A copy when the size is the same
// (torch's and PIL's kernels are then the identity). Throws std::invalid_argument for other types and empty
// sizes. Single-threaded and safe from several threads; about 4 ms for 640x480x3 -> 686x518 with a cubic
// float kernel.
cv::Mat resample(const cv::Mat& src, cv::Size size, ResizeFilter filter);

}  // namespace depthmill
