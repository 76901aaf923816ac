// Resizing of depth maps with the conventions of published evaluation code, in double precision.
#pragma once

#include <opencv2/core.hpp>

#include "metrics/protocol.h"

namespace depthmill {

// `map` (CV_64FC1) at rows x cols. Equal sizes return the map itself. NaN and infinity spread to the pixels
// whose interpolation touches them with a weight other than zero. Throws std::invalid_argument for
// Interpolation::kNone with different sizes.
cv::Mat resize_map(const cv::Mat& map, int rows, int cols, metrics::Interpolation interpolation);

// Runs the preparation steps on a map. `pred_rows`, `pred_cols`: what kPredSize means.
// `interpolation`: used instead of each step's own unless it is kNone.
cv::Mat prepare_map(const cv::Mat& map, const std::vector<metrics::PrepareStep>& steps, int pred_rows,
                    int pred_cols, metrics::Interpolation interpolation = metrics::Interpolation::kNone);

}  // namespace depthmill
