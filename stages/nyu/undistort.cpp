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
  size_ = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  ax_.reserve(size_), ay_.reserve(size_), offset_.reserve(size_);
  for (int v = 0; v < rows; ++v)
    for (int u = 0; u < cols; ++u) {
      const Normalised there = apply_distortion(normalised_from_pixel(u, v, camera), camera.k);
      const double px = camera.fx * there.x + camera.cx;
      const double py = camera.fy * there.y + camera.cy;
      const double x0 = std::floor(px);
      const double y0 = std::floor(py);
      const bool inside = x0 >= 0 && x0 <= cols - 2 && y0 >= 0 && y0 <= rows - 2;
      ax_.push_back(inside ? px - x0 : 0);
      ay_.push_back(inside ? py - y0 : 0);
      offset_.push_back(inside ? static_cast<int>(y0) * cols + static_cast<int>(x0) : kOutside);
    }
  byte_shares_.reserve(size_), byte_offset_.reserve(size_), mask_taps_.reserve(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    const Tap t = tap(i);
    const bool outside = t.offset == kOutside;
    // Shares vanish only where ax or ay is exactly 0.
    const int right = t.ax > 0 ? 2 : 0, below = t.ay > 0 ? 4 : 0;
    mask_taps_.push_back(outside ? 16 * static_cast<std::int32_t>(size_) + 15
                                 : 16 * t.offset + 1 + right + below + (right && below ? 8 : 0));
    const Shares s = shares(t);
    const long ul = std::lround(32768 * s.ul), ur = std::lround(32768 * s.ur), ll = std::lround(32768 * s.ll),
               lr = 32768 - ul - ur - ll;
    // Eight bytes are read of six, which the last pixel of the image does not have; and 2^15 is no 16-bit number.
    const bool last = static_cast<std::size_t>(t.offset) + static_cast<std::size_t>(cols) + 2 >= size_;
    const bool whole = std::max({ul, ur, ll, lr}) > 32767;
    byte_shares_.push_back({{static_cast<std::int16_t>(ul), static_cast<std::int16_t>(ur),
                             static_cast<std::int16_t>(ll), static_cast<std::int16_t>(lr)}});
    byte_offset_.push_back(outside ? kOutside : (last || whole ? kExact : t.offset));
  }
}

void UndistortMap::check(std::size_t in, std::size_t out, std::size_t channels, const char* who) const {
  if (in != size_ * channels || out != in)
    throw std::invalid_argument(std::string(who) + ": images must be " + std::to_string(rows_) + " x " +
                                std::to_string(cols_));
}

