// Compiled for AVX2 (flags in CMakeLists.txt). Nothing of the standard library is called: an inline function compiled
// here could be the copy that the linker keeps for everybody.
#include <immintrin.h>

#include "stages/nyu/camera_params.h"
#include "stages/nyu/kernels.h"

namespace depthmill::nyu::avx2 {
namespace {

__m128i load_8(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }
__m128i load_16(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
std::int32_t load_int(const void* from) {
  std::int32_t value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

// The four sources of a pixel: six bytes of its upper row and of its lower one.
__m128i sources(const std::uint8_t* upper, std::ptrdiff_t row_bytes) {
  return _mm_unpacklo_epi64(load_8(upper), load_8(upper + row_bytes));
}

}  // namespace

// The arithmetic is explained at UndistortMap::undistort_rgb. A pixel has half a vector; its channels are three of four
// words of 32 bits, in which left and right source stand side by side.
std::size_t undistort_rgb(const std::uint8_t* image, std::ptrdiff_t row_bytes, const ByteShares* shares,
                          const std::int32_t* offsets, std::size_t begin, std::size_t end, std::uint8_t* to,
                          std::int32_t* again) {
  const auto both = [](const __m128i& half) { return _mm256_broadcastsi128_si256(half); };
  const __m256i upper_bytes = both(_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i lower_bytes =
      both(_mm_setr_epi8(8, -1, 11, -1, 9, -1, 12, -1, 10, -1, 13, -1, -1, -1, -1, -1));
  const __m256i upper_shares = _mm256_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,  //
                                                8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11);
  const __m256i lower_shares = _mm256_add_epi8(upper_shares, _mm256_set1_epi8(4));
  const __m256i low_byte = both(_mm_setr_epi8(0, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
  const __m256i tie = _mm256_set1_epi32(16384), one = _mm256_set1_epi32(1);
  std::size_t left = 0, i = begin;
  for (; i + 2 <= end; i += 2) {
    if ((offsets[i] | offsets[i + 1]) < 0) {
      again[left++] = static_cast<std::int32_t>(i);
      again[left++] = static_cast<std::int32_t>(i + 1);
      continue;
    }
    const __m256i four =
        _mm256_set_m128i(sources(image + 3 * static_cast<std::ptrdiff_t>(offsets[i + 1]), row_bytes),
                         sources(image + 3 * static_cast<std::ptrdiff_t>(offsets[i]), row_bytes));
    const __m256i upper = _mm256_shuffle_epi8(four, upper_bytes),
                  lower = _mm256_shuffle_epi8(four, lower_bytes);
    const __m256i share = both(load_16(shares + i));
    const __m256i mix = _mm256_add_epi32(_mm256_madd_epi16(upper, _mm256_shuffle_epi8(share, upper_shares)),
                                         _mm256_madd_epi16(lower, _mm256_shuffle_epi8(share, lower_shares)));
    const __m256i most = _mm256_max_epi16(upper, lower), least = _mm256_min_epi16(upper, lower);
    const __m256i range =
        _mm256_and_si256(_mm256_sub_epi16(_mm256_max_epi16(most, _mm256_srli_epi32(most, 16)),
                                          _mm256_min_epi16(least, _mm256_srli_epi32(least, 16))),
                         _mm256_set1_epi32(0xFFFF));
    const __m256i off = _mm256_add_epi32(_mm256_add_epi32(range, range), one);
    const __m256i above = _mm256_sub_epi32(_mm256_and_si256(mix, _mm256_set1_epi32(32767)), tie);
    const __m256i certain = _mm256_or_si256(_mm256_add_epi32(off, above), _mm256_sub_epi32(off, above));
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_srli_epi32(_mm256_add_epi32(mix, tie), 15), low_byte);
    const int first = _mm256_cvtsi256_si32(bytes),
              second = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
    __builtin_memcpy(to + 3 * i, &first, 4);  // the fourth byte is the next pixel's, which is written later
    __builtin_memcpy(to + 3 * i + 3, &second, 4);
    const int sure = _mm256_movemask_ps(_mm256_castsi256_ps(certain));
    if ((sure & 0x77) == 0x77) continue;
    if ((sure & 0x07) != 0x07) again[left++] = static_cast<std::int32_t>(i);
    if ((sure & 0x70) != 0x70) again[left++] = static_cast<std::int32_t>(i + 1);
  }
  for (; i < end; ++i) again[left++] = static_cast<std::int32_t>(i);
  return left;
}

void metres_of_row(const DepthRow& row, double nearest_code, double* metres) {
  const __m256d one = _mm256_set1_pd(1), zero = _mm256_setzero_pd(), nearest = _mm256_set1_pd(nearest_code);
  const __m256d param1 = _mm256_set1_pd(kCameraParams.depth_param1),
                param2 = _mm256_set1_pd(kCameraParams.depth_param2),
                most = _mm256_set1_pd(kCameraParams.max_depth);
  for (std::size_t next = 0; next < row.cols; next += 4) {
    const std::size_t u = next + 4 <= row.cols ? next : row.cols - 4;
    const std::int32_t noise = load_int(row.noise + u);
    const __m128i outside = load_16(row.offsets + u);  // where its sign is set
    if (noise == 0x01010101 || _mm_movemask_ps(_mm_castsi128_ps(outside)) == 15) {
      _mm256_storeu_pd(metres + u, zero);
      continue;
    }
    // A place outside is as good as the image's first; what comes of it does not count.
    const __m128i inside = _mm_max_epi32(outside, _mm_setzero_si128());
    const std::size_t at[4] = {static_cast<std::size_t>(_mm_extract_epi32(inside, 0)),
                               static_cast<std::size_t>(_mm_extract_epi32(inside, 1)),
                               static_cast<std::size_t>(_mm_extract_epi32(inside, 2)),
                               static_cast<std::size_t>(_mm_extract_epi32(inside, 3))};
    const __m256d ax = _mm256_loadu_pd(row.ax + u), ay = _mm256_loadu_pd(row.ay + u);
    const __m256d left = _mm256_sub_pd(one, ax), above = _mm256_sub_pd(one, ay);
    __m256d ul = _mm256_mul_pd(above, left), ur = _mm256_mul_pd(above, ax), ll = _mm256_mul_pd(ay, left),
            lr = _mm256_mul_pd(ay, ax);
    const int corners[4] = {row.corners[at[0]], row.corners[at[1]], row.corners[at[2]], row.corners[at[3]]};
    if (corners[0] | corners[1] | corners[2] | corners[3]) {
      const __m256i noisy =
          _mm256_cvtepi32_epi64(_mm_setr_epi32(corners[0], corners[1], corners[2], corners[3]));
      const auto quiet = [&](const __m256d& share, int bit) {
        const __m256i marked = _mm256_and_si256(noisy, _mm256_set1_epi64x(bit));
        return _mm256_and_pd(share, _mm256_castsi256_pd(_mm256_cmpeq_epi64(marked, _mm256_setzero_si256())));
      };
      ul = quiet(ul, 1), ur = quiet(ur, 2), ll = quiet(ll, 4), lr = quiet(lr, 8);
    }
    const __m256d sum = _mm256_add_pd(_mm256_add_pd(_mm256_add_pd(ul, ur), ll), lr);
    const auto pairs = [&](std::size_t down) {  // left and right source in the halves of 32 bits
      return _mm_setr_epi32(load_int(row.codes + at[0] + down), load_int(row.codes + at[1] + down),
                            load_int(row.codes + at[2] + down), load_int(row.codes + at[3] + down));
    };
    const auto left_of = [](const __m128i& pair) {
      return _mm256_cvtepi32_pd(_mm_and_si128(pair, _mm_set1_epi32(0xFFFF)));
    };
    const auto right_of = [](const __m128i& pair) { return _mm256_cvtepi32_pd(_mm_srli_epi32(pair, 16)); };
    const __m128i upper = pairs(0), lower = pairs(row.cols);
    __m256d code = _mm256_mul_pd(_mm256_div_pd(ul, sum), left_of(upper));
    code = _mm256_add_pd(code, _mm256_mul_pd(_mm256_div_pd(ur, sum), right_of(upper)));
    code = _mm256_add_pd(code, _mm256_mul_pd(_mm256_div_pd(ll, sum), left_of(lower)));
    code = _mm256_add_pd(code, _mm256_mul_pd(_mm256_div_pd(lr, sum), right_of(lower)));
    // Nothing left to mix gives 0/0, which is no reading either: the comparison is false for it.
    const __m256d near_enough = _mm256_cmp_pd(code, nearest, _CMP_GE_OQ);
    const __m256i noisy = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(noise));
    const __m256i silent = _mm256_cmpeq_epi64(noisy, _mm256_setzero_si256());
    const __m256i seen = _mm256_cmpgt_epi64(_mm256_cvtepi32_epi64(outside), _mm256_set1_epi64x(-1));
    const __m256d z =
        _mm256_max_pd(_mm256_min_pd(_mm256_div_pd(param1, _mm256_sub_pd(param2, code)), most), zero);
    const __m256d there = _mm256_and_pd(near_enough, _mm256_castsi256_pd(_mm256_and_si256(silent, seen)));
    _mm256_storeu_pd(metres + u, _mm256_and_pd(z, there));
  }
}

// Here the order of operations is our own: the place is off by some 1e-11 pixels, and only its rounding is kept, unless
// it is within 1e-7 of a tie. Where a point is nearly beside the colour camera the place may be off by more.
void places_of_row(const Cameras& c, int v1, std::size_t rows, std::size_t cols, const double* metres,
                   std::int32_t* places) {
  constexpr double kNear = 1e-7, kBeside = 1e-3;
  const auto all = [](double value) { return _mm256_set1_pd(value); };
  const double *r = c.rotation, *t = c.translation;
  const double b = (v1 - c.depth_cy) / c.depth_fy, per_fx = 1 / c.depth_fx;
  const __m256d cx = all(c.rgb_cx + 0.5), cy = all(c.rgb_cy + 0.5), zero = _mm256_setzero_pd(), one = all(1);
  const __m256d last_col = all(static_cast<double>(cols) - 1), last_row = all(static_cast<double>(rows) - 1);
  const __m256d width = all(static_cast<double>(cols)), first = all(static_cast<double>(cols) + 1);
  const __m256d absolute = _mm256_castsi256_pd(_mm256_set1_epi64x(0x7fffffffffffffff));
  for (std::size_t next = 0; next < cols; next += 4) {
    const std::size_t u = next + 4 <= cols ? next : cols - 4;
    const __m256d z = _mm256_loadu_pd(metres + u);
    const __m256d there = _mm256_cmp_pd(z, zero, _CMP_NEQ_OQ);
    if (_mm256_movemask_pd(there) == 0) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(places + u), _mm_set1_epi32(kNowhere));
      continue;
    }
    const double u1 = static_cast<double>(u) + 1 - c.depth_cx;
    const __m256d a = _mm256_mul_pd(_mm256_setr_pd(u1, u1 + 1, u1 + 2, u1 + 3), all(per_fx));
    const auto coordinate = [&](int k) {
      const __m256d ray =
          _mm256_add_pd(_mm256_mul_pd(a, all(r[3 * k])), all(r[3 * k + 1] * b + r[3 * k + 2]));
      return _mm256_add_pd(_mm256_mul_pd(z, ray), all(t[k]));
    };
    const __m256d depth = coordinate(2), inverse = _mm256_div_pd(one, depth);
    const auto place = [&](int k, double focal, const __m256d& centre) {
      return _mm256_add_pd(_mm256_mul_pd(_mm256_mul_pd(coordinate(k), all(focal)), inverse), centre);
    };
    const __m256d x = place(0, c.rgb_fx, cx), y = place(1, c.rgb_fy, cy);  // and a half
    const __m256d col = _mm256_floor_pd(x), row = _mm256_floor_pd(y);
    const auto clear = [&](const __m256d& value, const __m256d& whole) {
      const __m256d part = _mm256_sub_pd(value, whole);
      return _mm256_and_pd(_mm256_cmp_pd(part, all(kNear), _CMP_GT_OQ),
                           _mm256_cmp_pd(part, all(1 - kNear), _CMP_LT_OQ));
    };
    const __m256d sure =
        _mm256_and_pd(_mm256_and_pd(clear(x, col), clear(y, row)),
                      _mm256_cmp_pd(_mm256_and_pd(depth, absolute), all(kBeside), _CMP_GT_OQ));
    const auto between = [&](const __m256d& value, const __m256d& last) {
      return _mm256_and_pd(_mm256_cmp_pd(value, one, _CMP_GE_OQ), _mm256_cmp_pd(value, last, _CMP_LE_OQ));
    };
    const __m256d seen = _mm256_and_pd(there, _mm256_and_pd(between(col, last_col), between(row, last_row)));
    // (row - 1) cols + col - 1, and -1 where nothing is seen
    __m256d index = _mm256_sub_pd(_mm256_add_pd(_mm256_mul_pd(row, width), col), first);
    index = _mm256_blendv_pd(all(kNowhere), index, seen);
    index = _mm256_blendv_pd(index, all(kNearTie), _mm256_andnot_pd(sure, there));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(places + u), _mm256_cvttpd_epi32(index));
  }
}

}  // namespace depthmill::nyu::avx2
