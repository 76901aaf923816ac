// The fill stage: closes the holes of the registered depth along similar colour.
// Needs rgb and raw_depth, adds depth (CV_64FC1 metres).
#pragma once

#include <memory>
#include <string>

#include "stages/base/stage.h"
#include "stages/io/key_table.h"

namespace depthmill {

enum class FillMethod {
  kLevin,           // the toolbox's fill_depth_colorization, see colorization/levin.h
  kCrossBilateral,  // the toolbox's fill_depth_cross_bf with its default sigmas, see cross_bilateral.h
  kNone,            // depth is a copy of raw_depth, holes and all
};

inline constexpr auto kFillMethods = io::enum_words<FillMethod>("levin", "cross-bilateral", "none");

struct FillStageOptions {
  FillMethod method = FillMethod::kLevin;
  double alpha = 1.0;       // levin: weight of a reading against the mean of its neighbours, > 0
  bool keep_known = false;  // levin: paste the readings back (Python ports do, the toolbox does not)
  // levin: metres, > 0; the largest error against the exact solution is below this. 0: by what the files that depth
  // goes into can show, of whose digits `depth_bits` survive (16 = whole steps): 1e-6 or 1e-9.
  double tolerance = 0;
  int depth_bits = 64;
  bool preview = false;  // adds depth_preview as well (preview.h)
  bool keep_rgb =
      false;  // adds rgb as well, so that it lies beside the depth for who trains or predicts on them

  double tolerance_in_use() const;
  std::string problem() const;  // "" or a sentence that names the bad field
};

// Section [fill].
const std::vector<io::Key<FillStageOptions>>& fill_keys();

// Failures of a frame: kNoValidPixel (nothing known), kWrongSize (planes differ), kNonFinite (NaN or infinite
// raw_depth), kSolveFailed. A fill that converged leaves no note. May run on any number of threads: each call
// borrows a filler from a pool, which keeps the memory of the largest frame it has seen. Throws
// std::invalid_argument when options.problem().
std::unique_ptr<Stage> make_fill_stage(const FillStageOptions& options);

}  // namespace depthmill
