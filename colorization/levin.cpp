#include "levin.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "acceleration.h"
#include "check_input.h"
#include "fill_state.h"

namespace depthmill::colorization {
namespace {

// Pixels around a hole that are solved with it. 1 costs least in all: 0 doubles the rounds, 2 makes the
// factors larger by a tenth and saves half a round.
constexpr int kReach = 1;
constexpr int kMostRounds = 16;
// Below this alpha readings reach so far that relaxation is slower than one factorization of everything;
// above this share of pixels around holes there is little left to relax.
constexpr double kLeastAlpha = 0.15;
constexpr double kMostShare = 0.7;
// Across a strip there is no way round a weak link, and the links of a line multiply: such systems are solved
// whole and in double, which costs little as their factors are small.
constexpr Index kStrip = 4;
// Share of the last correction by the factors that counts as error. What float factors leave is 1e-5 and
// less; the rest is for rounding in the residual, which a badly posed system magnifies.
constexpr double kSolveError = 0.05;

// Best over-relaxation and its convergence a sweep for a matrix whose Jacobi iteration contracts by
// 1/(1+alpha) (Young 1954); more than 1.5 is not stable here, as the matrix is not symmetric.
struct Relaxation {
  explicit Relaxation(double alpha) {
    const double jacobi = 1 / (1 + alpha);
    omega = std::min(1.5, 2 / (1 + std::sqrt(1 - jacobi * jacobi)));
    sweeps = std::clamp(2 + static_cast<int>(std::ceil(2.5 / -std::log(std::max(omega - 1, 1e-3)))), 2, 12);
  }
  double omega;
  int sweeps;
};

// Rounds contract by 0.1 and better; a correction as large as the one before is rounding, magnified by a
// system that is hardly posed in double, and counts in full.
double bound_of(const FillState::Residual& r, double correction, double before, double alpha) {
  return r.known / alpha + (correction > 0.7 * before ? 2 : kSolveError) * correction;
}

// Relaxation of the known pixels and exact solves around the missing ones in turn, accelerated. False when it
// does not converge or the factors did not come out.
bool alternate(FillState& state, Acceleration& acceleration, const FillOptions& options,
               FillSummary& summary) {
  const Relaxation relaxation(options.alpha);
  summary.way = FillWay::kAlternating;
  if (!state.factor(FillState::Precision::kFloat)) return false;
  acceleration.begin(state.padded_size(), state.rim());
  double correction = state.correct(), last = INFINITY, expected = INFINITY;
  for (int round = 1; round <= kMostRounds; ++round) {
    summary.rounds = round;
    if (!std::isfinite(correction)) return false;
    // A look at the residual costs a fraction of a round; taken only when it may be the last.
    if (correction < 100 * options.tolerance && expected < 1e3 * options.tolerance) {
      const auto residual = state.residual();
      summary.residual = residual.exact;
      summary.error_bound = bound_of(residual, correction, last, options.alpha);
      if (summary.error_bound <= options.tolerance) return true;
    }
    acceleration.before(state.padded());
    const double change = state.relax(relaxation.sweeps, relaxation.omega);
    if (!state.rim().empty()) acceleration.after(state.padded());
    expected = change / options.alpha;
    last = correction;
    correction = state.correct();
  }
  return false;
}

// One factorization of the whole image and refinement of its solution with residuals in double.
bool solve_whole(FillState& state, FillState::Precision precision, const FillOptions& options,
                 FillSummary& summary) {
  summary.way = precision == FillState::Precision::kFloat ? FillWay::kWhole : FillWay::kWholeDouble;
  if (!state.factor(precision)) return false;
  double before = state.correct();
  for (int round = 2; round <= 10; ++round) {
    summary.rounds = round;
    const double correction = state.correct();
    if (!std::isfinite(correction)) return false;
    const double contraction = std::max(correction / before, kSolveError);
    summary.error_bound = contraction < 0.5 ? correction * contraction / (1 - contraction) : 2 * correction;
    if (summary.error_bound <= options.tolerance) break;
    if (contraction > 0.5) break;
    before = correction;
  }
  summary.residual = state.residual().exact;
  return summary.error_bound <= options.tolerance;
}

}  // namespace

std::string FillOptions::problem() const {
  if (!(alpha > 0) || !std::isfinite(alpha)) return "alpha: must be a finite number > 0";
  if (!(tolerance > 0) || !std::isfinite(tolerance))
    return "tolerance: must be a finite number of metres > 0";
  return "";
}

std::string FillSummary::message() const {
  static constexpr const char* kEndings[] = {"converged", "stagnated", "not finite"};
  static constexpr const char* kWays[] = {"alternating", "whole image", "whole image in double"};
  char text[240];
  std::snprintf(
      text, sizeof text,
      "fill of %lld pixels (%lld missing) %s after %d rounds (%s): residual %.3g m, error at most %.3g m",
      static_cast<long long>(unknowns), static_cast<long long>(missing), kEndings[static_cast<int>(ending)],
      rounds, kWays[static_cast<int>(way)], residual, error_bound);
  return text;
}

struct LevinFiller::Work {
  Index rows, cols;
  FillOptions options;
  FillState state;
  Acceleration acceleration;

