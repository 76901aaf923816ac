// Body of kernels_baseline.cpp and kernels_avx2.cpp, which define DEPTHMILL_KERNELS, the namespace it lands
// in. Nothing of the standard library is used but types: an inline function compiled here for AVX2 could be
// the copy that the linker keeps for everybody.
#include "kernels.h"

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross only inlined calls

namespace depthmill::colorization::DEPTHMILL_KERNELS {
namespace {

template <class T>
struct Simd;
template <>
struct Simd<float> {
  typedef float Vector __attribute__((vector_size(32)));
  typedef float Unaligned __attribute__((vector_size(32), aligned(4), may_alias));
  static constexpr int kLanes = 8;
};
template <>
struct Simd<double> {
  typedef double Vector __attribute__((vector_size(32)));
  typedef double Unaligned __attribute__((vector_size(32), aligned(8), may_alias));
  static constexpr int kLanes = 4;
};
using D = Simd<double>::Vector;
typedef long long Bits __attribute__((vector_size(32)));

#define DM_INLINE inline __attribute__((always_inline))

template <class T>
DM_INLINE typename Simd<T>::Vector load(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(p);
}
template <class T>
DM_INLINE void store(T* p, typename Simd<T>::Vector v) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(p) = v;
}
DM_INLINE double sum(D v) { return (v[0] + v[1]) + (v[2] + v[3]); }
// The sums of four vectors, by halves.
DM_INLINE D sums(D a, D b, D c, D d) {
  const D ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const D cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}
typedef float Half __attribute__((vector_size(16)));
DM_INLINE Half halves(Simd<float>::Vector v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}
DM_INLINE Half sums(Simd<float>::Vector a, Simd<float>::Vector b, Simd<float>::Vector c,
                    Simd<float>::Vector d) {
  const Half ha = halves(a), hb = halves(b), hc = halves(c), hd = halves(d);
  const Half ab = __builtin_shufflevector(ha, hb, 0, 4, 1, 5) + __builtin_shufflevector(ha, hb, 2, 6, 3, 7);
  const Half cd = __builtin_shufflevector(hc, hd, 0, 4, 1, 5) + __builtin_shufflevector(hc, hd, 2, 6, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}
DM_INLINE float sum(Simd<float>::Vector v) {
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
}
DM_INLINE D largest(D a, D b) { return a > b ? a : b; }

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
// those: no pixel waits for the one before it.
float relax_row(float* x, std::ptrdiff_t stride, const float* weights, std::ptrdiff_t plane, const float* rhs,
                const float* step, float diagonal, std::ptrdiff_t count, float* scratch) {
  constexpr int kLanes = Simd<float>::kLanes;
  using Vector = Simd<float>::Vector;
  typedef int Mask __attribute__((vector_size(32)));
  const Mask even = {-1, 0, -1, 0, -1, 0, -1, 0};
  const float *left = weights + 3 * plane, *right = weights + 4 * plane;
  float* base = scratch;
  float* half = scratch + count + kLanes;  // with one pixel more at either end
  half[-1] = x[-1];
  half[count] = x[count];
  std::ptrdiff_t j = 0;
  for (; j + kLanes <= count; j += kLanes) {
    const Vector rest = load(rhs + j) + gather_rows(x + j, stride, weights + j, plane), old = load(x + j);
    const Vector beside = load(left + j) * load(x + j - 1) + load(right + j) * load(x + j + 1);
    store(base + j, rest);
    store(half + j, even ? old + load(step + j) * (rest + beside - diagonal * old) : old);
  }
  for (; j < count; ++j) {
    const float rest = rhs[j] + gather_rows1(x + j, stride, weights + j, plane);
    base[j] = rest;
    half[j] = x[j];
    if (j % 2 == 0)
      half[j] += step[j] * (rest + (left[j] * x[j - 1] + right[j] * x[j + 1]) - diagonal * x[j]);
  }
  Vector widest = {};
  for (j = 0; j + kLanes <= count; j += kLanes) {
    const Vector old = load(half + j);
    const Vector beside = load(left + j) * load(half + j - 1) + load(right + j) * load(half + j + 1);
    const Vector now = even ? old : old + load(step + j) * (load(base + j) + beside - diagonal * old);
    const Vector by = now - load(x + j), size = by > -by ? by : -by;
    widest = widest > size ? widest : size;
    store(x + j, now);
  }
  float change = 0;
  for (int i = 0; i < kLanes; ++i) change = widest[i] > change ? widest[i] : change;
  for (; j < count; ++j) {
    float now = half[j];
    if (j % 2 != 0)
      now += step[j] * (base[j] + (left[j] * half[j - 1] + right[j] * half[j + 1]) - diagonal * now);
    const float by = now - x[j];
    change = by > change ? by : (-by > change ? -by : change);
    x[j] = now;
  }
  return change;
}

// ---- dense fronts -----------------------------------------------------------------------------

// c[0..R)[0..V vectors) -= a^T b over `depth`; a, b, c row-major with a's rows along the depth.
template <class T, int R, int V, bool kFresh>
DM_INLINE void tile(T* c, std::ptrdiff_t ldc, const T* a, std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb,
                    int depth) {
  using Vector = typename Simd<T>::Vector;
  constexpr int kLanes = Simd<T>::kLanes;
  Vector acc[R][V];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      if constexpr (kFresh)
        acc[r][v] = Vector{};
      else
        acc[r][v] = load(c + r * ldc + v * kLanes);
    }
#pragma GCC unroll 1
  for (int k = 0; k < depth; ++k, a += lda, b += ldb) {
    Vector row[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) row[v] = load(b + v * kLanes);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const T factor = a[r];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) acc[r][v] -= factor * row[v];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) store(c + r * ldc + v * kLanes, acc[r][v]);
}

