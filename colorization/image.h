// The image types of this library: doubles, row-major, rows x cols, borrowed where possible.
#pragma once

#include <Eigen/Core>

namespace depthmill::colorization {

using Index = Eigen::Index;
using Image = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
// Views of the caller's memory; rows may lie further apart than they are long.
// For a raw pointer: Eigen::Map<const Image>(pointer, rows, cols).
using ImageView = Eigen::Ref<const Image, 0, Eigen::OuterStride<>>;
using ImageSpan = Eigen::Ref<Image, 0, Eigen::OuterStride<>>;

}  // namespace depthmill::colorization