  void solve(ImageView depth, FillSummary& summary) {
    state.choose_missing(kReach);
    const double share = static_cast<double>(state.exact()) / static_cast<double>(summary.unknowns);
    const bool strip = std::min(rows, cols) <= kStrip;
    if (!strip && options.alpha >= kLeastAlpha && share <= kMostShare) {
      if (alternate(state, acceleration, options, summary)) return;
      state.restart(depth);
    }
    state.choose_all();
    if (!strip) {
      if (solve_whole(state, FillState::Precision::kFloat, options, summary)) return;
      state.restart(depth);
    }
    if (solve_whole(state, FillState::Precision::kDouble, options, summary)) return;
    // The system is not posed to the tolerance in double: refinement only stirs rounding up. One solve with
    // the factors, which lose nothing to cancellation, is the best there is and a mean of readings
    // everywhere.
    summary.ending = FillEnding::kStagnated;
    state.restart_empty();
    state.correct();
    summary.residual = state.residual().exact;
  }
};

LevinFiller::LevinFiller(Index rows, Index cols, const FillOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("LevinFiller: " + bad);
  if (rows <= 0 || cols <= 0) throw std::invalid_argument("LevinFiller: the image is empty");
  work_.reset(new Work{rows, cols, options, FillState(rows, cols, options.alpha), {}});
}
LevinFiller::~LevinFiller() = default;
LevinFiller::LevinFiller(LevinFiller&&) noexcept = default;
LevinFiller& LevinFiller::operator=(LevinFiller&&) noexcept = default;
Index LevinFiller::rows() const { return work_->rows; }
Index LevinFiller::cols() const { return work_->cols; }

FillSummary LevinFiller::fill(ImageView gray, ImageView depth, ImageSpan filled) {
  if (gray.rows() != rows() || gray.cols() != cols() || filled.rows() != rows() || filled.cols() != cols())
    throw std::invalid_argument("LevinFiller: a view differs in size from the filler");
  const FillOptions& options = work_->options;
  FillSummary summary;
  summary.unknowns = depth.size();
  summary.missing = depth.size() - check_input("LevinFiller", gray, depth, options.alpha);
  work_->state.load(gray, depth);
  work_->solve(depth, summary);

  double sum = 0;  // NaN and infinity survive adding
  for (Index i = 0; i < rows(); ++i) {
    const double* x = work_->state.row(i);
    const double* d = depth.data() + i * depth.outerStride();
    double* out = filled.data() + i * filled.outerStride();
    for (Index j = 0; j < cols(); ++j) {
      sum += x[j] - x[j];
      out[j] = options.keep_known && is_known(d[j]) ? d[j] : x[j];
    }
  }
  if (sum != 0) summary.ending = FillEnding::kNotFinite;
  return summary;
}

FillResult fill_depth_colorization(ImageView gray, ImageView depth, const FillOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("fill_depth_colorization: " + bad);
  check_input("fill_depth_colorization", gray, depth, options.alpha);
  FillResult result;
  result.depth.resize(depth.rows(), depth.cols());
  result.summary = LevinFiller(depth.rows(), depth.cols(), options).fill(gray, depth, result.depth);
  return result;
}

}  // namespace depthmill::colorization
