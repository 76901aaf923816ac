// Fills missing depth from known depth along similar intensity: Levin et al. 2004, the toolbox's
// fill_depth_colorization. Solves (A + G) x = b of affinity.h for all pixels to a given tolerance in metres.
//
// Known pixels are smoothed too: at alpha = 1 a reading weighs as much as all its neighbours. Larger alpha
// approaches interpolation; keep_known pastes the readings back afterwards (the toolbox does not).
//
//   Image gray = rgb_to_gray(rgb_bytes, rows, cols);
//   FillResult filled = fill_depth_colorization(gray, depth);
//   if (!filled.summary.ok()) std::cerr << filled.summary.message();
#pragma once

#include <memory>
#include <string>

#include "image.h"

namespace depthmill::colorization {

struct FillOptions {
  double alpha = 1.0;       // > 0: weight of a reading against the mean of its neighbours
  bool keep_known = false;  // true: known pixels of the result hold exactly what was measured
  // Metres, > 0: the solve ends when the largest error is certainly below this, or below what rounding of the
  // residual in double stands for (1e-10 .. 4e-9 on real frames), which nothing in double can undercut.
  double tolerance = 1e-6;

  std::string problem() const;  // "" or a sentence that names the bad field
};

enum class FillEnding {
  kConverged,  // the bound on the error is within the tolerance, or what rounding allows
  kStagnated,  // rounding alone is above 1e-6 m or ended the progress; the depth is the best there is
  kNotFinite,  // the solve left the range of numbers; the depth is not to be used
};

// Which way the solve went; each falls back to the next when it does not get on.
enum class FillWay {
  kAlternating,  // exact on missing pixels and their surroundings, relaxation elsewhere
  kWhole,        // one factorization of the whole image, in float
  kWholeDouble,  // the same in double
};

struct FillSummary {
  Index unknowns = 0;      // pixels solved for (all of them)
  Index missing = 0;       // pixels without a reading
  double residual = 0;     // largest |b - (A + G) x| at the end, metres
  double error_bound = 0;  // on the largest error, metres, rigorous; see docs/solver.md
  int rounds = 0;          // corrections by the factored part
  FillWay way = FillWay::kAlternating;
  FillEnding ending = FillEnding::kConverged;

  bool ok() const { return ending == FillEnding::kConverged; }
  std::string message() const;  // one sentence with these numbers
};

struct FillResult {
  Image depth;  // rows x cols, metres, every pixel filled
  FillSummary summary;
};

// gray: rows x cols in [0, 1], see gray.h. depth: same size, metres, 0 or exactly 10 = missing; negative
// readings are readings. Throws std::invalid_argument when sizes differ or are 0, a value is NaN or infinite,
// no pixel is known, or options.problem(). Views are not kept.
FillResult fill_depth_colorization(ImageView gray, ImageView depth, const FillOptions& options = {});

// The same for many frames of one size: what the first frame allocates is kept (50 to 110 MB for 480x640, 210
// where nearly everything is missing), later frames allocate nothing. The result does not depend on the
// frames before. One object a thread.
class LevinFiller {
 public:
  LevinFiller(Index rows, Index cols, const FillOptions& options = {});
  ~LevinFiller();
  LevinFiller(LevinFiller&&) noexcept;
  LevinFiller& operator=(LevinFiller&&) noexcept;

  Index rows() const;
  Index cols() const;
  // For frames of another size from now on, in the memory that there is; it only grows. Throws
  // std::invalid_argument when a size is not above 0. Results are those of a new filler.
  void resize(Index rows, Index cols);
  // Writes rows x cols metres to `filled`, which may be the memory of `depth`. Throws as above.
  FillSummary fill(ImageView gray, ImageView depth, ImageSpan filled);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace depthmill::colorization
