// One fill under way: the system of affinity.h with x in metres, its split into a set D of pixels that is
// solved exactly and the rest, K, all known, that is relaxed; and the steps of the iteration. Not installed.
#pragma once

#include <cstdint>
#include <vector>

#include "affinity.h"
#include "buffer.h"
#include "dissection.h"
#include "multifrontal.h"
#include "rounds.h"

namespace depthmill::colorization {

class FillState {
 public:
  FillState(Index rows, Index cols, double alpha);

  // Weights, right side, x = readings, 0 elsewhere, and its residual for the rounds.
  void load(ImageView gray, ImageView depth);
  void restart(ImageView depth);  // x as after load
  void restart_empty();           // x = 0

  // D = missing pixels and those at most `reach` from them, or all pixels. factor() dissects it, factors A_DD
  // and measures reach(); false when the factors did not come out in the chosen precision. x is as loaded
  // before and after.
  enum class Precision { kFloat, kDouble };
  void choose_missing(int reach);
  void choose_all();
  Index exact() const { return exact_; }  // pixels in D
  bool factor(Precision precision);

  // x_D += A_DD^-1 (b - A x)_D. Returns the largest change.
  double correct();
  // max |b - A x| over pixels with a reading, and over those without.
  struct Residual {
    double known, missing;
  };
  Residual residual() { return residual(nullptr); }
  // What a residual can stand for at most, once factored: see docs/solver.md.
  // |x - A^-1 b| <= of_known * known + of_missing * missing; infinite when the factors do not show it.
  struct Reach {
    double of_known, of_missing;
  };
  const Reach& reach() const { return reach_; }

  // The inner iteration (rounds.h) on r = b - A x. begin_rounds dissects, factors and makes the first
  // correction of x as loaded; false when the factors did not come out. fold_in adds what was found to x, and
  // takes the residual of that.
  bool begin_rounds(double omega);
  Rounds& rounds() { return rounds_; }
  Residual fold_in() { return residual(&rounds_); }

  const double* row(Index i) const { return x_.data() + (i + 1) * stride_ + 1; }

 private:
  double* x_row(Index i) { return x_.data() + (i + 1) * stride_ + 1; }
  void residual_row(Index row, Index begin, Index end);  // into scratch_
  template <class T>
  void choose_missing_rows(T* v);
  template <class T>
  void measure_reach(const T* w, bool refine);
  Reach reach_shown();
  void fold_row(Index i);
  Residual residual(Rounds* to);

  Index rows_, cols_, stride_, exact_ = 0;
  double alpha_;
  Reach reach_{};
  Precision precision_ = Precision::kFloat;
  Affinity affinity_;
  Dissection dissection_;
  Multifrontal<float> single_;
  Multifrontal<double> twice_;
  Rounds rounds_;
  Buffer<double> x_, rhs_, diagonal_, scratch_, correction_, ones_;
  Buffer<double> other_x_;  // padded as x_; 0 but while it is x_
  bool for_reach_ = false;  // the right side is 1 where depth is missing, 0 elsewhere, instead of rhs_
  Buffer<float> correction_single_;
  Buffer<std::uint8_t> missing_, member_, spare_;
};

}  // namespace depthmill::colorization