template <class T, int R, bool kFresh>
DM_INLINE void strip(T* c, std::ptrdiff_t ldc, int vectors, const T* a, std::ptrdiff_t lda, const T* b,
                     std::ptrdiff_t ldb, int depth) {
  constexpr int kLanes = Simd<T>::kLanes;
  for (; vectors >= 3; vectors -= 3, c += 3 * kLanes, b += 3 * kLanes)
    tile<T, R, 3, kFresh>(c, ldc, a, lda, b, ldb, depth);
  if (vectors == 2) tile<T, R, 2, kFresh>(c, ldc, a, lda, b, ldb, depth);
  if (vectors == 1) tile<T, R, 1, kFresh>(c, ldc, a, lda, b, ldb, depth);
}

// c (rows x width, width rounded up to whole vectors) -= a^T b; kFresh: c = -a^T b.
template <class T, bool kFresh = false>
void subtract_product(T* c, std::ptrdiff_t ldc, int rows, std::ptrdiff_t width, const T* a,
                      std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb, int depth) {
  constexpr int kLanes = Simd<T>::kLanes;
  const int vectors = static_cast<int>((width + kLanes - 1) / kLanes);
  for (; rows >= 4; rows -= 4, c += 4 * ldc, a += 4)
    strip<T, 4, kFresh>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 3) strip<T, 3, kFresh>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 2) strip<T, 2, kFresh>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 1) strip<T, 1, kFresh>(c, ldc, vectors, a, lda, b, ldb, depth);
}

constexpr int kPanel = 8;

template <class T>
bool eliminate(const FrontView<T>& f) {
  constexpr int kLanes = Simd<T>::kLanes;
  const int m = f.m, n = f.n;
  const std::ptrdiff_t ldu = f.ldu, ldc = f.ldc;
  // Boundary columns of c start here, rounded down to a whole vector; what that touches of the pivot columns
  // is rewritten before it is read.
  const std::ptrdiff_t boundary = m / kLanes * kLanes;
  for (int k0 = 0; k0 < m; k0 += kPanel) {
    const int k1 = k0 + kPanel < m ? k0 + kPanel : m;
    const std::ptrdiff_t rest = k1 / kLanes * kLanes;
    // The panel's columns of the rows below it move to c, where they are rows.
    for (int i = k1; i < m; ++i)
      for (int k = k0; k < k1; ++k) {
        f.c[k * ldc + i] = f.u[i * ldu + k];
        f.u[i * ldu + k] = 0;
      }
    for (int k = k0; k < k1; ++k) {
      T* u = f.u + k * ldu;
      T* c = f.c + k * ldc;
      u[k] = 0;
      // The pivot is minus the sum of what else is left of its row, ground included: no subtraction, so no
      // cancellation, however weakly the pixel hangs on the rest.
      typename Simd<T>::Vector total = load(u + k0);
      for (std::ptrdiff_t j = k0 + kLanes; j < ldu; j += kLanes) total += load(u + j);
      T pivot = 0;
      for (int v = 0; v < kLanes; ++v) pivot -= total[v];
      if (!(pivot > 0) || !(pivot < static_cast<T>(1e30))) return false;
      const T inverse = 1 / pivot;
      if (!(inverse < static_cast<T>(1e37))) return false;
      f.inverse[k] = inverse;
      for (std::ptrdiff_t j = rest; j < ldc; j += kLanes) store(c + j, load(c + j) * inverse);
      for (int i = k0; i <= k; ++i) c[i] = 0;
      for (int i = k + 1; i < k1; ++i) {
        T* row = f.u + i * ldu;
        const T factor = row[k] * inverse;
        row[k] = 0;
        c[i] = factor;
        for (std::ptrdiff_t j = k0; j < ldu; j += kLanes)
          store(row + j, load(row + j) - factor * load(u + j));
      }
      for (int i = k + 1; i < k1; ++i) {
        T* row = f.c + i * ldc;
        const T factor = u[i];
        for (std::ptrdiff_t j = rest; j < ldc; j += kLanes)
          store(row + j, load(row + j) - factor * load(c + j));
      }
    }
    if (k1 == m) break;
    subtract_product(f.u + k1 * ldu + k1, ldu, m - k1, ldu - k1, f.c + k0 * ldc + k1, ldc,
                     f.u + k0 * ldu + k1, ldu, k1 - k0);
    subtract_product(f.c + k1 * ldc + boundary, ldc, m - k1, ldc - boundary, f.u + k0 * ldu + k1, ldu,
                     f.c + k0 * ldc + boundary, ldc, k1 - k0);
  }
  if (f.leaf)
    subtract_product<T, true>(f.s, f.lds, n, n + 1, f.c + m, ldc, f.u + m, ldu, m);
  else
    subtract_product(f.s, f.lds, n, n + 1, f.c + m, ldc, f.u + m, ldu, m);
  return true;
}

