// Vectors of 256 bits in GCC's own terms, for the bodies of the kernels (kernels_body.h). Not installed.
#pragma once

#include <cstddef>

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
  const Half half = halves(v);
  return (half[0] + half[1]) + (half[2] + half[3]);
}
DM_INLINE D largest(D a, D b) { return a > b ? a : b; }

}  // namespace
}  // namespace depthmill::colorization::DEPTHMILL_KERNELS
