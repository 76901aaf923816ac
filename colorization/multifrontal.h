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
#include <cstdint>
#include <span>
#include <vector>

#include "affinity.h"
#include "buffer.h"
#include "dissection.h"
#include "kernels.h"

namespace depthmill::colorization {

// Eight planes of weights as in Affinity, plane k at data + k * plane; rows `stride` apart: the columns of
// the image, or two more.
template <class T>
struct WeightPlanes {
  const T* data;
  Index plane, stride;
};

// Factors and vectors in T, float or double.
template <class T>
class Multifrontal {
 public:
  // missing: rows x cols, 1 = no reading. The row sums of A are what is known of them exactly: alpha where
  // there is a reading, else 0; weights to pixels outside the set are added. False when a pivot is not a
  // positive number of this type (T's range is exhausted); then do not solve.
  // Right sides in `forward`, vectors in the order of the dissection, go through L^-1 on the way, while each
  // part of L is still in the cache.
  bool factor(const Dissection& dissection, const WeightPlanes<T>& weights, const std::uint8_t* missing,
              double alpha, std::span<T* const> forward = {});

  // Vectors have a vector's length (kernels.h) to spare.
  // L^-1 of a right side in the order of the dissection, and U^-1 of vectors that went through L^-1.
  void forward(T* v);
  void backward(std::span<T* const> vectors);
  // v, in the order of the dissection: in the right side, out the solution.
  void solve(T* v);
  // The same where only some fronts matter: those whose right side is not 0 or whose solution is wanted, and
  // all that are eliminated after and touched by them. v of other fronts must be 0 and stays.
  void solve(T* v, const std::vector<int>& fronts);
  // U^-1 in two parts: of these fronts, with all whose solution theirs hangs on; then of all others, from the
  // solution of these, whatever it has become since.
  void backward(std::span<T* const> vectors, const std::vector<int>& fronts);
  void complete(std::span<T* const> vectors, const std::vector<int>& fronts);

  std::size_t bytes() const {
    return (upper_.capacity() + lower_.capacity() + stacks_[0].capacity() + stacks_[1].capacity()) *
           sizeof(T);
  }

 private:
  struct Panel {
    std::size_t upper;  // u and the inverse pivots of the front, one after the other
    std::size_t lower;  // c
    std::size_t rest;   // s, on the stack of this front's depth
    int ldu, ldc, lds;
    int stack;
  };
  FrontView<T> view(const Front& front, const Panel& panel);
  void plan();
  void find_stacks();
  void assemble(const Front& front, const FrontView<T>& to, const WeightPlanes<T>& weights,
                const std::uint8_t* missing, double alpha);
  void add_child(int child, const Front& front, const FrontView<T>& to);

  static const FrontKernels<T>& front_kernels();
  void forward(T* v, int f);
  void backward(T* v, int f);
  template <class Select>
  void forward(T* v, int count, Select front_at);
  template <class Select>
  void backward(std::span<T* const> vectors, int count, Select front_at);
  void fetch_upper(int f) const;

  const Dissection* dissection_ = nullptr;
  std::vector<Panel> panels_;
  std::vector<int> open_;   // fronts that have not handed on what is left of them
  std::vector<int> local_;  // of a position, its column in the front at hand
  std::vector<AddStretch> stretches_;
  Buffer<T> upper_, lower_;  // forward reads one factor, backward the other, each as one stream
  // What fronts leave to the fronts above them: a front takes from one stack and leaves on the other.
  Buffer<T> stacks_[2];
  Buffer<T> local_vector_;
  int widest_ = 0;
};

extern template class Multifrontal<float>;
extern template class Multifrontal<double>;

}  // namespace depthmill::colorization
