#include "check_input.h"

#include <cmath>
#include <stdexcept>

#include "affinity.h"

namespace depthmill::colorization {

Index check_input(const std::string& who, ImageView gray, ImageView depth, double alpha) {
  auto refuse = [&](const char* why) { throw std::invalid_argument(who + ": " + why); };
  if (!(alpha > 0) || !std::isfinite(alpha)) refuse("alpha must be a finite number > 0");
  if (gray.rows() != depth.rows() || gray.cols() != depth.cols()) refuse("gray and depth differ in size");
  if (depth.size() == 0) refuse("the image is empty");
  Index known = 0;
  for (Index i = 0; i < depth.rows(); ++i) {
    const double* g = gray.data() + i * gray.outerStride();
    const double* d = depth.data() + i * depth.outerStride();
    std::uint64_t odd_gray = 0, odd_depth = 0;
    for (Index j = 0; j < depth.cols(); ++j) {
      odd_gray |= not_finite(g[j]);
      odd_depth |= not_finite(d[j]);
      known += is_known(d[j]);
    }
    if (odd_gray != 0) refuse("a gray value is NaN or infinite");
    if (odd_depth != 0) refuse("a depth is NaN or infinite");
  }
  if (known == 0) refuse("no pixel is known");
  return known;
}

}  // namespace depthmill::colorization
