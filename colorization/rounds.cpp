#include "rounds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "dilate.h"
#include "kernels.h"

namespace depthmill::colorization {
namespace {

constexpr Index kSpare = 16;  // whole vectors may be read and written past the end
constexpr Index kBlock = 8;   // short rounds deal with rows in blocks of this many pixels
// Short rounds reach into K until what comes from the shore has shrunk to this: 3 pixels at alpha = 1. Measured: 5 save
// no round, 2 cost one.
constexpr double kFaint = 0.13;

// Few of the flags, 0 or 1, are set: eight at a time are passed over.
template <class Each>
void for_each_set(const std::uint8_t* flags, Index count, Each each) {
  Index j = 0;
  for (std::uint64_t eight; j + 8 <= count; j += 8) {
    std::memcpy(&eight, flags + j, sizeof eight);
    if (eight == 0) continue;
    for (Index k = j; k < j + 8; ++k)
      if (flags[k]) each(k);
  }
  for (; j < count; ++j)
    if (flags[j]) each(j);
}

}  // namespace

Rounds::Rounds(double alpha) : alpha_(alpha), diagonal_of_known_(static_cast<float>(1 + alpha)) {}

void Rounds::resize(Index rows, Index cols) {
  rows_ = rows;
  cols_ = cols;
  stride_ = cols + 2;
  reach_ = static_cast<int>(std::min<double>(std::ceil(-std::log(kFaint) / std::log1p(alpha_)),
                                             static_cast<double>(std::max(rows, cols))));
  // Room for any D on this grid (address space only, until it is used), so that later frames allocate
  // nothing.
  const auto pixels = static_cast<std::size_t>(rows * cols);
  weights_.reserve(static_cast<std::size_t>(8 * cells() + kSpare));
  for (Buffer<float>* plane : {&rhs_, &step_, &correction_})
    plane->reserve(static_cast<std::size_t>(cells() + kSpare));
  e_.reserve(static_cast<std::size_t>(cells() + kSpare) + pixels);
  std::fill_n(e_.data(), cells() + kSpare, 0.0f);  // what is outside the image stays 0
  shore_weights_.reserve(8 * pixels);
  active_.resize(3 * pixels + static_cast<std::size_t>(stride_));
  for (auto* list : {&rim_, &shore_}) list->reserve(pixels);
  fronts_.reserve(pixels / 2 + 1);
  const auto blocks = static_cast<std::size_t>(rows * ((cols + kBlock - 1) / kBlock));
  blocks_.reserve(4 * blocks);
  for (auto* list : {&rows_of_k_, &near_}) list->reserve(blocks);
  moving_.reserve(blocks + 1);
  acceleration_.reserve(static_cast<std::size_t>(cells()) + pixels, pixels);
}

void Rounds::load_row(Index row, const Affinity& affinity) {
  const Index plane = rows_ * cols_;
  for (int k = 0; k < 8; ++k)
    kernels().narrow_row(affinity.planes.data() + k * plane + row * cols_, cols_,
                         at(weights_, row) + k * cells());
}

void Rounds::choose(const std::uint8_t* member, const Dissection& dissection, double omega) {
  dissection_ = &dissection;
  const float step = static_cast<float>(omega) / diagonal_of_known_;
  for (Index i = 0; i < rows_; ++i)
    for (Index j = 0; j < cols_; ++j) at(step_, i)[j] = member[i * cols_ + j] ? 0.0f : step;
  find_shore(member);
  find_fronts();
  find_stretches();
}

// e_D is 0 before, so that D gets something of e at the shore alone.
float* Rounds::right_side() {
  const int* to_cell = dissection_->cells();
  for (int p = 0; p < dissection_->size(); ++p) {
    at(e_, 0)[to_cell[p]] = 0;
    correction_[p] = at(rhs_, 0)[to_cell[p]];
  }
  std::fill_n(e_.data() + cells() + kSpare, shore_.size(), 0.0f);
  update_inflow([&](int position, float all) { correction_[position] += all; });
  return correction_.data();
}

void Rounds::start(Multifrontal<float>& factors, float* also) {
  factors_ = &factors;
  also_ = also;
  acceleration_.begin(moving_, rim_);
  if (dissection_->size() > 0) begin_exact();
}

// From a right side of all of D that is through L^-1: what the fronts of rounds hold, added to e. What the others need
// waits for complete(), which takes it with what has come of these.
double Rounds::begin_exact() {
  const std::array<float*, 2> vectors{correction_.data(), also_};
  factors_->backward({vectors.data(), also_ ? 2u : 1u}, fronts_);
  return add_correction();
}

// The largest change at the shore.
double Rounds::add_correction() {
  float largest = 0;
  for (const int position : shore_)
    if (!(std::abs(correction_[position]) <= largest))
      largest = std::abs(correction_[position]);  // NaN is kept
  float* e = at(e_, 0);
  const int* to_cell = dissection_->cells();
  for (const int f : fronts_)
    for (int p = dissection_->fronts()[f].begin; p < dissection_->fronts()[f].end; ++p) {
      e[to_cell[p]] += correction_[p];
      correction_[p] = 0;
    }
  return largest;
}

void Rounds::find_shore(const std::uint8_t* member) {
  const auto pixels = static_cast<std::size_t>(rows_ * cols_);
  std::uint8_t *outside = active_.data() + pixels, *grown = outside + pixels, *line = grown + pixels;
  rim_.clear();
  shore_.clear();
  dilate(rows_, cols_, member, grown, line);
  for (std::size_t p = 0; p < pixels; ++p) {
    outside[p] = !member[p];
    grown[p] &= outside[p];
  }
  for (Index i = 0; i < rows_; ++i)
    for_each_set(grown + i * cols_, cols_,
                 [&](Index j) { rim_.push_back(static_cast<int>((i + 1) * stride_ + j + 1)); });
  dilate(rows_, cols_, outside, grown, line);
  for (std::size_t p = 0; p < pixels; ++p) grown[p] &= member[p];
  const int* positions = dissection_->positions();
  for (Index i = 0; i < rows_; ++i)
    for_each_set(grown + i * cols_, cols_, [&](Index j) { shore_.push_back(positions[i * stride_ + j]); });
  float* to = shore_weights_.data();
  for (const int position : shore_) {
    const int cell = dissection_->cells()[position];
    for (int k = 0; k < 8; ++k) {
      const int neighbour = cell + static_cast<int>(kNeighbours[k].row * stride_) + kNeighbours[k].col;
      *to++ = positions[neighbour] < 0 ? at(weights_, 0)[k * cells() + cell] : 0.0f;
    }
  }
}

// Fronts with a shore behind them: what they hand on is not 0, and what comes back to them is wanted.
// Leaves active_ with 1 at the positions of their pixels.
void Rounds::find_fronts() {
  std::fill_n(active_.begin(), dissection_->size(), std::uint8_t{0});
  for (const int position : shore_) active_[position] = 1;
  fronts_.clear();
  std::vector<std::uint8_t>& open = blocks_;
  open.clear();
  const auto& fronts = dissection_->fronts();
  for (std::size_t f = 0; f < fronts.size(); ++f) {
    std::uint8_t any = 0;
    for (int p = fronts[f].begin; p < fronts[f].end; ++p) any |= active_[p];
    for (int c = 0; c < fronts[f].children; ++c) {
      any |= open.back();
      open.pop_back();
    }
    open.push_back(any);
    if (!any) continue;
    fronts_.push_back(static_cast<int>(f));
    std::fill(active_.begin() + fronts[f].begin, active_.begin() + fronts[f].end, std::uint8_t{1});
  }
}

// Which blocks of eight pixels of a row hold pixels of K, which of those lie near D, and which hold anything
// that short rounds move.
void Rounds::find_stretches() {
  const Index across = (cols_ + kBlock - 1) / kBlock;
  const auto count = static_cast<std::size_t>(rows_ * across);
  blocks_.assign(4 * count, 0);
  std::uint8_t *inside = blocks_.data(), *beside = inside + count, *near = beside + count,
               *moving = near + count;
  const int* positions = dissection_->positions();
  for (const Dissection::Run& run : dissection_->runs()) {
    const Index first = run.row * across;
    for (int j = run.begin; j < run.end; ++j) {
      ++inside[first + j / kBlock];
      moving[first + j / kBlock] |= active_[positions[run.row * stride_ + j]];
    }
    const Index from = std::max<Index>(run.begin - reach_, 0) / kBlock;
    const Index to = (std::min<Index>(run.end + reach_, cols_) - 1) / kBlock;
    for (Index b = from; b <= to; ++b) beside[first + b] = 1;
  }
  for (Index i = 0; i < rows_; ++i)
    for (Index r = std::max<Index>(i - reach_, 0); r <= std::min<Index>(i + reach_, rows_ - 1); ++r)
      for (Index b = 0; b < across; ++b) near[i * across + b] |= beside[r * across + b];

  rows_of_k_.clear();
  near_.clear();
  moving_.clear();
  auto cut = [&](Index row, auto chosen, auto add) {
    for (Index b = 0; b < across;) {
      while (b < across && !chosen(row * across + b)) ++b;
      const Index begin = b;
      while (b < across && chosen(row * across + b)) ++b;
      if (b > begin) add(static_cast<int>(begin * kBlock), static_cast<int>(std::min(b * kBlock, cols_)));
    }
  };
  for (Index i = 0; i < rows_; ++i) {
    const int row = static_cast<int>(i);
    auto of_k = [&](Index at) { return inside[at] < std::min(kBlock, cols_ - at % across * kBlock); };
    cut(i, of_k, [&](int begin, int end) { rows_of_k_.push_back({row, begin, end}); });
    auto near_k = [&](Index at) { return near[at] && of_k(at); };
    cut(i, near_k, [&](int begin, int end) { near_.push_back({row, begin, end}); });
    cut(
        i, [&](Index at) { return moving[at] || near_k(at); },
        [&](int begin, int end) {
          moving_.push_back({static_cast<std::size_t>((i + 1) * stride_ + 1 + begin),
                             static_cast<std::size_t>(end - begin)});
        });
  }
  moving_.push_back({static_cast<std::size_t>(cells() + kSpare), shore_.size()});
}

void Rounds::restart() {
  std::fill_n(e_.data(), cells() + kSpare, 0.0f);
  acceleration_.begin(moving_, rim_);
}

// Sweep s works one row behind sweep s - 1, so that the weights of a row are read from memory once.
void Rounds::relax(const std::vector<Stretch>& stretches, int sweeps) {
  std::size_t next[kMostSweeps] = {};
  for (Index i = 0; i < rows_ + sweeps - 1; ++i)
    for (int s = 0; s < sweeps; ++s) {
      const Index row = i - s;
      for (; next[s] < stretches.size() && stretches[next[s]].row == row; ++next[s]) {
        const Stretch& stretch = stretches[next[s]];
        const int begin = stretch.begin;
        kernels().relax_row(at(e_, row) + begin, stride_, at(weights_, row) + begin, cells(),
                            at(rhs_, row) + begin, at(step_, row) + begin, diagonal_of_known_,
                            stretch.end - begin);
      }
    }
}

double Rounds::full_round(int sweeps) {
  relax(rows_of_k_, sweeps);
  if (dissection_->size() == 0) return 0;
  factors_->forward(right_side());
  return begin_exact();
}

void Rounds::complete() {
  if (dissection_->size() == 0) return;
  float *e = at(e_, 0), *v = correction_.data();
  const int* to_cell = dissection_->cells();
  for (const int f : fronts_)
    for (int p = dissection_->fronts()[f].begin; p < dissection_->fronts()[f].end; ++p) v[p] = e[to_cell[p]];
  const std::array<float*, 2> vectors{v, also_};
  factors_->complete({vectors.data(), also_ ? 2u : 1u}, fronts_);
  also_ = nullptr;
  std::size_t next = 0;
  for (std::size_t f = 0; f < dissection_->fronts().size(); ++f) {
    if (next < fronts_.size() && fronts_[next] == static_cast<int>(f)) {
      ++next;
      continue;
    }
    for (int p = dissection_->fronts()[f].begin; p < dissection_->fronts()[f].end; ++p) e[to_cell[p]] = v[p];
  }
}

// Inflow is what a shore pixel gets from K: how much more it is than when e_D was last solved for.
template <class Each>
void Rounds::update_inflow(Each each) {
  const int* to_cell = dissection_->cells();
  const float *e = at(e_, 0), *weight = shore_weights_.data();
  float* inflow = e_.data() + cells() + kSpare;
  Index offsets[8];
  for (int k = 0; k < 8; ++k) offsets[k] = kNeighbours[k].row * stride_ + kNeighbours[k].col;
  for (const int position : shore_) {
    const float* centre = e + to_cell[position];
    float sum = 0;
    for (int k = 0; k < 8; ++k) sum += weight[k] * centre[offsets[k]];
    each(position, sum - *inflow);
    *inflow++ = sum;
    weight += 8;
  }
}

double Rounds::wide_round(int sweeps) { return short_round(rows_of_k_, sweeps); }
double Rounds::short_round(int sweeps) { return short_round(near_, sweeps); }

double Rounds::short_round(const std::vector<Stretch>& stretches, int sweeps) {
  acceleration_.before(e_.data());
  relax(stretches, sweeps);
  acceleration_.after(e_.data());
  if (dissection_->size() == 0) return 0;
  update_inflow([&](int position, float more) { correction_[position] = more; });
  factors_->solve(correction_.data(), fronts_);
  return add_correction();
}

}  // namespace depthmill::colorization
