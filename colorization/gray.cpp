#include "gray.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace depthmill::colorization {
namespace {

// First row of the inverse of the NTSC matrix [1 .956 .621; 1 -.272 -.647; 1 -1.106 1.703].
constexpr double kRed = 0.29893602129377539, kGreen = 0.58704307445112136, kBlue = 0.11402090425510325;

template <class T>
double weighted(const T* p, double scale) {
  const double sum = kRed * (p[0] / scale) + kGreen * (p[1] / scale) + kBlue * (p[2] / scale);
  return std::min(std::max(sum, 0.0), 1.0);
}

void check(std::size_t samples, Index pixels) {
  if (samples != static_cast<std::size_t>(pixels) * 3)
    throw std::invalid_argument("rgb_to_gray: the image does not have rows * cols * 3 samples");
}

}  // namespace

void rgb_to_gray(std::span<const std::uint8_t> rgb, ImageSpan gray) {
  check(rgb.size(), gray.size());
  const std::uint8_t* p = rgb.data();
  for (Index i = 0; i < gray.rows(); ++i) {
    double* out = gray.data() + i * gray.outerStride();
    for (Index j = 0; j < gray.cols(); ++j, p += 3) out[j] = weighted(p, 255.0);
  }
}

Image rgb_to_gray(std::span<const std::uint8_t> rgb, Index rows, Index cols) {
  Image gray(rows, cols);
  rgb_to_gray(rgb, gray);
  return gray;
}

Image rgb_to_gray(std::span<const double> rgb, Index rows, Index cols) {
  check(rgb.size(), rows * cols);
  Image gray(rows, cols);
  for (Index p = 0; p < gray.size(); ++p) gray.data()[p] = weighted(rgb.data() + 3 * p, 1.0);
  return gray;
}

void rgb_to_gray8(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> gray) {
  check(rgb.size(), static_cast<Index>(gray.size()));
  for (std::size_t p = 0; p < gray.size(); ++p)
    gray[p] = static_cast<std::uint8_t>(std::floor(255.0 * weighted(rgb.data() + 3 * p, 255.0) + 0.5));
}

}  // namespace depthmill::colorization
