// Stage `decompose`: a depth map as the sum of an edge-preserving smooth base and a detail (Farbman et al.
// 2008, see colorization/wls.h), as SD-ConvTrans is trained on. Needs depth (filled; rgb too when it guides
// or is kept); adds base and detail, CV_64FC1 metres, base + detail = depth.
#pragma once

#include <memory>
#include <string>

#include "stages/base/stage.h"
#include "stages/io/key_table.h"

namespace depthmill {

// Whose edges the base keeps.
enum class DecomposeGuide {
  kLogDepth,  // ln(depth + 1e-4)
  kDepth,     // metres
  kRgb,       // log luminance of the image
};
inline constexpr auto kDecomposeGuides = io::enum_words<DecomposeGuide>("log_depth", "depth", "rgb");

enum class DecomposeDomain {
  kLinear,  // depth is split
  kLog,     // ln(depth) is, and base = exp of its base
};
inline constexpr auto kDecomposeDomains = io::enum_words<DecomposeDomain>("linear", "log");

struct DecomposeOptions {
  double lambda = 1.0;    // smoothness against fidelity
  double alpha = 1.2;     // exponent of the guide's differences
  double epsilon = 1e-4;  // keeps weights finite where the guide is flat
  DecomposeGuide guide = DecomposeGuide::kLogDepth;
  DecomposeDomain domain = DecomposeDomain::kLinear;
  bool keep_rgb = false;  // adds rgb as well where every frame has one, so that it lies beside the base

  // "" or a sentence naming the field.
  std::string problem() const;
};

// Section [decompose].
const std::vector<io::Key<DecomposeOptions>>& decompose_keys();

// A frame fails with kNoValidPixel when its depth has holes (0; fill them first), kNonFinite, kWrongSize (rgb
// and depth differ). Frames of one size share the factorization's pattern. About 2 s for 480 x 640 on one
// core; parallel() is true.
std::unique_ptr<Stage> make_decompose_stage(const DecomposeOptions& options);

}  // namespace depthmill
