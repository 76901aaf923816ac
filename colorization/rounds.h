// The inner iteration of a fill, in float. Given the residual r = b - A x of the solution x that the caller
// keeps in double, it improves an estimate e of the correction A e = r, with which the caller then updates x.
//
// The pixels are split in two sets. D holds the missing pixels and those close to them; its block of A is
// factorized and solved exactly. K holds the rest, all of them known, where A is strongly diagonal; there a
// few Gauss-Seidel sweeps are enough. A round does both in turn (block Gauss-Seidel), each with the latest
// values of the other set.
//
// D and K act on each other only across their common border: `shore` are the pixels of D that have a
// neighbour in K, `rim` those of K that have one in D. So it pays to make most rounds short: they sweep only
// the part of K near the border, and solve only those fronts (parts of the factorization) of D that contain a
// shore pixel or lie between one and the root. Not installed.
#pragma once

#include <cstdint>
#include <vector>

#include "acceleration.h"
#include "affinity.h"
#include "buffer.h"
#include "dissection.h"
#include "multifrontal.h"

namespace depthmill::colorization {

class Rounds {
 public:
  static constexpr int kMostSweeps = 16;  // of one round

  explicit Rounds(double alpha);
  void resize(Index rows, Index cols);  // before anything else

  // Row `row` of the weights.
  void load_row(Index row, const Affinity& affinity);
  WeightPlanes<float> weights() const { return {weights_.data() + stride_ + 1, cells(), stride_}; }

  // The sets, before anything else: member (rows x cols) 1 = in D, 0 = in K. `dissection` is the order in
  // which D is factorized and is kept by reference, `omega` the factor of over-relaxation in K.
  void choose(const std::uint8_t* member, const Dissection& dissection, double omega);
  // The first phase is for x = 0: r = b, and e begins as the readings where there are any. Once both have been
  // written row by row, right_side() is what D gets of r and of e_K, in the order of the dissection. The caller
  // takes it through L^-1 in this very memory and hands the factors of A_DD to start(), which solves for e_D. `also` is
  // another vector that went through L^-1: it goes through U^-1 on the way of the first phase, while the factors
  // pass by, and is there after complete(). nullptr for none.
  float* first_row(Index row) { return at(e_, row); }
  float* right_side();
  void start(Multifrontal<float>& factors, float* also);

  // Row `row` of r, for the caller to write the residual of x + e into; restart() then sets e = 0.
  float* residual_row(Index row) { return at(rhs_, row); }
  void restart();

  // The first round after restart(): `sweeps` Gauss-Seidel sweeps over K with over-relaxation, then
  // e_D = A_DD^-1 (r - A e)_D. Returns the largest change of the latter at the shore.
  double full_round(int sweeps);
  // The same near the border only. The steps since restart() are combined with the weights that make the
  // change at the shore smallest (acceleration.h).
  double short_round(int sweeps);
  // As short_round, but with sweeps over all of K: the first round after start().
  double wide_round(int sweeps);

  // Solves those fronts of D that rounds leave out, so that all of e_D fits e_K. Until then their e is 0.
  void complete();

  const float* row(Index i) const { return e_.data() + (i + 1) * stride_ + 1; }

 private:
  struct Stretch {
    int row, begin, end;
  };
  float* at(Buffer<float>& plane, Index row) { return plane.data() + (row + 1) * stride_ + 1; }
  Index cells() const { return (rows_ + 2) * stride_; }
  void find_shore(const std::uint8_t* member);
  void find_fronts();
  void find_stretches();
  double short_round(const std::vector<Stretch>& stretches, int sweeps);
  double begin_exact();
  double add_correction();
  template <class Each>
  void update_inflow(Each each);
  void relax(const std::vector<Stretch>& stretches, int sweeps);

  Index rows_ = 0, cols_ = 0, stride_ = 0;
  double alpha_;
  int reach_ = 0;  // of short rounds into K
  float diagonal_of_known_;
  const Dissection* dissection_ = nullptr;
  Multifrontal<float>* factors_ = nullptr;
  float* also_ = nullptr;
  Buffer<float> weights_, rhs_, step_, shore_weights_;
  // In the order of the dissection. In the fronts of rounds 0 or a correction under way; in the others, from the first
  // round of a phase to complete(), the right side through L^-1.
  Buffer<float> correction_;
  Buffer<float> e_;  // padded; behind it, of each shore pixel, what K gave it when e_D was last solved for
  std::vector<int> rim_, shore_, fronts_;  // cells, positions, fronts
  std::vector<Stretch> rows_of_k_, near_;
  std::vector<Acceleration::Segment> moving_;
  std::vector<std::uint8_t> blocks_, active_;
  Acceleration acceleration_;
};

}  // namespace depthmill::colorization
