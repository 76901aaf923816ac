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
  // For images of another size. Memory only grows, and nothing of earlier images is left that a result could show.
  void resize(Index rows, Index cols);

  // Weights, right side, x = 0, and what the rounds begin with.
  void load(ImageView gray, ImageView depth);
  void restart(ImageView depth);  // x = readings, 0 elsewhere
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
  // correction of x as loaded; false when the factors did not come out. fold_in, after Rounds::complete(), adds what
  // was found to x, and takes the residual of that; reach() is there after the first.
  bool begin_rounds(double omega);
  Rounds& rounds() { return rounds_; }
  Residual fold_in();

  const double* row(Index i) const { return x_.data() + (i + 1) * stride_ + 1; }

 private:
  double* x_row(Index i) { return x_.data() + (i + 1) * stride_ + 1; }
  void residual_row(Index row, Index begin, Index end);  // into scratch_
  template <class T>
  void choose_missing_rows(T* v);
  template <class T>
  void measure_reach(const T* w, bool refine);
  template <class T>
  void enter_w(const T* w);
  void leave_w();
  void begin_reach();
  void look_at_reach(Index row);
  Reach reach_shown() const;
  template <class Work>
  void on_reach(Work work);
  template <class Each>
  void beside_exact(Index row, Each each) const;
  void fold_row(Index i);
  Residual residual(Rounds* to);

  Index rows_ = 0, cols_ = 0, stride_ = 0, exact_ = 0;
  double alpha_;
  Reach reach_{};
  Precision precision_ = Precision::kFloat;
  Affinity affinity_;
  Dissection dissection_;
  Multifrontal<float> single_;
  Multifrontal<double> twice_;
  Rounds rounds_;
  Buffer<double> x_, rhs_, diagonal_, scratch_, correction_, ones_;
  // w of docs/solver.md while it is looked at, padded as x_, else 0; and what has been seen of it.
  Buffer<double> w_;
  double most_ = 0, lacking_ = 0, spill_ = 0;
  bool reach_is_open_ = false;  // w goes through U^-1 along with the first phase of the rounds
  bool for_reach_ = false;      // x_ is w, the right side is 1 where depth is missing, 0 elsewhere
  Buffer<float> correction_single_;
  Buffer<std::uint8_t> missing_, member_, spare_;
};

}  // namespace depthmill::colorization
