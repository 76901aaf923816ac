#include "fill_state.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels.h"

namespace depthmill::colorization {
namespace {

// Rounding of 6e-8 times this leaves a refinement that converges at once; more asks for double factors.
constexpr double kMostWeakness = 1e4;

}  // namespace

FillState::FillState(Index rows, Index cols, double alpha)
    : rows_(rows), cols_(cols), stride_(cols + 2), alpha_(alpha) {
  const auto pixels = static_cast<std::size_t>(rows * cols);
  x_.reserve(padded_size());
  for (Buffer<double>* plane : {&rhs_, &diagonal_, &step_, &correction_}) plane->reserve(pixels);
  scratch_.reserve(static_cast<std::size_t>(2 * cols + 8));
  for (Buffer<std::uint8_t>* plane : {&missing_, &member_, &spare_}) plane->reserve(pixels);
  rim_.reserve(pixels);
}

void FillState::load(ImageView gray, ImageView depth) {
  local_affinity(gray, affinity_);
  for (Index i = 0, p = 0; i < rows_; ++i) {
    const double* d = depth.data() + i * depth.outerStride();
    for (Index j = 0; j < cols_; ++j, ++p) {
      const bool known = is_known(d[j]);
      missing_[p] = !known;
      rhs_[p] = known ? alpha_ * d[j] : 0;
      diagonal_[p] = known ? 1 + alpha_ : 1;
    }
  }
  restart(depth);
}

void FillState::restart_empty() { std::fill_n(x_.data(), padded_size(), 0.0); }

void FillState::restart(ImageView depth) {
  restart_empty();
  for (Index i = 0; i < rows_; ++i) {
    const double* d = depth.data() + i * depth.outerStride();
    double* x = x_row(i);
    for (Index j = 0; j < cols_; ++j) x[j] = is_known(d[j]) ? d[j] : 0;
  }
}

// to = from grown by one pixel in all eight directions.
void FillState::dilate(const std::uint8_t* from, std::uint8_t* to) {
  std::uint8_t* line = reinterpret_cast<std::uint8_t*>(scratch_.data());
  for (Index i = 0; i < rows_; ++i) {
    const std::uint8_t* here = from + i * cols_;
    const std::uint8_t* above = i > 0 ? here - cols_ : here;
    const std::uint8_t* below = i + 1 < rows_ ? here + cols_ : here;
    line[0] = line[cols_ + 1] = 0;
    for (Index j = 0; j < cols_; ++j) line[j + 1] = above[j] | here[j] | below[j];
    std::uint8_t* out = to + i * cols_;
    for (Index j = 0; j < cols_; ++j) out[j] = line[j] | line[j + 1] | line[j + 2];
  }
}

void FillState::choose_missing(int reach) {
  const auto pixels = static_cast<std::size_t>(rows_ * cols_);
  std::memcpy(member_.data(), missing_.data(), pixels);
  for (int k = 0; k < reach; ++k) {
    dilate(member_.data(), spare_.data());
    std::swap(member_, spare_);
  }
  find_rim();
}

void FillState::choose_all() {
  std::memset(member_.data(), 1, static_cast<std::size_t>(rows_ * cols_));
  find_rim();
}

void FillState::find_rim() {
  rim_.clear();
  step_omega_ = 0;
  exact_ = 0;
  dilate(member_.data(), spare_.data());
  for (Index i = 0; i < rows_; ++i) {
    const std::uint8_t *member = member_.data() + i * cols_, *grown = spare_.data() + i * cols_;
    int count = 0;
    for (Index j = 0; j < cols_; ++j) count += member[j];
    exact_ += count;
    for (Index j = 0; j < cols_; ++j)
      if (grown[j] != member[j]) rim_.push_back(static_cast<int>((i + 1) * stride_ + j + 1));
  }
}

bool FillState::factor(Precision precision) {
  precision_ = precision;
  if (exact_ == 0) return true;
  dissection_.analyse(rows_, cols_, member_.data());
  const double* weights = affinity_.planes.data();
  if (precision == Precision::kFloat) {
    if (!single_.factor(dissection_, weights, diagonal_.data())) return false;
    if (single_.weakness() < kMostWeakness) return true;
    precision_ = Precision::kDouble;
  }
  return twice_.factor(dissection_, weights, diagonal_.data());
}

double FillState::correct() {
  if (exact_ == 0) return 0;
  const Index plane = rows_ * cols_;
  const int* positions = dissection_.positions();
  for (const Dissection::Run& run : dissection_.runs()) {
    const Index p = run.row * cols_ + run.begin;
    kernels().residual_row(x_row(run.row) + run.begin, stride_, affinity_.planes.data() + p, plane,
                           rhs_.data() + p, diagonal_.data() + p, run.end - run.begin, scratch_.data());
    const int* at = positions + run.row * dissection_.stride() + run.begin;
    for (int j = 0; j < run.end - run.begin; ++j) correction_[at[j]] = scratch_[j];
  }
  if (precision_ == Precision::kFloat)
    single_.solve(correction_.data());
  else
    twice_.solve(correction_.data());
  double largest = 0;
  for (const Dissection::Run& run : dissection_.runs()) {
    const int* at = positions + run.row * dissection_.stride();
    double* x = x_row(run.row);
    for (int j = run.begin; j < run.end; ++j) {
      const double by = correction_[at[j]];
      x[j] += by;
      if (!(std::abs(by) <= largest)) largest = std::abs(by);  // NaN is kept
    }
  }
  return largest;
}

// Sweep s works one row behind sweep s - 1, so that the weights of a row are read from memory once.
double FillState::relax(int sweeps, double omega) {
  if (step_omega_ != omega) {
    step_omega_ = omega;
    for (Index p = 0; p < rows_ * cols_; ++p) step_[p] = member_[p] ? 0.0 : omega / (1 + alpha_);
  }
  double change = 0;
  for (Index i = 0; i < rows_ + sweeps - 1; ++i)
    for (int s = 0; s < sweeps; ++s) {
      const Index r = i - s;
      if (r < 0 || r >= rows_) continue;
      const Index p = r * cols_;
      const double by =
          kernels().relax_row(x_row(r), stride_, affinity_.planes.data() + p, rows_ * cols_, rhs_.data() + p,
                              step_.data() + p, 1 + alpha_, cols_, scratch_.data());
      if (s == sweeps - 1) change = std::max(change, by);
    }
  return change;
}

FillState::Residual FillState::residual() {
  Residual most{0, 0};
  for (Index i = 0; i < rows_; ++i) {
    const Index p = i * cols_;
    kernels().residual_row(x_row(i), stride_, affinity_.planes.data() + p, rows_ * cols_, rhs_.data() + p,
                           diagonal_.data() + p, cols_, scratch_.data());
    double known = 0, all = 0;
    for (Index j = 0; j < cols_; ++j) {
      const double r = std::abs(scratch_[j]);
      all = std::max(all, r);
      known = std::max(known, member_[p + j] ? 0.0 : r);
    }
    most.known = std::max(most.known, known);
    most.exact = std::max(most.exact, all);
  }
  return most;
}

}  // namespace depthmill::colorization
