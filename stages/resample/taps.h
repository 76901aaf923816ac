// The weights of every resizing filter in the program, one axis at a time: images (resize.h), depth maps under
// evaluation (stages/scoring) and the tensors of SD-ConvTrans all take theirs from here.
#pragma once

#include <cmath>
#include <vector>

#include "stages/resample/resize.h"

namespace depthmill {

// One axis of a separable filter: output i is the sum over k < count[i] of
// weight[i * width + k] * input[index[i * width + k]]. Weights of one output sum to 1.
struct Taps {
  int width = 0;  // room for the taps of one output
  std::vector<int> count, index;
  std::vector<double> weight;

  int outputs() const { return static_cast<int>(count.size()); }
};

// `in` inputs become `out` outputs, both at least 1. Throws std::invalid_argument for OpenCV's filters, whose
// weights OpenCV keeps to itself.
Taps make_taps(int in, int out, ResizeFilter filter);

// PIL's fixed point for 8-bit pictures: 8 bits of sample and 2 of head room leave 22 of 32 for the weight.
constexpr int kPilBits = 22;
inline int pil_weight(double weight) {
  return static_cast<int>(weight * (1 << kPilBits) + (weight < 0 ? -0.5 : 0.5));
}

}  // namespace depthmill
