#include "stages/nyu/undistort.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
  byte_taps_.reserve(taps_.size());
  mask_taps_.reserve(taps_.size());
  for (const Tap& t : taps_) {
    const bool outside = t.offset == kOutside;
    mask_taps_.push_back(outside ? kOutside : 4 * t.offset + 2 * (t.ay > 0) + (t.ax > 0));
    const Shares s = shares(t);
    const long ul = std::lround(32768 * s.ul), ur = std::lround(32768 * s.ur), ll = std::lround(32768 * s.ll),
               lr = 32768 - ul - ur - ll;
    // Eight bytes are read of six, which the last pixel of the image does not have; and 2^15 is no 16-bit number.
    const bool last = static_cast<std::size_t>(t.offset) + static_cast<std::size_t>(cols) + 2 >= taps_.size();
    const bool whole = std::max({ul, ur, ll, lr}) > 32767;
    byte_taps_.push_back({{static_cast<std::int16_t>(ul), static_cast<std::int16_t>(ur),
                           static_cast<std::int16_t>(ll), static_cast<std::int16_t>(lr)},
                          outside ? kOutside : (last || whole ? kExact : t.offset)});
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

void UndistortMap::undistort_rgb_pixel(const std::uint8_t* image, std::size_t pixel, std::uint8_t* to) const {
  const Tap& t = taps_[pixel];
  const Shares s = shares(t);
  const std::uint8_t* upper = image + 3 * static_cast<std::ptrdiff_t>(t.offset);
  const std::uint8_t* lower = upper + 3 * static_cast<std::ptrdiff_t>(cols_);
  for (int c = 0; c < 3; ++c)
    to[c] = round_to_byte(s.ul * upper[c] + s.ur * upper[c + 3] + s.ll * lower[c] + s.lr * lower[c + 3]);
}

// In whole numbers, three channels at once. The shares are off by 1/2 each and the last by 3/2, all in units of 2^-15,
// and sum to the right sum; so with r the range of a channel's four bytes the mix is off by (3/2 + 3/2) r/2 at most.
// Where a tie is nearer than that, the rounding is the toolbox's, in doubles: a few pixels of a thousand.
void UndistortMap::undistort_rgb(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const {
  check(image.size(), out.size(), 3, "undistort_rgb");
  for (std::size_t i = 0; i < byte_taps_.size(); ++i) {
    const ByteTap& t = byte_taps_[i];
    std::uint8_t* to = out.data() + 3 * i;
    if (t.offset < 0) {
      if (t.offset == kExact)
        undistort_rgb_pixel(image.data(), i, to);
      else
        to[0] = to[1] = to[2] = 255;
      continue;
    }
#if defined(__SSE2__)
    const std::uint8_t* from = image.data() + 3 * static_cast<std::ptrdiff_t>(t.offset);
    const __m128i zero = _mm_setzero_si128(), tie = _mm_set1_epi32(16384);
    const __m128i upper = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)),
                  lower = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + 3 * std::ptrdiff_t{cols_}));
    const __m128i upper_right = _mm_srli_si128(upper, 3), lower_right = _mm_srli_si128(lower, 3);
    int upper_shares, lower_shares;
    std::memcpy(&upper_shares, t.shares, 4);
    std::memcpy(&lower_shares, t.shares + 2, 4);
    // Four lanes, of which three are channels.
    auto mixed = [&](const __m128i& left, const __m128i& right, int both) {
      return _mm_madd_epi16(_mm_unpacklo_epi8(_mm_unpacklo_epi8(left, right), zero), _mm_set1_epi32(both));
    };
    const __m128i mix =
        _mm_add_epi32(mixed(upper, upper_right, upper_shares), mixed(lower, lower_right, lower_shares));
    const __m128i range =
        _mm_sub_epi8(_mm_max_epu8(_mm_max_epu8(upper, upper_right), _mm_max_epu8(lower, lower_right)),
                     _mm_min_epu8(_mm_min_epu8(upper, upper_right), _mm_min_epu8(lower, lower_right)));
    const __m128i r = _mm_unpacklo_epi16(_mm_unpacklo_epi8(range, zero), zero);
    const __m128i off = _mm_add_epi32(_mm_add_epi32(r, r), _mm_set1_epi32(1));
    const __m128i above = _mm_sub_epi32(_mm_and_si128(mix, _mm_set1_epi32(32767)), tie);
    const __m128i certain = _mm_or_si128(_mm_add_epi32(off, above), _mm_sub_epi32(off, above));
    if ((_mm_movemask_ps(_mm_castsi128_ps(certain)) & 7) == 7) {
      const __m128i rounded = _mm_srli_epi32(_mm_add_epi32(mix, tie), 15);
      const __m128i words = _mm_packs_epi32(rounded, rounded);
      const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
      std::memcpy(to, &bytes, 3);
      continue;
    }
#endif
    undistort_rgb_pixel(image.data(), i, to);
  }
}

void UndistortMap::undistort_mask(std::span<const std::uint8_t> mask, std::span<std::uint8_t> out) const {
  check(mask.size(), out.size(), 1, "undistort_mask");
  for (std::size_t i = 0; i < mask_taps_.size(); ++i) {
    const std::int32_t t = mask_taps_[i];
    if (t == kOutside) {
      out[i] = 1;
      continue;
    }
    // Shares vanish only where ax or ay is exactly 0.
    const std::uint8_t* upper = mask.data() + t / 4;
    const std::uint8_t* lower = upper + cols_;
    const bool right = t & 1;
    const bool below = t & 2;
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
