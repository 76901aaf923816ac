#include "levin.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "check_input.h"
#include "fill_state.h"
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace depthmill::colorization {
namespace {

// Pixels around a hole that are solved with it. 1 costs least in all: 0 doubles the rounds, 2 makes the
// factors larger by a tenth and saves half a round.
constexpr int kReach = 1;
constexpr int kMostRounds = 40;
// Sweeps over K in a round that reaches all of it, and in one near the shore. Measured: with one fewer of the
// former, K decides how many rounds there are; of the latter, 2 to 4 are alike.
constexpr int kFullSweeps = 5;
constexpr int kShortSweeps = 2;
// Floats cannot get nearer than this share of the depth; what is left is for the next phase.
constexpr double kFloatShare = 6e-6;
// Below this alpha readings reach so far that relaxation is slower than one factorization of everything;
// above this share of pixels around holes there is little left to relax.
constexpr double kLeastAlpha = 0.15;
constexpr double kMostShare = 0.7;
// Across a strip there is no way round a weak link, and the links of a line multiply: such systems are solved
// whole and in double, which costs little as their factors are small.
constexpr Index kStrip = 4;
// A phase, or a refinement of a whole solve, that leaves more than this of the bound was the last.
constexpr double kProgress = 0.5;
// Largest rounding of a residual against the largest depth; and the error in metres from which rounding alone
// makes the answer doubtful.
constexpr double kRounding = 2e-15;
constexpr double kHardlyPosed = 1e-6;

// While it lives, numbers below the smallest normal one are 0 in this thread. What reaches a pixel only through many
// others is so small that floats run out of exponents, and many processors take a hundred cycles for each such
// number. Whether the answer holds is looked up in double in any case.
class TinyIsZero {
 public:
  TinyIsZero() {
#ifdef __SSE2__
    _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
#endif
  }
  TinyIsZero(const TinyIsZero&) = delete;
  TinyIsZero& operator=(const TinyIsZero&) = delete;
#ifdef __SSE2__
  ~TinyIsZero() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  unsigned before_ = _mm_getcsr();
#endif
};

// Best over-relaxation for a matrix whose Jacobi iteration contracts by 1/(1+alpha) (Young 1954); more
// than 1.5 is not stable here, as the matrix is not symmetric. Sweeps grow as it converges less.
struct Relaxation {
  explicit Relaxation(double alpha) {
    const double jacobi = 1 / (1 + alpha);
    omega = std::min(1.5, 2 / (1 + std::sqrt(1 - jacobi * jacobi)));
    const double more = std::log(0.07) / std::log(std::clamp(omega - 1, 0.07, 0.5));  // 1 at alpha = 1
    full = std::min(static_cast<int>(std::ceil(kFullSweeps * more)), Rounds::kMostSweeps);
    near = std::min(static_cast<int>(std::ceil(kShortSweeps * more)), Rounds::kMostSweeps);
  }
  double omega;
  int full, near;
};

// Enters the residual and the bound of docs/solver.md; true when that is within the tolerance or within what
// is rounding of the residual itself: less cannot be shown, and is no property of the answer either, as the
// entries of A are rounded as well.
bool reached(const FillState& state, const FillState::Residual& residual, double largest_depth,
             const FillOptions& options, FillSummary& summary) {
  const FillState::Reach& reach = state.reach();
  const double rounding = kRounding * largest_depth * (1 + reach.of_known + reach.of_missing);
  summary.residual = std::max(residual.known, residual.missing);
  summary.error_bound = residual.known * reach.of_known + residual.missing * reach.of_missing;
  return summary.error_bound <= std::max(options.tolerance, std::min(rounding, kHardlyPosed));
}

// Exact solves around the missing pixels and relaxation of the others in turn, in phases: each finds in float
// a correction of x that the next one measures in double. False when it does not converge or the factors did
// not come out.
bool alternate(FillState& state, double largest_depth, const FillOptions& options, FillSummary& summary) {
  const Relaxation relaxation(options.alpha);
  summary.way = FillWay::kAlternating;
  if (!state.begin_rounds(relaxation.omega)) return false;
  Rounds& rounds = state.rounds();
  double bound_before = INFINITY;
  for (bool first = true; summary.rounds < kMostRounds; first = false) {
    if (!first) rounds.restart();
    double correction = first ? rounds.wide_round(relaxation.full) : rounds.full_round(relaxation.full);
    ++summary.rounds;
    // A correction is about as large as the residual that it leaves on K, and that counts 1 / alpha.
    const double goal = std::max(0.5 * options.tolerance * std::min(1.0, options.alpha),
                                 first ? kFloatShare * largest_depth : 0.0);
    for (double before = INFINITY; correction > goal && correction < before && summary.rounds < kMostRounds;
         ++summary.rounds) {
      before = correction;
      correction = rounds.short_round(relaxation.near);
    }
    if (!std::isfinite(correction)) return false;
    rounds.complete();
    if (reached(state, state.fold_in(), largest_depth, options, summary)) return true;
    if (!(summary.error_bound < kProgress * bound_before)) return false;
    bound_before = summary.error_bound;
  }
  return false;
}

// One factorization of the whole image and refinement of its solution with residuals in double.
bool solve_whole(FillState& state, double largest_depth, FillState::Precision precision,
                 const FillOptions& options, FillSummary& summary) {
  summary.way = precision == FillState::Precision::kFloat ? FillWay::kWhole : FillWay::kWholeDouble;
  summary.rounds = 0;
  if (!state.factor(precision)) return false;
  for (double bound_before = INFINITY;;) {
    ++summary.rounds;
    if (!std::isfinite(state.correct())) return false;
    if (reached(state, state.residual(), largest_depth, options, summary)) return true;
    if (!(summary.error_bound < kProgress * bound_before)) return false;
    bound_before = summary.error_bound;
  }
}

void check_size(Index rows, Index cols) {
  if (rows <= 0 || cols <= 0) throw std::invalid_argument("LevinFiller: the image is empty");
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

  void solve(ImageView depth, FillSummary& summary) {
    const double largest_depth = depth.abs().maxCoeff();
    state.choose_missing(kReach);
    const double share = static_cast<double>(state.exact()) / static_cast<double>(summary.unknowns);
    const bool strip = std::min(rows, cols) <= kStrip;
    if (!strip && options.alpha >= kLeastAlpha && share <= kMostShare &&
        alternate(state, largest_depth, options, summary))
      return;
    state.choose_all();
    for (const auto precision : {FillState::Precision::kFloat, FillState::Precision::kDouble}) {
      if (strip && precision == FillState::Precision::kFloat) continue;
      state.restart(depth);
      if (solve_whole(state, largest_depth, precision, options, summary)) return;
    }
    // The system is not posed to the tolerance in double: refinement only stirs rounding up. One solve with
    // the factors, which lose nothing to cancellation, is the best there is and a mean of readings
    // everywhere.
    summary.ending = FillEnding::kStagnated;
    state.restart_empty();
    state.correct();
    const auto residual = state.residual();
    summary.residual = std::max(residual.known, residual.missing);
  }
};

LevinFiller::LevinFiller(Index rows, Index cols, const FillOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("LevinFiller: " + bad);
  check_size(rows, cols);
  work_.reset(new Work{rows, cols, options, FillState(rows, cols, options.alpha)});
}
void LevinFiller::resize(Index rows, Index cols) {
  check_size(rows, cols);
  if (rows == work_->rows && cols == work_->cols) return;
  work_->state.resize(rows, cols);
  work_->rows = rows;
  work_->cols = cols;
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
  const TinyIsZero tiny_is_zero;
  work_->state.load(gray, depth);
  work_->solve(depth, summary);

  std::uint64_t odd = 0;
  for (Index i = 0; i < rows(); ++i) {
    const double* x = work_->state.row(i);
    const double* d = depth.data() + i * depth.outerStride();
    double* out = filled.data() + i * filled.outerStride();
    for (Index j = 0; j < cols(); ++j) {
      odd |= not_finite(x[j]);
      out[j] = options.keep_known && is_known(d[j]) ? d[j] : x[j];
    }
  }
  if (odd != 0) summary.ending = FillEnding::kNotFinite;
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
