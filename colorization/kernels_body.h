// Body of kernels_baseline.cpp and kernels_avx2.cpp, which define DEPTHMILL_KERNELS, the namespace it lands
// in. Nothing of the standard library is used but types: an inline function compiled here for AVX2 could be
// the copy that the linker keeps for everybody.
#include "kernels.h"
#include "kernels_fronts.h"
#include "kernels_simd.h"

namespace depthmill::colorization::DEPTHMILL_KERNELS {
namespace {

// ---- affinity ---------------------------------------------------------------------------------

// exp(x) for -700 < x <= 0: x = k ln 2 + r with |r| <= ln 2 / 2, Taylor to r^13 (remainder 5e-18), times 2^k.
DM_INLINE D exp_of(D x) {
  const double shift = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to whole numbers
  const D shifted = x * 1.4426950408889634 + shift;
  const D k = shifted - shift;
  D r = x - k * 6.93147180369123816490e-01;
  r = r - k * 1.90821492927058770002e-10;
  D p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const Bits exponent = reinterpret_cast<Bits>(shifted) << 52;
  return reinterpret_cast<D>(reinterpret_cast<Bits>(p) + exponent);
}

void affinity_row(const double* above, const double* here, const double* below, std::ptrdiff_t count,
                  double* weights, std::ptrdiff_t plane_stride) {
  auto four = [&](std::ptrdiff_t j, D out[8]) __attribute__((always_inline)) {
    const D centre = load(here + j);
    D g[8] = {load(above + j - 1), load(above + j),     load(above + j + 1), load(here + j - 1),
              load(here + j + 1),  load(below + j - 1), load(below + j),     load(below + j + 1)};
    D mean = centre;
    for (int k = 0; k < 8; ++k) mean += g[k];
    mean /= 9.0;
    D variance = (centre - mean) * (centre - mean);
    D least = centre - centre + 1e300;
    for (int k = 0; k < 8; ++k) {
      variance += (g[k] - mean) * (g[k] - mean);
      const D d = g[k] - centre;
      g[k] = d * d;
      least = g[k] < least ? g[k] : least;
    }
    D q = largest(0.6 * variance / 9.0, least / 4.605170185988091);
    q = -1.0 / largest(q, q - q + 0.000002);
    D total = q - q;
    for (int k = 0; k < 8; ++k) {
      out[k] = exp_of(g[k] * q);
      total += out[k];
    }
    total = 1.0 / total;
    for (int k = 0; k < 8; ++k) out[k] *= total;
  };
  D w[8];
  std::ptrdiff_t j = 0;
  for (; j + 4 <= count; j += 4) {
    four(j, w);
    for (int k = 0; k < 8; ++k) store(weights + k * plane_stride + j, w[k]);
  }
  if (j == count) return;
  // The last few pixels: as the tail of a full vector if there are four at all, else from a copy.
  if (count >= 4) {
    four(count - 4, w);
    for (int k = 0; k < 8; ++k) store(weights + k * plane_stride + count - 4, w[k]);
    return;
  }
  double rows[3][6] = {};
  for (int i = 0; i < count + 2; ++i) {
    rows[0][i] = above[i - 1];
    rows[1][i] = here[i - 1];
    rows[2][i] = below[i - 1];
  }
  above = rows[0] + 1, here = rows[1] + 1, below = rows[2] + 1;
  four(0, w);
  for (int k = 0; k < 8; ++k)
    for (int i = 0; i < count; ++i) weights[k * plane_stride + i] = w[k][i];
}

// ---- residual and relaxation ------------------------------------------------------------------

// The shares of the six neighbours in the rows above and below.
template <class T>
DM_INLINE typename Simd<T>::Vector gather_rows(const T* x, std::ptrdiff_t stride, const T* w,
                                               std::ptrdiff_t plane) {
  auto a = load(w) * load(x - stride - 1);
  auto b = load(w + plane) * load(x - stride);
  a += load(w + 2 * plane) * load(x - stride + 1);
  b += load(w + 5 * plane) * load(x + stride - 1);
  a += load(w + 6 * plane) * load(x + stride);
  b += load(w + 7 * plane) * load(x + stride + 1);
  return a + b;
}
template <class T>
DM_INLINE T gather_rows1(const T* x, std::ptrdiff_t stride, const T* w, std::ptrdiff_t plane) {
  T a = w[0] * x[-stride - 1];
  T b = w[plane] * x[-stride];
  a += w[2 * plane] * x[-stride + 1];
  b += w[5 * plane] * x[stride - 1];
  a += w[6 * plane] * x[stride];
  b += w[7 * plane] * x[stride + 1];
  return a + b;
}

template <class T>
void residual_row(const T* x, std::ptrdiff_t stride, const T* weights, std::ptrdiff_t plane, const T* rhs,
                  const T* diagonal, std::ptrdiff_t count, T* residual) {
  std::ptrdiff_t j = 0;
  for (; j + Simd<T>::kLanes <= count; j += Simd<T>::kLanes) {
    const auto beside =
        load(weights + 3 * plane + j) * load(x + j - 1) + load(weights + 4 * plane + j) * load(x + j + 1);
    store(residual + j, load(rhs + j) + (gather_rows(x + j, stride, weights + j, plane) + beside -
                                         load(diagonal + j) * load(x + j)));
  }
  for (; j < count; ++j)
    residual[j] = rhs[j] + (gather_rows1(x + j, stride, weights + j, plane) +
                            (weights[3 * plane + j] * x[j - 1] + weights[4 * plane + j] * x[j + 1]) -
                            diagonal[j] * x[j]);
}

void narrow_row(const double* from, std::ptrdiff_t count, float* to) {
  for (std::ptrdiff_t j = 0; j < count; ++j) to[j] = static_cast<float>(from[j]);
}

void largest_row(const double* residual, const unsigned char* missing, std::ptrdiff_t count, double* of_known,
                 double* of_missing) {
  typedef unsigned char Flags __attribute__((vector_size(4)));
  D known = {}, other = {};
  std::ptrdiff_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const D value = load(residual + j), size = largest(value, -value), none = {};
    Flags flags;
    __builtin_memcpy(&flags, missing + j, sizeof flags);
    const Bits without = __builtin_convertvector(flags, Bits);
    known = largest(without == 0 ? size : none, known);
    other = largest(without == 0 ? none : size, other);
  }
  for (int v = 0; v < 4; ++v) {
    *of_known = known[v] > *of_known ? known[v] : *of_known;
    *of_missing = other[v] > *of_missing ? other[v] : *of_missing;
  }
  for (; j < count; ++j) {
    const double size = residual[j] > -residual[j] ? residual[j] : -residual[j];
    double* of = missing[j] ? of_missing : of_known;
    *of = size > *of ? size : *of;
  }
}

// Pixels 0, 2, 4, .. of the row first, from what stands beside them, then 1, 3, 5, .. from what came of
// those: no pixel waits for the one before it. A vector's odd pixels follow when the even ones of the next are there.
void relax_row(float* x, std::ptrdiff_t stride, const float* weights, std::ptrdiff_t plane, const float* rhs,
               const float* step, float diagonal, std::ptrdiff_t count) {
  constexpr int kLanes = Simd<float>::kLanes;
  using Vector = Simd<float>::Vector;
  typedef int Mask __attribute__((vector_size(32)));
  const Mask even = {-1, 0, -1, 0, -1, 0, -1, 0};
  const float *left = weights + 3 * plane, *right = weights + 4 * plane;
  Vector rest = {}, half = {};
  auto odd_pixels = [&](std::ptrdiff_t j, Vector next) __attribute__((always_inline)) {
    const Vector before = __builtin_shufflevector(half, half, 0, 0, 2, 2, 4, 4, 6, 6);
    const Vector after = __builtin_shufflevector(half, next, 1, 2, 3, 4, 5, 6, 7, 8);
    const Vector beside = load(left + j) * before + load(right + j) * after;
    store(x + j, even ? half : half + load(step + j) * (rest + beside - diagonal * half));
  };
  std::ptrdiff_t j = 0;
  for (; j + kLanes <= count; j += kLanes) {
    const Vector old = load(x + j), here = load(rhs + j) + gather_rows(x + j, stride, weights + j, plane);
    const Vector beside = load(left + j) * load(x + j - 1) + load(right + j) * load(x + j + 1);
    const Vector next = even ? old + load(step + j) * (here + beside - diagonal * old) : old;
    if (j > 0) odd_pixels(j - kLanes, next);
    rest = here;
    half = next;
  }
  // The last few pixels likewise; what stands before and behind them is not theirs to change.
  float rests[kLanes], halves[kLanes + 1];
  const std::ptrdiff_t whole = j, few = count - whole;
  halves[few] = x[count];
  for (std::ptrdiff_t k = 0; k < few; ++k, ++j) {
    rests[k] = rhs[j] + gather_rows1(x + j, stride, weights + j, plane);
    halves[k] = x[j];
    if (k % 2 == 0)
      halves[k] += step[j] * (rests[k] + (left[j] * x[j - 1] + right[j] * x[j + 1]) - diagonal * x[j]);
  }
  if (whole > 0) odd_pixels(whole - kLanes, Vector{halves[0]});
  for (std::ptrdiff_t k = 0; k < few; ++k) {
    j = whole + k;
    x[j] = halves[k];
    if (k % 2 != 0)
      x[j] +=
          step[j] * (rests[k] + (left[j] * halves[k - 1] + right[j] * halves[k + 1]) - diagonal * halves[k]);
  }
}

}  // namespace

Kernels table() {
  return {affinity_row,
          residual_row<double>,
          relax_row,
          narrow_row,
          largest_row,
          {eliminate<float>, add_stretches<float>, forward<float>, backward<float>},
          {eliminate<double>, add_stretches<double>, forward<double>, backward<double>}};
}

}  // namespace depthmill::colorization::DEPTHMILL_KERNELS
