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
typedef float Half __attribute__((vector_size(16)));
typedef float HalfUnaligned __attribute__((vector_size(16), aligned(4), may_alias));

#define DM_INLINE inline __attribute__((always_inline))

template <class T>
DM_INLINE typename Simd<T>::Vector load(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(p);
}
template <class T>
DM_INLINE void store(T* p, typename Simd<T>::Vector v) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(p) = v;
}
// Four entries as doubles.
DM_INLINE D load4(const double* p) { return load(p); }
DM_INLINE D load4(const float* p) {
  const Half half = *reinterpret_cast<const HalfUnaligned*>(p);
  return __builtin_convertvector(half, D);
}
DM_INLINE double sum(D v) { return (v[0] + v[1]) + (v[2] + v[3]); }
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

// Everything but the left neighbour's share, for four pixels.
DM_INLINE D gather_but_left(const double* x, std::ptrdiff_t stride, const double* w, std::ptrdiff_t plane) {
  D a = load(w) * load(x - stride - 1);
  D b = load(w + plane) * load(x - stride);
  a += load(w + 2 * plane) * load(x - stride + 1);
  b += load(w + 4 * plane) * load(x + 1);
  a += load(w + 5 * plane) * load(x + stride - 1);
  b += load(w + 6 * plane) * load(x + stride);
  a += load(w + 7 * plane) * load(x + stride + 1);
  return a + b;
}
DM_INLINE double gather_but_left1(const double* x, std::ptrdiff_t stride, const double* w,
                                  std::ptrdiff_t plane) {
  double a = w[0] * x[-stride - 1];
  double b = w[plane] * x[-stride];
  a += w[2 * plane] * x[-stride + 1];
  b += w[4 * plane] * x[1];
  a += w[5 * plane] * x[stride - 1];
  b += w[6 * plane] * x[stride];
  a += w[7 * plane] * x[stride + 1];
  return a + b;
}

void residual_row(const double* x, std::ptrdiff_t stride, const double* weights, std::ptrdiff_t plane,
                  const double* rhs, const double* diagonal, std::ptrdiff_t count, double* residual) {
  std::ptrdiff_t j = 0;
  for (; j + 4 <= count; j += 4)
    store(residual + j, load(rhs + j) + (gather_but_left(x + j, stride, weights + j, plane) +
                                         load(weights + 3 * plane + j) * load(x + j - 1) -
                                         load(diagonal + j) * load(x + j)));
  for (; j < count; ++j)
    residual[j] = rhs[j] + (gather_but_left1(x + j, stride, weights + j, plane) +
                            weights[3 * plane + j] * x[j - 1] - diagonal[j] * x[j]);
}

double relax_row(double* x, std::ptrdiff_t stride, const double* weights, std::ptrdiff_t plane,
                 const double* rhs, const double* step, double diagonal, std::ptrdiff_t count,
                 double* scratch) {
  double* base = scratch;
  double* chain = scratch + count;
  std::ptrdiff_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const D s = load(step + j), old = load(x + j);
    const D rest = load(rhs + j) + gather_but_left(x + j, stride, weights + j, plane) - diagonal * old;
    store(base + j, old + s * rest);
    store(chain + j, s * load(weights + 3 * plane + j));
  }
  for (; j < count; ++j) {
    const double rest = rhs[j] + gather_but_left1(x + j, stride, weights + j, plane) - diagonal * x[j];
    base[j] = x[j] + step[j] * rest;
    chain[j] = step[j] * weights[3 * plane + j];
  }
  double left = x[-1], change = 0;
  for (j = 0; j < count; ++j) {
    left = base[j] + chain[j] * left;
    base[j] = left;
  }
  D widest = {};
  for (j = 0; j + 4 <= count; j += 4) {
    const D now = load(base + j), by = now - load(x + j);
    widest = largest(widest, largest(by, -by));
    store(x + j, now);
  }
  for (int i = 0; i < 4; ++i) change = widest[i] > change ? widest[i] : change;
  for (; j < count; ++j) {
    const double by = base[j] - x[j];
    change = by > change ? by : (-by > change ? -by : change);
    x[j] = base[j];
  }
  return change;
}

// ---- dense fronts -----------------------------------------------------------------------------

// c[0..R)[0..V vectors) -= a^T b over `depth`; a, b, c row-major with a's rows along the depth.
template <class T, int R, int V>
DM_INLINE void tile(T* c, std::ptrdiff_t ldc, const T* a, std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb,
                    int depth) {
  using Vector = typename Simd<T>::Vector;
  constexpr int kLanes = Simd<T>::kLanes;
  Vector acc[R][V];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) acc[r][v] = load(c + r * ldc + v * kLanes);
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

