// The inner iteration of a fill, in float: A e = r for the residual r of what the solve has so far, x, in
// double. D, the missing pixels and those around them, is solved exactly and K, all known, is relaxed, in
// turn. What K and D have to say to each other passes between the pixels of D beside K, the shore, and those
// of K beside D, the rim. So most rounds are short: they relax K near D only, and solve only those fronts of
// D that lie at the shore or behind which the shore lies. Not installed.
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

  Rounds(Index rows, Index cols, double alpha);

  // Row `row` of the weights, and of the diagonal (rows x cols).
  void load_row(Index row, const Affinity& affinity, const double* diagonal);
  WeightPlanes<float> weights() const { return {weights_.data() + stride_ + 1, cells(), stride_}; }

  // The sets, before anything else: member (rows x cols) 1 = in D, as dissected. Both are kept by reference.
  void choose(const std::uint8_t* member, const Dissection& dissection, double omega);
  // r_D in the order of the dissection, for what start() is given: factors, and A_DD^-1 r_D in the same
  // place. r has been written row by row. Then e_D is that and e_K = 0.
  float* right_side();
  void start(Multifrontal<float>& factors);

  // Row `row` of r, to be written for x + e; then e = 0 with restart.
  float* residual_row(Index row) { return at(rhs_, row); }
  void restart();

  // `sweeps` Gauss-Seidel sweeps over K with over-relaxation, then e_D += A_DD^-1 (r - A e)_D.
  // Returns the largest change of the latter at the shore.
  double full_round(int sweeps);
  // The same near the shore, with what is best of the relaxation and of those since restart (acceleration).
  double short_round(int sweeps);
  // The same with relaxation of all of K: the first round after start().
  double wide_round(int sweeps);

  // Brings those parts of D up to date that short rounds leave out.
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
  void settle();
  template <class Each>
  void update_inflow(Each each);
  double shore_change() const;
  float relax(const std::vector<Stretch>& stretches, int sweeps);

  Index rows_, cols_, stride_;
  int reach_;  // of short rounds into K
  float diagonal_of_known_;
  const Dissection* dissection_ = nullptr;
  Multifrontal<float>* factors_ = nullptr;
  Buffer<float> weights_, diagonal_, rhs_, step_, scratch_, correction_, settled_, shore_weights_;
  Buffer<float> e_;  // padded; behind it, of each shore pixel, what K gave it when e_D was last solved for
  std::vector<int> rim_, shore_, fronts_;  // cells, positions, fronts
  std::vector<Stretch> rows_of_k_, near_;
  std::vector<Acceleration::Segment> moving_;
  std::vector<std::uint8_t> blocks_, active_;
  Acceleration acceleration_;
};

}  // namespace depthmill::colorization
