#include "stages/scoring/resize_map.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "stages/resample/resize.h"

namespace depthmill {
namespace {

using metrics::Interpolation;
using metrics::PrepareStep;

ResizeFilter filter_of(Interpolation interpolation, const cv::Mat& map, int rows, int cols) {
  switch (interpolation) {
    case Interpolation::kNone:
      break;
    case Interpolation::kNearestFloor:
      return ResizeFilter::kExactNearest;
    case Interpolation::kNearestCentre:
      return ResizeFilter::kExactNearestCentre;
    case Interpolation::kBilinear:
      return ResizeFilter::kExactBilinear;
    case Interpolation::kBilinearAlignCorners:
      return ResizeFilter::kExactBilinearCorners;
    case Interpolation::kBilinearAntialias:
      return ResizeFilter::kExactBilinearAntialias;
    case Interpolation::kBicubic:
      return ResizeFilter::kExactBicubic;
  }
  throw std::invalid_argument("no resizing is allowed, but a map of " + std::to_string(map.rows) + "x" +
                              std::to_string(map.cols) + " should become " + std::to_string(rows) + "x" +
                              std::to_string(cols));
}

int half_to_even(double v) { return static_cast<int>(std::nearbyint(v)); }

cv::Mat centre_crop(const cv::Mat& map, int rows, int cols) {
  if (map.rows < rows || map.cols < cols)
    throw std::invalid_argument("a centre crop of " + std::to_string(rows) + "x" + std::to_string(cols) +
                                " does not fit into a " + std::to_string(map.rows) + "x" +
                                std::to_string(map.cols) + " map");
  return map(cv::Rect(half_to_even((map.cols - cols) / 2.0), half_to_even((map.rows - rows) / 2.0), cols,
                      rows))
      .clone();
}

}  // namespace

cv::Mat resize_map(const cv::Mat& map, int rows, int cols, Interpolation interpolation) {
  if (map.rows == rows && map.cols == cols) return map;
  return resample(map, {cols, rows}, filter_of(interpolation, map, rows, cols));
}

cv::Mat prepare_map(const cv::Mat& map, const std::vector<PrepareStep>& steps, int pred_rows, int pred_cols,
                    Interpolation interpolation) {
  cv::Mat out = map;
  for (const PrepareStep& step : steps) {
    const Interpolation how = interpolation == Interpolation::kNone ? step.interpolation : interpolation;
    switch (step.kind) {
      case PrepareStep::kResize:
        out = resize_map(out, step.rows, step.cols, how);
        break;
      case PrepareStep::kShortSide:
        if (out.rows <= out.cols)
          out = resize_map(out, step.rows,
                           static_cast<int>(static_cast<double>(step.rows) * out.cols / out.rows), how);
        else
          out = resize_map(out, static_cast<int>(static_cast<double>(step.rows) * out.rows / out.cols),
                           step.rows, how);
        break;
      case PrepareStep::kCentreCrop:
        out = centre_crop(out, step.rows, step.cols);
        break;
      case PrepareStep::kPredSize:
        out = resize_map(out, pred_rows, pred_cols, how);
        break;
    }
  }
  return out;
}

}  // namespace depthmill
