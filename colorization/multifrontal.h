// LU of the fill's matrix restricted to a set of pixels, along a nested dissection of it: A_DD = L U, no
// pivoting (the matrix is a diagonally dominant M-matrix). Not installed.
//
// Each front is a dense block over its own pixels (pivots) and those they still touch (boundary). Diagonals
// are never stored: every row carries as one more column, "ground", minus its row sum, which is what ties it
// to readings and to pixels outside the set; the diagonal is minus the sum of the row's other entries
// (Grassmann, Taksar and Heyman 1985). All numbers then only grow in magnitude, nothing cancels, and each
// entry of L and U comes out with a small relative error even in float, however ill-conditioned the matrix.
#pragma once

#include <cstddef>
#include <vector>

#include "affinity.h"
#include "buffer.h"
#include "dissection.h"
#include "kernels.h"

namespace depthmill::colorization {

// The factors in T (float or double). Vectors are double always.
template <class T>
class Multifrontal {
 public:
  // weights: 8 planes as in Affinity. diagonal: of every pixel of the image, 1 + alpha where known, else 1,
  // so that the row's sum is what exceeds 1; weights to pixels outside the set are added to it. False when a
  // pivot is not a positive number of this type (T's range is exhausted); then do not solve.
  bool factor(const Dissection& dissection, const double* weights, const double* diagonal);

  // v, in the order of the dissection: in the right side, out the solution.
  void solve(double* v);

  // 1 / the smallest pivot of the latest factorization: how weakly some pixels hang on the rest. Rounding of
  // the factors is magnified by about as much.
  double weakness() const { return weakness_; }

  std::size_t bytes() const {
    return (upper_.capacity() + lower_.capacity() + stack_.capacity()) * sizeof(T);
  }

 private:
  struct Panel {
    std::size_t upper;  // u and the inverse pivots of the front, one after the other
    std::size_t lower;  // c
    int ldu, ldc;
  };
  struct Remainder {
    int front;
    std::size_t at;
    int lds;
  };
  FrontView<T> view(const Front& front, const Panel& panel);
  void plan();
  void assemble(const Front& front, const FrontView<T>& to, const double* weights, const double* diagonal);
  void add_child(const Remainder& child, const Front& front, const FrontView<T>& to);

  const Dissection* dissection_ = nullptr;
  std::vector<Panel> panels_;
  std::vector<Remainder> open_;
  std::vector<int> local_, columns_;
  Buffer<T> upper_, lower_, stack_;  // forward reads one factor, backward the other, each as one stream
  Buffer<double> local_vector_;
  int widest_ = 0;
  double weakness_ = 0;
};

extern template class Multifrontal<float>;
extern template class Multifrontal<double>;

}  // namespace depthmill::colorization
