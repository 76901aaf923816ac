// Removes a lens from an image (toolbox `undistort`, `undistort_depth`): for every pixel of the ideal image,
// where the lens put it, and a bilinear mix of the four pixels there.
//
//   UndistortMap lens(kRows, kCols, kCameraParams.rgb);   // once: about 12 MB and 20 ms
//   lens.undistort_rgb(raw, rgb);                         // a frame: no allocation
//
// Images are row-major spans of rows * cols pixels; another size throws std::invalid_argument. Input and
// output must not overlap. All members are const and may run in several threads at once; results do not
// depend on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stages/nyu/camera_params.h"

namespace depthmill::nyu {

class UndistortMap {
 public:
  // The image size and the lens; the output has the same size and the same fx, fy, cx, cy. Sizes below 2
  // throw std::invalid_argument.
  UndistortMap(int rows, int cols, const Intrinsics& camera);

  int rows() const { return rows_; }
  int cols() const { return cols_; }

  // The four source pixels of one output pixel: `offset` is the upper left one's index, the others are one
  // column right and one row down. ax, ay in [0, 1) are the shares of the right and the lower ones. A pixel
  // whose place is outside the source has offset kOutside. (The source's last row and column serve as lower
  // and right pixels only.)
  struct Tap {
    double ax, ay;
    std::int32_t offset;
  };
  static constexpr std::int32_t kOutside = -1;
  Tap tap(std::size_t pixel) const { return taps_[pixel]; }

  // `undistort` of one channel; pixels seen outside the source are 255.
  void undistort(std::span<const double> image, std::span<double> out) const;

  // `uint8(undistort(...))` of three interleaved channels: rounded half away from zero, outside is white.
  void undistort_rgb(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const;

  // `undistort(255 * mask) > 0`: 1 where any of the four pixels with a share is set or the place is outside,
  // else 0.
  void undistort_mask(std::span<const std::uint8_t> mask, std::span<std::uint8_t> out) const;

  // `undistort_depth`: source pixels with noise != 0 get no share and the others' shares are scaled to sum
  // to 1; where nothing is left, and outside, the result is 0. NaN in the image is not handled.
  void undistort_depth(std::span<const double> image, std::span<const std::uint8_t> noise,
                       std::span<double> out) const;
  void undistort_depth(std::span<const std::uint16_t> image, std::span<const std::uint8_t> noise,
                       std::span<double> out) const;

 private:
  void check(std::size_t in, std::size_t out, std::size_t channels, const char* who) const;
  template <class T>
  void undistort_depth_of(std::span<const T> image, std::span<const std::uint8_t> noise,
                          std::span<double> out) const;

  void undistort_rgb_pixel(const std::uint8_t* image, std::size_t pixel, std::uint8_t* to) const;

  // Tap for bytes: the shares in units of 2^-15, upper left, upper right, lower left, lower right, which sum to 2^15.
  // `offset` as in Tap, or kExact where these do not do.
  struct ByteTap {
    std::int16_t shares[4];
    std::int32_t offset;
  };
  static constexpr std::int32_t kExact = -2;
  // Tap for masks: 4 offset + 2 (a lower share) + 1 (a right one); kOutside.
  int rows_, cols_;
  std::vector<Tap> taps_;
  std::vector<ByteTap> byte_taps_;
  std::vector<std::int32_t> mask_taps_;
};

}  // namespace depthmill::nyu
