// One fill under way: the system of affinity.h with x in metres, its split into a set D of pixels that is
// solved exactly and the rest, K, all known, that is relaxed; and the steps of the iteration. Not installed.
#pragma once

#include <cstdint>
#include <vector>

#include "affinity.h"
#include "buffer.h"
#include "dissection.h"
#include "multifrontal.h"

namespace depthmill::colorization {

class FillState {
 public:
  FillState(Index rows, Index cols, double alpha);

  // Weights, right side, and x = readings, 0 elsewhere. Returns the number of missing pixels.
  void load(ImageView gray, ImageView depth);
  void restart(ImageView depth);  // x as after load
  void restart_empty();           // x = 0

  // D = missing pixels and those at most `reach` from them, or all pixels. Dissects and factors A_DD.
  // Float factors of a matrix that would magnify their rounding are made again in double.
  // False when the factor did not come out in the chosen precision.
  enum class Precision { kFloat, kDouble };
  void choose_missing(int reach);
  void choose_all();
  Index exact() const { return exact_; }  // pixels in D
  bool factor(Precision precision);

  // x_D = A_DD^-1 (b_D - A_DK x_K), as a correction. Returns its largest entry.
  double correct();
  // `sweeps` Gauss-Seidel sweeps over K with over-relaxation omega (SOR). Returns the last sweep's largest
  // change.
  double relax(int sweeps, double omega);
  // max |b - A x| over K, and over D.
  struct Residual {
    double known, exact;
  };
  Residual residual();

  // x, padded by one pixel all round.
  double* padded() { return x_.data(); }
  std::size_t padded_size() const { return static_cast<std::size_t>((rows_ + 2) * stride_); }
  const double* row(Index i) const { return x_.data() + (i + 1) * stride_ + 1; }
  // Pixels of K next to D, as indices into padded(): what D sees of K.
  const std::vector<int>& rim() const { return rim_; }

 private:
  double* x_row(Index i) { return x_.data() + (i + 1) * stride_ + 1; }
  void dilate(const std::uint8_t* from, std::uint8_t* to);
  void find_rim();

  Index rows_, cols_, stride_, exact_ = 0;
  double alpha_;
  Precision precision_ = Precision::kFloat;
  Affinity affinity_;
  Dissection dissection_;
  Multifrontal<float> single_;
  Multifrontal<double> twice_;
  Buffer<double> x_, rhs_, diagonal_, step_, scratch_, correction_;
  Buffer<std::uint8_t> missing_, member_, spare_;
  std::vector<int> rim_;
  double step_omega_ = 0;
};

}  // namespace depthmill::colorization
