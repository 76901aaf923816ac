#include <depthmill/colorization/levin.h>

using namespace depthmill::colorization;

int main() {
  Image gray = Image::Constant(48, 64, 0.5), depth = Image::Constant(48, 64, 2.0);
  depth.block(10, 10, 20, 20) = 0.0;
  const FillResult filled = fill_depth_colorization(gray, depth);
  return filled.summary.ok() && (filled.depth - 2.0).abs().maxCoeff() < 1e-6 ? 0 : 1;
}