template <class T, int R>
DM_INLINE void strip(T* c, std::ptrdiff_t ldc, int vectors, const T* a, std::ptrdiff_t lda, const T* b,
                     std::ptrdiff_t ldb, int depth) {
  constexpr int kLanes = Simd<T>::kLanes;
  for (; vectors >= 3; vectors -= 3, c += 3 * kLanes, b += 3 * kLanes)
    tile<T, R, 3>(c, ldc, a, lda, b, ldb, depth);
  if (vectors == 2) tile<T, R, 2>(c, ldc, a, lda, b, ldb, depth);
  if (vectors == 1) tile<T, R, 1>(c, ldc, a, lda, b, ldb, depth);
}

// c (rows x width, width rounded up to whole vectors) -= a^T b.
template <class T>
void subtract_product(T* c, std::ptrdiff_t ldc, int rows, std::ptrdiff_t width, const T* a,
                      std::ptrdiff_t lda, const T* b, std::ptrdiff_t ldb, int depth) {
  constexpr int kLanes = Simd<T>::kLanes;
  const int vectors = static_cast<int>((width + kLanes - 1) / kLanes);
  for (; rows >= 4; rows -= 4, c += 4 * ldc, a += 4) strip<T, 4>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 3) strip<T, 3>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 2) strip<T, 2>(c, ldc, vectors, a, lda, b, ldb, depth);
  if (rows == 1) strip<T, 1>(c, ldc, vectors, a, lda, b, ldb, depth);
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
  if (n > 0) subtract_product(f.s, f.lds, n, n + 1, f.c + m, ldc, f.u + m, ldu, m);
  return true;
}

template <class T>
void forward(const FrontView<T>& f, double* y) {
  const std::ptrdiff_t end = f.m + f.n, ldc = f.ldc;
  int k = 0;
  for (; k + 4 <= f.m; k += 4) {
    const T *c0 = f.c + k * ldc, *c1 = c0 + ldc, *c2 = c1 + ldc, *c3 = c2 + ldc;
    const double y0 = y[k];
    const double y1 = y[k + 1] - c0[k + 1] * y0;
    const double y2 = y[k + 2] - c0[k + 2] * y0 - c1[k + 2] * y1;
    const double y3 = y[k + 3] - c0[k + 3] * y0 - c1[k + 3] * y1 - c2[k + 3] * y2;
    y[k + 1] = y1, y[k + 2] = y2, y[k + 3] = y3;
    for (std::ptrdiff_t j = k + 4; j < end; j += 4)
      store(y + j, load(y + j) - (load4(c0 + j) * y0 + load4(c1 + j) * y1) -
                       (load4(c2 + j) * y2 + load4(c3 + j) * y3));
  }
  for (; k < f.m; ++k) {
    const T* c = f.c + k * ldc;
    const double yk = y[k];
    for (std::ptrdiff_t j = k + 1; j < end; j += 4) store(y + j, load(y + j) - load4(c + j) * yk);
  }
}

template <class T>
void backward(const FrontView<T>& f, double* x) {
  const std::ptrdiff_t end = f.m + f.n, ldu = f.ldu;
  int k = f.m;
  for (; k % 4 != 0; --k) {
    const T* u = f.u + (k - 1) * ldu;
    D dot = {};
    for (std::ptrdiff_t j = k; j < end; j += 4) dot += load4(u + j) * load(x + j);
    x[k - 1] = (x[k - 1] - sum(dot)) * f.inverse[k - 1];
  }
  for (; k > 0; k -= 4) {
    const T *u0 = f.u + (k - 4) * ldu, *u1 = u0 + ldu, *u2 = u1 + ldu, *u3 = u2 + ldu;
    D dot0 = {}, dot1 = {}, dot2 = {}, dot3 = {};
    for (std::ptrdiff_t j = k; j < end; j += 4) {
      const D right = load(x + j);
      dot0 += load4(u0 + j) * right;
      dot1 += load4(u1 + j) * right;
      dot2 += load4(u2 + j) * right;
      dot3 += load4(u3 + j) * right;
    }
    double* out = x + k - 4;
    const T* inverse = f.inverse + k - 4;
    out[3] = (out[3] - sum(dot3)) * inverse[3];
    out[2] = (out[2] - sum(dot2) - u2[k - 1] * out[3]) * inverse[2];
    out[1] = (out[1] - sum(dot1) - u1[k - 2] * out[2] - u1[k - 1] * out[3]) * inverse[1];
    out[0] = (out[0] - sum(dot0) - u0[k - 3] * out[1] - u0[k - 2] * out[2] - u0[k - 1] * out[3]) * inverse[0];
  }
}

}  // namespace

Kernels table() {
  return {affinity_row,
          residual_row,
          relax_row,
          {eliminate<float>, forward<float>, backward<float>},
          {eliminate<double>, forward<double>, backward<double>}};
}

}  // namespace depthmill::colorization::DEPTHMILL_KERNELS