void UndistortMap::undistort(std::span<const double> image, std::span<double> out) const {
  check(image.size(), out.size(), 1, "undistort");
  for (std::size_t i = 0; i < size_; ++i) {
    const Tap t = tap(i);
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
  const Tap t = tap(pixel);
  const Shares s = shares(t);
  const std::uint8_t* upper = image + 3 * static_cast<std::ptrdiff_t>(t.offset);
  const std::uint8_t* lower = upper + 3 * static_cast<std::ptrdiff_t>(cols_);
  for (int c = 0; c < 3; ++c)
    to[c] = round_to_byte(s.ul * upper[c] + s.ur * upper[c + 3] + s.ll * lower[c] + s.lr * lower[c + 3]);
}

// White outside, and the toolbox's doubles wherever whole numbers do not do.
void UndistortMap::redo_rgb_pixel(std::span<const std::uint8_t> image, std::size_t pixel,
                                  std::uint8_t* to) const {
  if (offset_[pixel] == kOutside)
    to[0] = to[1] = to[2] = 255;
  else
    undistort_rgb_pixel(image.data(), pixel, to);
}

// In whole numbers, three channels at once. The shares are off by 1/2 each and the last by 3/2, all in units of 2^-15,
// and sum to the right sum; so with r the range of a channel's four bytes the mix is off by (3/2 + 3/2) r/2 at most.
// Where a tie is nearer than that, the rounding is the toolbox's, in doubles: a few pixels of a thousand.
void UndistortMap::undistort_rgb(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const {
  check(image.size(), out.size(), 3, "undistort_rgb");
#ifdef DEPTHMILL_HAVE_AVX2_NYU
  if (have_avx2()) {
    const auto width = static_cast<std::size_t>(cols_);
    std::vector<std::int32_t> again(width);
    for (std::size_t begin = 0; begin < size_; begin += width) {
      // The image's last pixel has none behind it.
      const std::size_t end = std::min(begin + width, size_ - 1);
      const std::size_t left =
          avx2::undistort_rgb(image.data(), 3 * std::ptrdiff_t{cols_}, byte_shares_.data(),
                              byte_offset_.data(), begin, end, out.data(), again.data());
      for (std::size_t k = 0; k < left; ++k) {
        const auto pixel = static_cast<std::size_t>(again[k]);
        redo_rgb_pixel(image, pixel, out.data() + 3 * pixel);
      }
    }
    return redo_rgb_pixel(image, size_ - 1, out.data() + 3 * (size_ - 1));
  }
#endif
  for (std::size_t i = 0; i < size_; ++i) {
    const ByteShares& shares_of = byte_shares_[i];
    const std::int32_t offset = byte_offset_[i];
    std::uint8_t* to = out.data() + 3 * i;
#if defined(__SSE2__)
    if (offset >= 0) {
      const std::uint8_t* from = image.data() + 3 * static_cast<std::ptrdiff_t>(offset);
      const __m128i zero = _mm_setzero_si128(), tie = _mm_set1_epi32(16384);
      const __m128i upper = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)),
                    lower =
                        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + 3 * std::ptrdiff_t{cols_}));
      const __m128i upper_right = _mm_srli_si128(upper, 3), lower_right = _mm_srli_si128(lower, 3);
      int upper_shares, lower_shares;
      std::memcpy(&upper_shares, shares_of.of, 4);
      std::memcpy(&lower_shares, shares_of.of + 2, 4);
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
    }
#endif
    redo_rgb_pixel(image, i, to);
  }
}

std::vector<std::uint8_t> UndistortMap::corners(std::span<const std::uint8_t> mask) const {
  check(mask.size(), size_, 1, "corners");
  std::vector<std::uint8_t> all(size_ + 1);
  const auto width = static_cast<std::size_t>(cols_);
  // Bytes may be anything's, so the compiler has to be told that these are nothing else.
  const std::uint8_t* __restrict upper = mask.data(), * __restrict lower = upper + width;
  std::uint8_t* __restrict to = all.data();
  const auto set = [](std::uint8_t value, std::uint8_t corner) {
    return value != 0 ? corner : std::uint8_t{0};
  };
  for (std::size_t p = 0, n = size_ - width - 1; p < n; ++p)
    to[p] = static_cast<std::uint8_t>(set(upper[p], 1) | set(upper[p + 1], 2) | set(lower[p], 4) |
                                      set(lower[p + 1], 8));
  to[size_] = 15;
  return all;
}

void UndistortMap::undistort_mask(std::span<const std::uint8_t> mask, std::span<std::uint8_t> out) const {
  check(mask.size(), out.size(), 1, "undistort_mask");
  const std::vector<std::uint8_t> set = corners(mask);
  const std::int32_t* __restrict taps = mask_taps_.data();
  const std::uint8_t* __restrict at = set.data();
  std::uint8_t* __restrict to = out.data();
  for (std::size_t i = 0, n = size_; i < n; ++i)
    to[i] = (at[static_cast<std::uint32_t>(taps[i]) >> 4] & taps[i]) != 0;
}

template <class T>
void UndistortMap::undistort_depth_of(std::span<const T> image, std::span<const std::uint8_t> noise,
                                      std::span<double> out) const {
  check(image.size(), out.size(), 1, "undistort_depth");
  check(noise.size(), out.size(), 1, "undistort_depth");
  for (std::size_t i = 0; i < size_; ++i) {
    const Tap t = tap(i);
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
