// The dense fronts of the elimination: part of kernels_body.h, which see. Not installed.
#pragma once

#include "kernels.h"
#include "kernels_simd.h"

namespace depthmill::colorization::DEPTHMILL_KERNELS {
namespace {

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
      const T pivot = -sum(total);
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
  for (int k = 0; k < m; ++k)
    for (std::ptrdiff_t j = k / kLanes * kLanes; j < ldu; j += kLanes)
      store(f.u + k * ldu + j, load(f.u + k * ldu + j) * f.inverse[k]);
  return true;
}

// Lanes 0 .. count - 1 of a vector, the others from another.
template <class T>
DM_INLINE typename Simd<T>::Vector blend_lanes(typename Simd<T>::Vector v, typename Simd<T>::Vector others,
                                               int count) {
  if constexpr (sizeof(T) == sizeof(float)) {
    typedef int Mask __attribute__((vector_size(32)));
    const Mask lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < count ? v : others;
  } else {
    const Bits lane = {0, 1, 2, 3};
    return lane < static_cast<long long>(count) ? v : others;
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
    if (left > 0) store(out, load(out) + blend_lanes<T>(load(in), typename Simd<T>::Vector{}, left));
  }
}

// The parts of v that a front deals with, side by side, and back.
template <class T>
DM_INLINE void copy_whole_vectors(T* to, const T* from, int count) {
  for (int k = 0; k < count; k += Simd<T>::kLanes) store(to + k, load(from + k));
}
template <class T>
DM_INLINE void gather(const FrontView<T>& f, T* y, const T* v, const T* own, const Stretch* boundary,
                      int stretches) {
  copy_whole_vectors(y, own, f.m);
  y += f.m;
  for (int i = 0; i < stretches; y += boundary[i].count, ++i)
    copy_whole_vectors(y, v + boundary[i].at, boundary[i].count);
}
template <class T>
DM_INLINE void copy_exactly(T* to, const T* from, int count) {
  constexpr int kLanes = Simd<T>::kLanes;
  int k = 0;
  for (; k + kLanes <= count; k += kLanes) store(to + k, load(from + k));
  if (k < count) store(to + k, blend_lanes<T>(load(from + k), load(to + k), count - k));
}

// Columns k .. k + R - 1 of it.
template <class T, int R>
DM_INLINE void forward_columns(const FrontView<T>& f, std::ptrdiff_t k, T* own, T* y) {
  using Vector = typename Simd<T>::Vector;
  const std::ptrdiff_t end = f.m + f.n, ldc = f.ldc;
  const T* c = f.c + k * ldc;
  T now[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    now[r] = y[k + r];
#pragma GCC unroll 4
    for (int before = 0; before < r; ++before) now[r] -= c[before * ldc + k + r] * now[before];
    own[k + r] = now[r];
  }
  for (std::ptrdiff_t j = k + R; j < end; j += Simd<T>::kLanes) {
    Vector less = load(c + j) * now[0];
#pragma GCC unroll 4
    for (int r = 1; r < R; ++r) less += load(c + r * ldc + j) * now[r];
    store(y + j, load(y + j) - less);
  }
}

template <class T>
void forward(const FrontView<T>& f, T* v, T* own, const Stretch* boundary, int stretches, T* y) {
  gather(f, y, v, own, boundary, stretches);
  int k = 0;
  for (; k + 4 <= f.m; k += 4) forward_columns<T, 4>(f, k, own, y);
  if (f.m % 4 == 3) forward_columns<T, 3>(f, k, own, y);
  if (f.m % 4 == 2) forward_columns<T, 2>(f, k, own, y);
  if (f.m % 4 == 1) forward_columns<T, 1>(f, k, own, y);
  y += f.m;
  for (int i = 0; i < stretches; y += boundary[i].count, ++i)
    copy_exactly(v + boundary[i].at, y, boundary[i].count);
}

// Rows k - R .. k - 1 of it, from what comes after them.
template <class T, int R>
DM_INLINE void backward_rows(const FrontView<T>& f, std::ptrdiff_t k, T* own, T* x) {
  using Vector = typename Simd<T>::Vector;
  const std::ptrdiff_t end = f.m + f.n, ldu = f.ldu;
  const T* u = f.u + (k - R) * ldu;
  Vector dot[4] = {};
  for (std::ptrdiff_t j = k; j < end; j += Simd<T>::kLanes) {
    const Vector right = load(x + j);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) dot[r] += load(u + r * ldu + j) * right;
  }
  const auto dots = sums(dot[0], dot[1], dot[2], dot[3]);
  const T* inverse = f.inverse + k - R;
  T now[R];
#pragma GCC unroll 4
  for (int r = R - 1; r >= 0; --r) {
    now[r] = x[k - R + r] * inverse[r] - dots[r];
#pragma GCC unroll 4
    for (int later = R - 1; later > r; --later) now[r] -= u[r * ldu + k - R + later] * now[later];
    own[k - R + r] = x[k - R + r] = now[r];
  }
}

template <class T>
void backward(const FrontView<T>& f, T* v, T* own, const Stretch* boundary, int stretches, T* x) {
  gather(f, x, v, own, boundary, stretches);
  store(x + f.m + f.n, typename Simd<T>::Vector{});  // products with what follows must not be NaN
  if (f.m % 4 == 3) backward_rows<T, 3>(f, f.m, own, x);
  if (f.m % 4 == 2) backward_rows<T, 2>(f, f.m, own, x);
  if (f.m % 4 == 1) backward_rows<T, 1>(f, f.m, own, x);
  for (int k = f.m / 4 * 4; k > 0; k -= 4) backward_rows<T, 4>(f, k, own, x);
}

}  // namespace
}  // namespace depthmill::colorization::DEPTHMILL_KERNELS
