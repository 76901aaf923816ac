// Fits by weighted absolute differences, min sum w |s x + t - y|, of depth (one coordinate) or of points (three, with one
// scale and a shift an axis), and MoGe's search for them (Wang et al. 2024, moge/utils/alignment.py).
//
// MoGe takes every sample k for an anchor, fits the scale of the differences from it, and keeps the anchor whose loss is
// least: n weighted medians of n slopes. With no two predictions alike the best anchor's line is the minimum; a
// coordinate whose prediction equals the anchor's is left out of that anchor's loss, and then it is in general not.
// All three coordinates of an anchor of points are forced to fit, which is no minimum either.
//
// Here an anchor costs two looks at the samples, as a rule. Its loss f(s) is convex: a tangent that reaches the best loss
// known no nearer than s' excludes all scales before s', and when the loss at s' rises again, all. Anchors that are not
// excluded (some dozens, those nearest to a first guess come first) get their exact scale. The result is that of the
// search over all of them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace depthmill::metrics {

// The first value y/x, in ascending order, at which the weights w |x| before it and its own are at least half of all; x
// of 0 has no weight. 0 if all have none. All finite, w >= 0, of equal size.
double l1_scale(std::span<const double> x, std::span<const double> y, std::span<const double> w);

// Samples of a prediction and a target, finite, as coordinates: pred[axis][sample].
struct L1Samples {
  std::vector<std::vector<double>> pred, target;
  std::vector<double> weight;  // a sample, >= 0
  std::size_t size() const { return weight.size(); }
};

struct L1Fit {
  double scale = 1;
  std::array<double, 3> shift{};
  double loss = 0;  // sum w |s x + t - y|; of a search without what the anchor leaves out
  // scale is NaN and loss infinite where every such sum is beyond a double
};

enum class Ties {
  kLeftOut,  // as in the source
  kCounted,  // one coordinate: the true minimum, which goes through a sample
};
// The anchor of least loss (of equal ones the first). No samples: the identity.
L1Fit l1_by_anchors(const L1Samples& samples, Ties ties);

// The true minimum over the scale and a shift an axis, for any number of axes: for a given scale each shift is a weighted
// median, and what is left is convex in the scale, whose interval is narrowed until it cannot be told apart.
L1Fit l1_affine(const L1Samples& samples);

}  // namespace depthmill::metrics
