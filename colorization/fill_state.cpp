#include "fill_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "dilate.h"
#include "kernels.h"

namespace depthmill::colorization {
namespace {

constexpr std::size_t kSpare = 16;  // whole vectors may be read and written past the end

}  // namespace

FillState::FillState(Index rows, Index cols, double alpha) : alpha_(alpha), rounds_(alpha) {
  resize(rows, cols);
}

void FillState::resize(Index rows, Index cols) {
  rows_ = rows;
  cols_ = cols;
  stride_ = cols + 2;
  rounds_.resize(rows, cols);
  const auto pixels = static_cast<std::size_t>(rows * cols);
  for (Buffer<double>* plane : {&x_, &w_}) {
    plane->reserve(static_cast<std::size_t>((rows_ + 2) * stride_));
    std::fill_n(plane->data(), (rows_ + 2) * stride_, 0.0);
  }
  correction_single_.reserve(pixels + kSpare);
  correction_.reserve(pixels + kSpare);
  for (Buffer<double>* plane : {&rhs_, &diagonal_}) plane->reserve(pixels);
  ones_.reserve(static_cast<std::size_t>(cols));
  scratch_.reserve(static_cast<std::size_t>(2 * cols + 8));
  for (Buffer<std::uint8_t>* plane : {&missing_, &member_, &spare_}) plane->reserve(pixels);
}

void FillState::load(ImageView gray, ImageView depth) {
  restart_empty();
  reach_is_open_ = false;
  affinity_.rows = rows_;
  affinity_.cols = cols_;
  reserve_on_large_pages(affinity_.planes, 8 * static_cast<std::size_t>(rows_ * cols_));
  affinity_.planes.resize(8 * static_cast<std::size_t>(rows_ * cols_));
  for (Index i = 0, p = 0; i < rows_; ++i) {
    const double* d = depth.data() + i * depth.outerStride();
    float *first = rounds_.first_row(i), *right = rounds_.residual_row(i);
    for (Index j = 0; j < cols_; ++j, ++p) {
      const bool known = is_known(d[j]);
      missing_[p] = !known;
      rhs_[p] = known ? alpha_ * d[j] : 0;
      diagonal_[p] = known ? 1 + alpha_ : 1;
      first[j] = known ? static_cast<float>(d[j]) : 0;
      right[j] = static_cast<float>(rhs_[p]);
    }
    // What is made of a row's weights while they are in the cache.
    local_affinity_row(gray, i, affinity_);
    rounds_.load_row(i, affinity_);
  }
}

void FillState::residual_row(Index i, Index begin, Index end) {
  const Index p = i * cols_ + begin;
  const double* right = rhs_.data() + p;
  if (for_reach_) {
    for (Index j = 0; j < end - begin; ++j) ones_[j] = missing_[p + j];
    right = ones_.data();
  }
  kernels().residual_row(x_row(i) + begin, stride_, affinity_.planes.data() + p, rows_ * cols_, right,
                         diagonal_.data() + p, end - begin, scratch_.data());
}

void FillState::restart_empty() { std::fill_n(x_.data(), (rows_ + 2) * stride_, 0.0); }

void FillState::restart(ImageView depth) {
  for (Index i = 0; i < rows_; ++i) {
    const double* d = depth.data() + i * depth.outerStride();
    double* x = x_row(i);
    for (Index j = 0; j < cols_; ++j) x[j] = is_known(d[j]) ? d[j] : 0;
  }
}

void FillState::choose_missing(int reach) {
  const auto pixels = static_cast<std::size_t>(rows_ * cols_);
  std::memcpy(member_.data(), missing_.data(), pixels);
  for (int k = 0; k < reach; ++k) {
    dilate(rows_, cols_, member_.data(), spare_.data(), reinterpret_cast<std::uint8_t*>(scratch_.data()));
    std::swap(member_, spare_);
  }
  exact_ = 0;
  for (std::size_t p = 0; p < pixels; ++p) exact_ += member_[p];
}

void FillState::choose_all() {
  exact_ = rows_ * cols_;
  std::memset(member_.data(), 1, static_cast<std::size_t>(exact_));
}

// 1 at missing pixels, in the order of the dissection: the right side of what measure_reach wants.
template <class T>
void FillState::choose_missing_rows(T* v) {
  for (int p = 0; p < dissection_.size(); ++p) v[p] = missing_[dissection_.pixels()[p]];
}

// Let w >= 0 be 0 on K, and c constant. Rows of A sum to 0 where depth is missing and to alpha elsewhere, so
// v = max|r_missing| w / least + c has A v >= |r| if least = min (A w)_missing > 0 and
// alpha c = max|r_known| + max|r_missing| spill / least with spill = max (-A w)_known; as A^-1 >= 0, |error|
// <= v. w comes from the factors, but counts only for what is checked of it here: begin_reach, then look_at_reach once
// at each row, then reach_shown.
template <class T>
void FillState::enter_w(const T* w) {
  for (int p = 0; p < dissection_.size(); ++p)
    w_[stride_ + 1 + dissection_.cells()[p]] = static_cast<double>(w[p]);
}

void FillState::leave_w() {
  for (const Dissection::Run& run : dissection_.runs()) {
    double* w = w_.data() + (run.row + 1) * stride_ + 1;
    std::fill(w + run.begin, w + run.end, 0.0);
  }
}

void FillState::begin_reach() {
  most_ = lacking_ = spill_ = 0;
  for (int p = 0; p < dissection_.size(); ++p) {
    double& w = w_[stride_ + 1 + dissection_.cells()[p]];
    w = std::max(w, 0.0);
    if (!(w <= most_)) most_ = w;  // NaN is kept
  }
}

void FillState::look_at_reach(Index row) {
  const std::uint8_t* missing = missing_.data() + row * cols_;
  on_reach([&] {
    beside_exact(row, [&](Index begin, Index end) {
      residual_row(row, begin, end);
      for (Index j = begin; j < end; ++j) {
        lacking_ = std::max(lacking_, missing[j] ? scratch_[j - begin] : 0.0);
        spill_ = std::max(spill_, missing[j] ? 0.0 : scratch_[j - begin]);
      }
    });
  });
}

FillState::Reach FillState::reach_shown() const {
  if (exact_ == 0) return {1 / alpha_, 0};
  const double least = 1 - lacking_;
  return {1 / alpha_, least > 0.01 && std::isfinite(most_) ? (most_ + spill_ / alpha_) / least : INFINITY};
}

// All of that for a w that has just been made.
template <class T>
void FillState::measure_reach(const T* w, bool refine) {
  auto look = [&] {
    begin_reach();
    for (Index i = 0; i < rows_; ++i) look_at_reach(i);
    reach_ = reach_shown();
  };
  enter_w(w);
  look();
  // A large w in float may be too coarse to show anything.
  if (refine && !std::isfinite(reach_.of_missing)) {
    on_reach([&] { correct(); });
    look();
  }
  leave_w();
}

// With w in place of x.
template <class Work>
void FillState::on_reach(Work work) {
  std::swap(x_, w_);
  for_reach_ = true;
  work();
  for_reach_ = false;
  std::swap(x_, w_);
}

// The stretches of a row that are in D or beside it.
template <class Each>
void FillState::beside_exact(Index row, Each each) const {
  const auto& runs = dissection_.runs();
  std::array<std::vector<Dissection::Run>::const_iterator, 4> rows;
  for (int k = 0; k < 4; ++k)
    rows[k] = std::ranges::lower_bound(runs, static_cast<int>(row) - 1 + k, {}, &Dissection::Run::row);
  std::array<std::vector<Dissection::Run>::const_iterator, 3> next{rows[0], rows[1], rows[2]};
  for (int begin = 0, end = 0;;) {
    int first = -1;  // the row whose next run begins first
    for (int k = 0; k < 3; ++k)
      if (next[k] != rows[k + 1] && (first < 0 || next[k]->begin < next[first]->begin)) first = k;
    if (first < 0 || next[first]->begin - 1 > end) {
      if (end > begin) each(static_cast<Index>(begin), std::min<Index>(end, cols_));
      if (first < 0) return;
      begin = std::max(next[first]->begin - 1, 0);
    }
    end = std::max(end, next[first]->end + 1);
    ++next[first];
  }
}

bool FillState::factor(Precision precision) {
  precision_ = precision;
  dissection_.analyse(rows_, cols_, member_.data());
  if (precision == Precision::kFloat) {
    float* w = correction_single_.data();
    choose_missing_rows(w);
    if (!single_.factor(dissection_, rounds_.weights(), missing_.data(), alpha_, {&w, 1})) return false;
    single_.backward({&w, 1});
    measure_reach(w, true);
  } else {
    double* w = correction_.data();
    choose_missing_rows(w);
    if (!twice_.factor(dissection_, {affinity_.planes.data(), rows_ * cols_, cols_}, missing_.data(), alpha_,
                       {&w, 1}))
      return false;
    twice_.backward({&w, 1});
    measure_reach(w, false);
  }
  return true;
}

bool FillState::begin_rounds(double omega) {
  dissection_.analyse(rows_, cols_, member_.data());
  rounds_.choose(member_.data(), dissection_, omega);
  float *first = rounds_.right_side(), *w = correction_single_.data();
  choose_missing_rows(w);
  const std::array<float*, 2> vectors{first, w};
  if (exact_ > 0 && !single_.factor(dissection_, rounds_.weights(), missing_.data(), alpha_, vectors))
    return false;
  rounds_.start(single_, w);
  reach_is_open_ = true;
  return true;
}

double FillState::correct() {
  if (exact_ == 0) return 0;
  const int* positions = dissection_.positions();
  const bool single = precision_ == Precision::kFloat;
  for (const Dissection::Run& run : dissection_.runs()) {
    residual_row(run.row, run.begin, run.end);
    const int* at = positions + run.row * dissection_.stride() + run.begin;
    for (int j = 0; j < run.end - run.begin; ++j)
      if (single)
        correction_single_[at[j]] = static_cast<float>(scratch_[j]);
      else
        correction_[at[j]] = scratch_[j];
  }
  if (single)
    single_.solve(correction_single_.data());
  else
    twice_.solve(correction_.data());
  double largest = 0;
  for (const Dissection::Run& run : dissection_.runs()) {
    const int* at = positions + run.row * dissection_.stride();
    double* x = x_row(run.row);
    for (int j = run.begin; j < run.end; ++j) {
      const double by = single ? correction_single_[at[j]] : correction_[at[j]];
      x[j] += by;
      if (!(std::abs(by) <= largest)) largest = std::abs(by);  // NaN is kept
    }
  }
  return largest;
}

void FillState::fold_row(Index i) {
  const float* e = rounds_.row(i);
  double* x = x_row(i);
  for (Index j = 0; j < cols_; ++j) x[j] += e[j];
}

// Both that x leaves and, the first time, what w shows are made of a row's weights while they are in the cache.
FillState::Residual FillState::fold_in() {
  if (!reach_is_open_) return residual(&rounds_);
  enter_w(correction_single_.data());
  begin_reach();
  const Residual most = residual(&rounds_);
  reach_ = reach_shown();
  leave_w();
  reach_is_open_ = false;
  return most;
}

FillState::Residual FillState::residual(Rounds* to) {
  Residual most{0, 0};
  if (to) fold_row(0);
  for (Index i = 0; i < rows_; ++i) {
    if (to && i + 1 < rows_) fold_row(i + 1);
    residual_row(i, 0, cols_);
    if (to) kernels().narrow_row(scratch_.data(), cols_, to->residual_row(i));
    kernels().largest_row(scratch_.data(), missing_.data() + i * cols_, cols_, &most.known, &most.missing);
    if (to && reach_is_open_) look_at_reach(i);
  }
  return most;
}

}  // namespace depthmill::colorization
