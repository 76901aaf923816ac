// Removes a lens from an image (toolbox `undistort`, `undistort_depth`): for every pixel of the ideal image,
// where the lens put it, and a bilinear mix of the four pixels there.
//
//   UndistortMap lens(kRows, kCols, kCameraParams.rgb);   // once: about 12 MB and 20 ms
//   lens.undistort_rgb(raw, rgb);                         // a frame
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
#include "stages/nyu/kernels.h"

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
  Tap tap(std::size_t pixel) const { return {ax_[pixel], ay_[pixel], offset_[pixel]}; }
  // The taps of a row.
  const double* ax(int row) const { return ax_.data() + std::ptrdiff_t{row} * cols_; }
  const double* ay(int row) const { return ay_.data() + std::ptrdiff_t{row} * cols_; }
  const std::int32_t* offsets(int row) const { return offset_.data() + std::ptrdiff_t{row} * cols_; }

  // `undistort` of one channel; pixels seen outside the source are 255.
  void undistort(std::span<const double> image, std::span<double> out) const;

  // `uint8(undistort(...))` of three interleaved channels: rounded half away from zero, outside is white.
  void undistort_rgb(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const;

  // `undistort(255 * mask) > 0`: 1 where any of the four pixels with a share is set or the place is outside,
  // else 0.
  void undistort_mask(std::span<const std::uint8_t> mask, std::span<std::uint8_t> out) const;

  // Which of the four pixels that begin at each offset of a tap are set: upper left 1, upper right 2, lower left 4, lower
  // right 8. One value more than pixels, the last of which, 15, is undistort_mask's for places outside.
  std::vector<std::uint8_t> corners(std::span<const std::uint8_t> mask) const;

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

  void redo_rgb_pixel(std::span<const std::uint8_t> image, std::size_t pixel, std::uint8_t* to) const;

  int rows_, cols_;
  std::size_t size_ = 0;
  std::vector<double> ax_, ay_;
  std::vector<std::int32_t> offset_;
  // Taps for bytes: shares that sum to 2^15, and offsets as in Tap, or kExact where these do not do.
  static constexpr std::int32_t kExact = -2;
  std::vector<ByteShares> byte_shares_;
  std::vector<std::int32_t> byte_offset_;
  // Taps for masks: 16 times the place in corners(), and the corners that have a share.
  std::vector<std::int32_t> mask_taps_;
};

}  // namespace depthmill::nyu
