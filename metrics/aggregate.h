// From values of images to the value of a set: mean of images, root of the mean square, pooled by pixels.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "metrics/errors.h"
#include "metrics/protocol.h"

namespace depthmill::metrics {

// One image's value of one metric.
struct ImageValue {
  double value = 0;        // NaN = undefined: the image is left out
  std::size_t pixels = 0;  // valid pixels
};

struct Aggregate {
  double value;            // NaN if no image has a value
  std::size_t images = 0;  // images that went in
  std::size_t pixels = 0;  // their valid pixels
};

// Values are added in the order given. Pooling needs to know how the metric pools. Averages of clips take clips for
// images: their values come from `aggregate` of each clip's images by averaging_in_clip().
Aggregate aggregate(std::span<const ImageValue> images, Averaging averaging, Pool pool);

// How the images of a clip make its value.
constexpr Averaging averaging_in_clip(Averaging averaging) {
  return averaging == Averaging::kClipsByPixels ? Averaging::kPooled : Averaging::kMeanOfImages;
}

}  // namespace depthmill::metrics
