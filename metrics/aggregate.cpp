#include "metrics/aggregate.h"

#include <cmath>
#include <limits>

namespace depthmill::metrics {

Aggregate aggregate(std::span<const ImageValue> images, Averaging averaging, Pool pool) {
  Aggregate out{std::numeric_limits<double>::quiet_NaN()};
  const bool pooled = averaging == Averaging::kPooled;
  if (pooled && pool == Pool::kNone) return out;
  const bool squares = averaging == Averaging::kRmsOfImages || (pooled && pool == Pool::kRootMean);

  double sum = 0, weights = 0;
  for (const ImageValue& image : images) {
    if (std::isnan(image.value)) continue;
    const double weight =
        pooled || averaging == Averaging::kByPixels || averaging == Averaging::kClipsByPixels
            ? static_cast<double>(image.pixels)
            : 1.0;
    sum += weight * (squares ? image.value * image.value : image.value);
    weights += weight;
    ++out.images;
    out.pixels += image.pixels;
  }
  if (weights > 0) out.value = squares ? std::sqrt(sum / weights) : sum / weights;
  return out;
}

}  // namespace depthmill::metrics
