#include "stages/nyu/undistort.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "stages/nyu/distortion.h"

namespace depthmill::nyu {
namespace {

// The toolbox's shares, multiplied out in its order: upper left, upper right, lower left, lower right. The
// order of every product and sum in this file is the toolbox's, because rounded bytes and the threshold on
// codes sit on exact ties where a last digit decides.
struct Shares {
  double ul, ur, ll, lr;
};
Shares shares(const UndistortMap::Tap& t) {
  return {(1 - t.ay) * (1 - t.ax), (1 - t.ay) * t.ax, t.ay * (1 - t.ax), t.ay * t.ax};
}

// For 0 <= value < 2^31; the subtraction is exact, so ties are seen exactly.
std::uint8_t round_to_byte(double value) {
  const int whole = static_cast<int>(value);
  return static_cast<std::uint8_t>(whole + (value - whole >= 0.5 ? 1 : 0));
}

}  // namespace

UndistortMap::UndistortMap(int rows, int cols, const Intrinsics& camera) : rows_(rows), cols_(cols) {
  if (rows < 2 || cols < 2) throw std::invalid_argument("UndistortMap: an image needs two rows and columns");
  taps_.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  for (int v = 0; v < rows; ++v)
    for (int u = 0; u < cols; ++u) {
      const Normalised there = apply_distortion(normalised_from_pixel(u, v, camera), camera.k);
      const double px = camera.fx * there.x + camera.cx;
      const double py = camera.fy * there.y + camera.cy;
      const double x0 = std::floor(px);
      const double y0 = std::floor(py);
      const bool inside = x0 >= 0 && x0 <= cols - 2 && y0 >= 0 && y0 <= rows - 2;
      if (inside)
        taps_.push_back({px - x0, py - y0, static_cast<int>(y0) * cols + static_cast<int>(x0)});
      else
        taps_.push_back({0, 0, kOutside});
    }
}

void UndistortMap::check(std::size_t in, std::size_t out, std::size_t channels, const char* who) const {
  if (in != taps_.size() * channels || out != in)
    throw std::invalid_argument(std::string(who) + ": images must be " + std::to_string(rows_) + " x " +
                                std::to_string(cols_));
}

void UndistortMap::undistort(std::span<const double> image, std::span<double> out) const {
  check(image.size(), out.size(), 1, "undistort");
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const Tap& t = taps_[i];
    if (t.offset == kOutside) {
      out[i] = 255;
      continue;
    }
    const Shares s = shares(t);
    const double* upper = image.data() + t.offset;
    const double* lower = upper + cols_;
    out[i] = s.ul * upper[0] + s.ur * upper[1] + s.ll * lower[0] + s.lr * lower[1];
  }
}

void UndistortMap::undistort_rgb(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const {
  check(image.size(), out.size(), 3, "undistort_rgb");
  const std::ptrdiff_t row = 3 * static_cast<std::ptrdiff_t>(cols_);
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const Tap& t = taps_[i];
    std::uint8_t* to = out.data() + 3 * i;
    if (t.offset == kOutside) {
      to[0] = to[1] = to[2] = 255;
      continue;
    }
    const Shares s = shares(t);
    const std::uint8_t* upper = image.data() + 3 * static_cast<std::ptrdiff_t>(t.offset);
    const std::uint8_t* lower = upper + row;
    for (int c = 0; c < 3; ++c)
      to[c] = round_to_byte(s.ul * upper[c] + s.ur * upper[c + 3] + s.ll * lower[c] + s.lr * lower[c + 3]);
  }
}

void UndistortMap::undistort_mask(std::span<const std::uint8_t> mask, std::span<std::uint8_t> out) const {
  check(mask.size(), out.size(), 1, "undistort_mask");
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const Tap& t = taps_[i];
    if (t.offset == kOutside) {
      out[i] = 1;
      continue;
    }
    // Shares vanish only where ax or ay is exactly 0.
    const std::uint8_t* upper = mask.data() + t.offset;
    const std::uint8_t* lower = upper + cols_;
    const bool right = t.ax > 0;
    const bool below = t.ay > 0;
    out[i] = (upper[0] != 0) | ((upper[1] != 0) & right) | ((lower[0] != 0) & below) |
             ((lower[1] != 0) & right & below);
  }
}

template <class T>
void UndistortMap::undistort_depth_of(std::span<const T> image, std::span<const std::uint8_t> noise,
                                      std::span<double> out) const {
  check(image.size(), out.size(), 1, "undistort_depth");
  check(noise.size(), out.size(), 1, "undistort_depth");
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const Tap& t = taps_[i];
    if (t.offset == kOutside) {
      out[i] = 0;
      continue;
    }
    Shares s = shares(t);
    const std::uint8_t* noisy = noise.data() + t.offset;
    s.ul = noisy[0] ? 0 : s.ul;
    s.ur = noisy[1] ? 0 : s.ur;
    s.ll = noisy[cols_] ? 0 : s.ll;
    s.lr = noisy[cols_ + 1] ? 0 : s.lr;
    const double sum = s.ul + s.ur + s.ll + s.lr;
    if (sum == 0) {
      out[i] = 0;
      continue;
    }
    const T* upper = image.data() + t.offset;
    const T* lower = upper + cols_;
    out[i] = s.ul / sum * upper[0] + s.ur / sum * upper[1] + s.ll / sum * lower[0] + s.lr / sum * lower[1];
  }
}

void UndistortMap::undistort_depth(std::span<const double> image, std::span<const std::uint8_t> noise,
                                   std::span<double> out) const {
  undistort_depth_of(image, noise, out);
}
void UndistortMap::undistort_depth(std::span<const std::uint16_t> image, std::span<const std::uint8_t> noise,
                                   std::span<double> out) const {
  undistort_depth_of(image, noise, out);
}

}  // namespace depthmill::nyu
