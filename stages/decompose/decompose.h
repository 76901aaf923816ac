// Stage `decompose`: a depth map as the sum of an edge-preserving smooth base and a detail (Farbman et al.
// 2008, see colorization/wls.h), as SD-ConvTrans is trained on. Needs depth (filled; rgb too when it guides
// or is written); adds base and detail, CV_64FC1 metres, base + detail = depth.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "stages/base/stage.h"

namespace depthmill {

struct DecomposeOptions {
  double lambda = 1.0;    // smoothness against fidelity
  double alpha = 1.2;     // exponent of the guide's differences
  double epsilon = 1e-4;  // keeps weights finite where the guide is flat
  std::string guide =
      "log_depth";  // log_depth: ln(depth + 1e-4); depth: metres; rgb: log luminance of the image
  std::string domain = "linear";  // linear: depth is split; log: ln(depth) is, and base = exp of its base

  // planes: base and detail are what the frame gets. sd-convtrans: rgb, depth and base are also written below
  // `published` in the layout SD-ConvTrans reads (data/sd_convtrans.cpp), as its part train or test; the test
  // part has no base, so nothing is split then.
  std::string layout = "planes";
  std::string part = "train";
  std::filesystem::path published;

  // "" or a sentence naming the field.
  std::string problem() const;
};

// A frame fails with kNoValidPixel when its depth has holes (0; fill them first), kNonFinite, kWrongSize (rgb
// and depth differ). Frames of one size share the factorization's pattern. About 2 s for 480 x 640 on one
// core; parallel() is true.
std::unique_ptr<Stage> make_decompose_stage(const DecomposeOptions& options);

}  // namespace depthmill
