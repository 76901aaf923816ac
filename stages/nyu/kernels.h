// The loops over pixels of undistortion and registration for AVX2, with the bytes of the plain ones beside which they
// stand (undistort.cpp, project.cpp): every number that is kept is made by the same operations in the same order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace depthmill::nyu {

// Whether this processor has them, in a build that has (DEPTHMILL_HAVE_AVX2_NYU).
inline bool have_avx2() {
  static const bool have = __builtin_cpu_supports("avx2");
  return have;
}

// Shares of a pixel's four sources in units of 2^-15: upper left, upper right, lower left, lower right.
struct ByteShares {
  std::int16_t of[4];
};

namespace avx2 {

// UndistortMap::undistort_rgb of the pixels from `begin` to `end`, two at a time; `to` and `image` are whole images, and
// a pixel follows `end`. Pixels whose offset is negative, or where a tie is near, are left to the caller: their numbers
// are put into `again`, which has room for all; returned is how many.
std::size_t undistort_rgb(const std::uint8_t* image, std::ptrdiff_t row_bytes, const ByteShares* shares,
                          const std::int32_t* offsets, std::size_t begin, std::size_t end, std::uint8_t* to,
                          std::int32_t* again);

// What one row of a depth frame becomes, of at least 4 pixels.
struct DepthRow {
  std::size_t cols;
  const double *ax, *ay;        // of the row's taps
  const std::int32_t* offsets;  // of the row's taps
  const std::uint8_t* noise;    // of the row, undistorted
  const std::uint8_t* corners;  // UndistortMap::corners of the undistorted noise
  const std::uint16_t* codes;   // the whole frame
};
// Metres, 0 where there is no reading or its code is below `nearest_code`.
void metres_of_row(const DepthRow& row, double nearest_code, double* metres);

// The numbers of CameraParams of which a place is made.
struct Cameras {
  double depth_fx, depth_fy, depth_cx, depth_cy, rgb_fx, rgb_fy, rgb_cx, rgb_cy;
  double rotation[9], translation[3];
};
// Where the colour camera sees each pixel of row v1 (from 1), as an index into the image: kNowhere for what is not seen
// or has no reading, kNearTie where only the exact arithmetic can tell. At least 4 columns.
inline constexpr std::int32_t kNowhere = -1, kNearTie = -2;
void places_of_row(const Cameras& cameras, int v1, std::size_t rows, std::size_t cols, const double* metres,
                   std::int32_t* places);

}  // namespace avx2
}  // namespace depthmill::nyu
