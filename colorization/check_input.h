// The demands that every filler makes on its input, in one place. Not installed.
#pragma once

#include <string>

#include "image.h"

namespace depthmill::colorization {

// Throws std::invalid_argument "<who>: ..." when sizes differ or are 0, a gray or depth is NaN or infinite,
// nothing is known, or alpha is not a finite number > 0. Returns the number of known pixels.
Index check_input(const std::string& who, ImageView gray, ImageView depth, double alpha);

}  // namespace depthmill::colorization
