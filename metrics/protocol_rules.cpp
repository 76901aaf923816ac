// What a protocol says of itself.
#include <algorithm>
#include <cmath>
#include <string>

#include "metrics/errors.h"
#include "metrics/protocol.h"

namespace depthmill::metrics {

Averaging Protocol::averaging_for(const std::string& key) const {
  const auto it = averaging_of.find(key);
  return it == averaging_of.end() ? averaging : it->second;
}

bool Protocol::normals_only() const {
  return !metrics.empty() && std::all_of(metrics.begin(), metrics.end(), [](const std::string& key) {
    const Metric* metric = find_metric(key);
    return metric && metric->needs == kNormals;
  });
}

std::string Protocol::problem() const {
  if (metrics.empty()) return "metrics: the list is empty";
  for (const auto& key : metrics) {
    const Metric* metric = find_metric(key);
    if (!metric) return "metrics: there is no metric '" + key + "'";
    const bool pools =
        averaging_for(key) == Averaging::kPooled || averaging_for(key) == Averaging::kClipsByPixels;
    if (pools && metric->pool == Pool::kNone) return "averaging: '" + key + "' cannot be pooled over pixels";
  }
  for (const auto& [key, unused] : averaging_of)
    if (std::find(metrics.begin(), metrics.end(), key) == metrics.end())
      return "averaging: '" + key + "' is not among the metrics";
  if ((valid == ValidRule::kRange || valid == ValidRule::kListed) && !(range.min <= range.max))
    return "valid range: min is above max";
  if (clamp_at != ClampAt::kNever && !(clamp_min <= clamp_max)) return "clamp: min is above max";
  if (align_space == AlignSpace::kInverted && !disparity)
    return "align space: inverted needs a prediction that is disparity";
  if (align_space == AlignSpace::kDisparity && !disparity && align == AlignKind::kNone)
    return "align space: disparity needs a prediction that is disparity, or a fit";
  if (fits_sample(align) && align_sample < 1) return "align sample: this fit is made on a sample";
  if (fits_sample(align) && (disparity || align_space != AlignSpace::kDepth))
    return "align kind: a fit on a sample is one of depth";
  if (align_group == AlignGroup::kClip && (fits_sample(align) || align == AlignKind::kLogScale))
    return "align group: this kind of fit is not made over clips";
  if (align_group == AlignGroup::kClip && floor_at_farthest)
    return "disparity floor: the farthest ground truth is of an image, not of a clip";
  if (first_frame < 0 || (end_frame != 0 && end_frame <= first_frame))
    return "align frames: no frame is left";
  if (quantile_share < 0 || quantile_share >= 1 || (quantile_share > 0 && !(quantile_factor > 0)))
    return "quantile limit: a share below 1, and a factor above 0";
  if (pred_floor < 0) return "prediction floor: must not be negative";
  if (align_target_epsilon < 0) return "align target epsilon: must not be negative";
  if (disparity && align != AlignKind::kNone && align_space == AlignSpace::kDepth)
    return "align space: a disparity prediction is aligned in disparity, or inverted first";
  if (disparity_floor < 0) return "disparity floor: must not be negative";
  if (align_pred_floor < 0) return "align pred floor: must not be negative";
  if (align_pred_floor > 0 && (align_positive_only || align_space == AlignSpace::kDisparity))
    return "align pred floor: goes with fits of depth, and not with positive_only";
  if (log_floor < 0) return "log floor: must not be negative";
  if (covers == Covers::kCrop && crop.kind == CropKind::kNone)
    return "covers: a prediction of the crop needs a crop";
  return "";
}

}  // namespace depthmill::metrics
