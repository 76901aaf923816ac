// The inner loops of the fill, compiled twice: for the baseline of the build and for AVX2 with FMA. Which one
// runs is decided by the processor when a filler is made, so a plain x86-64 build is as fast as a tuned one.
// Fused multiply-adds are used where there are; results may differ between processors in the last digits,
// never between runs on one. Not installed.
#pragma once

#include <cstddef>

namespace depthmill::colorization {

// Images here are padded: one pixel more on every side, so that every neighbour can be read. Weight planes
// are not padded: plane k of pixel p is weights[k * plane_stride + p].

// One dense block of the elimination, all row-major, rows padded to whole vectors with zeros; see
// multifrontal.h for what it holds. u: m x ldu, columns m pivots | n boundary | ground. c: m x ldc, columns
// m pivots | n boundary, the transposed lower part. s: n x lds, columns n boundary | ground.
template <class T>
struct FrontView {
  int m, n;
  T* u;
  std::ptrdiff_t ldu;
  T* c;
  std::ptrdiff_t ldc;
  T* s;
  std::ptrdiff_t lds;
  T* inverse;  // m
  bool leaf;   // s has not been written yet: nothing was handed to this front
};

// `count` entries of a vector from `at` on.
struct Stretch {
  int at, count;
};

// `count` entries of a row, from one place to another.
struct AddStretch {
  int from, to, count;
};

template <class T>
struct FrontKernels {
  // Eliminates the m pivots, and leaves u's rows multiplied by the inverse pivots; false when a pivot is not a positive
  // number.
  bool (*eliminate)(const FrontView<T>& front);
  // to += from along stretches that do not overlap; up to a vector after each is rewritten as it was.
  void (*add_stretches)(T* to, const T* from, const AddStretch* stretches, int count);
  // Both take and leave v, of which `own` is the part of the front's pivots and `boundary` lists what lies on its
  // boundary, n in all; up to a vector after each part is read, and rewritten as it was. y: m + n and 16 to spare.
  // v_pivots = L^-1 v_pivots; v_boundary -= L_boundary v_pivots.
  void (*forward)(const FrontView<T>& front, T* v, T* own, const Stretch* boundary, int stretches, T* y);
  // v_pivots = U^-1 (v_pivots - U_boundary v_boundary).
  void (*backward)(const FrontView<T>& front, T* v, T* own, const Stretch* boundary, int stretches, T* y);
};

struct Kernels {
  // Weights of `count` pixels of one row; rows of gray at above/here/below, each readable one pixel to the
  // left and right. All 8 neighbours exist.
  void (*affinity_row)(const double* above, const double* here, const double* below, std::ptrdiff_t count,
                       double* weights, std::ptrdiff_t plane_stride);
  // residual_j = rhs_j + sum_k w_kj x_k - diagonal_j x_j for `count` pixels of one row.
  void (*residual_row)(const double* x, std::ptrdiff_t stride, const double* weights,
                       std::ptrdiff_t plane_stride, const double* rhs, const double* diagonal,
                       std::ptrdiff_t count, double* residual);
  // One relaxation of a row, its even pixels before its odd ones: x_j += step_j * residual_j, the diagonal
  // being the same for all pixels whose step is not 0.
  void (*relax_row)(float* x, std::ptrdiff_t stride, const float* weights, std::ptrdiff_t plane_stride,
                    const float* rhs, const float* step, float diagonal, std::ptrdiff_t count);
  void (*narrow_row)(const double* from, std::ptrdiff_t count, float* to);
  // Raises the two to the largest |residual| of pixels whose flag is 0, and 1.
  void (*largest_row)(const double* residual, const unsigned char* missing, std::ptrdiff_t count,
                      double* of_known, double* of_missing);
  FrontKernels<float> single;
  FrontKernels<double> twice;
};

const Kernels& kernels();

}  // namespace depthmill::colorization