// Lanes 0 .. count - 1 of a vector, the others 0.
template <class T>
DM_INLINE typename Simd<T>::Vector first_lanes(typename Simd<T>::Vector v, int count) {
  if constexpr (sizeof(T) == sizeof(float)) {
    typedef int Mask __attribute__((vector_size(32)));
    const Mask lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < count ? v : typename Simd<T>::Vector{};
  } else {
    const Bits lane = {0, 1, 2, 3};
    return lane < static_cast<long long>(count) ? v : typename Simd<T>::Vector{};
  }
}

template <class T>
void add_stretches(T* to, const T* from, const AddStretch* stretches, int count) {
  constexpr int kLanes = Simd<T>::kLanes;
  for (int i = 0; i < count; ++i) {
    T* out = to + stretches[i].to;
    const T* in = from + stretches[i].from;
    int left = stretches[i].count;
    for (; left >= kLanes; left -= kLanes, out += kLanes, in += kLanes) store(out, load(out) + load(in));
    if (left > 0) store(out, load(out) + first_lanes<T>(load(in), left));
  }
}

template <class T>
void forward(const FrontView<T>& f, T* y) {
  constexpr int kLanes = Simd<T>::kLanes;
  const std::ptrdiff_t end = f.m + f.n, ldc = f.ldc;
  int k = 0;
  for (; k + 4 <= f.m; k += 4) {
    const T *c0 = f.c + k * ldc, *c1 = c0 + ldc, *c2 = c1 + ldc, *c3 = c2 + ldc;
    const T y0 = y[k];
    const T y1 = y[k + 1] - c0[k + 1] * y0;
    const T y2 = y[k + 2] - c0[k + 2] * y0 - c1[k + 2] * y1;
    const T y3 = y[k + 3] - c0[k + 3] * y0 - c1[k + 3] * y1 - c2[k + 3] * y2;
    y[k + 1] = y1, y[k + 2] = y2, y[k + 3] = y3;
    for (std::ptrdiff_t j = k + 4; j < end; j += kLanes)
      store(y + j,
            load(y + j) - (load(c0 + j) * y0 + load(c1 + j) * y1) - (load(c2 + j) * y2 + load(c3 + j) * y3));
  }
  for (; k < f.m; ++k) {
    const T* c = f.c + k * ldc;
    const T yk = y[k];
    for (std::ptrdiff_t j = k + 1; j < end; j += kLanes) store(y + j, load(y + j) - load(c + j) * yk);
  }
}

template <class T>
void backward(const FrontView<T>& f, T* x) {
  using Vector = typename Simd<T>::Vector;
  constexpr int kLanes = Simd<T>::kLanes;
  const std::ptrdiff_t end = f.m + f.n, ldu = f.ldu;
  int k = f.m;
  for (; k % 4 != 0; --k) {
    const T* u = f.u + (k - 1) * ldu;
    Vector dot = {};
    for (std::ptrdiff_t j = k; j < end; j += kLanes) dot += load(u + j) * load(x + j);
    x[k - 1] = (x[k - 1] - sum(dot)) * f.inverse[k - 1];
  }
  for (; k > 0; k -= 4) {
    const T *u0 = f.u + (k - 4) * ldu, *u1 = u0 + ldu, *u2 = u1 + ldu, *u3 = u2 + ldu;
    Vector dot0 = {}, dot1 = {}, dot2 = {}, dot3 = {};
    for (std::ptrdiff_t j = k; j < end; j += kLanes) {
      const Vector right = load(x + j);
      dot0 += load(u0 + j) * right;
      dot1 += load(u1 + j) * right;
      dot2 += load(u2 + j) * right;
      dot3 += load(u3 + j) * right;
    }
    T* out = x + k - 4;
    const T* inverse = f.inverse + k - 4;
    const auto dots = sums(dot0, dot1, dot2, dot3);
    const T x3 = (out[3] - dots[3]) * inverse[3];
    const T x2 = (out[2] - dots[2] - u2[k - 1] * x3) * inverse[2];
    const T x1 = (out[1] - dots[1] - u1[k - 1] * x3 - u1[k - 2] * x2) * inverse[1];
    out[0] = (out[0] - dots[0] - u0[k - 1] * x3 - u0[k - 2] * x2 - u0[k - 3] * x1) * inverse[0];
    out[1] = x1, out[2] = x2, out[3] = x3;
  }
}

}  // namespace

Kernels table() {
  return {affinity_row,
          residual_row<double>,
          residual_row<float>,
          relax_row,
          narrow_row,
          largest_row,
          {eliminate<float>, add_stretches<float>, forward<float>, backward<float>},
          {eliminate<double>, add_stretches<double>, forward<double>, backward<double>}};
}

}  // namespace depthmill::colorization::DEPTHMILL_KERNELS
