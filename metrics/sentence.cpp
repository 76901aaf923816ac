#include "metrics/sentence.h"

#include <charconv>
#include <cmath>

#include "metrics/errors.h"

namespace depthmill::metrics {
namespace {

std::string number(double v) {
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
}

std::string size(int rows, int cols) { return std::to_string(rows) + "x" + std::to_string(cols); }

std::string interpolation_text(Interpolation how) {
  switch (how) {
    case Interpolation::kNone:
      return "without resizing";
    case Interpolation::kNearestFloor:
      return "by nearest neighbour (upper left)";
    case Interpolation::kNearestCentre:
      return "by nearest neighbour (pixel centres)";
    case Interpolation::kBilinear:
      return "bilinearly (pixel centres, align_corners = false)";
    case Interpolation::kBilinearAlignCorners:
      return "bilinearly (align_corners = true)";
    case Interpolation::kBilinearAntialias:
      return "bilinearly (pixel centres, antialiased when shrinking)";
    case Interpolation::kBicubic:
      return "bicubically (pixel centres, a = -0.75)";
  }
  return "";
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

std::string ground_truth(const Protocol& p) {
  std::string text = p.gt == GtKind::kRaw ? "Ground truth is raw depth" : "Ground truth is filled depth";
  if (p.gt_rounding == GtRounding::kTruncateMm) text += " cut down to whole millimetres";
  std::vector<std::string> steps;
  for (const PrepareStep& step : p.prepare) {
    switch (step.kind) {
      case PrepareStep::kResize:
        steps.push_back("resized to " + size(step.rows, step.cols) + " " +
                        interpolation_text(step.interpolation));
        break;
      case PrepareStep::kShortSide:
        steps.push_back("resized to " + std::to_string(step.rows) + " pixels on the shorter side " +
                        interpolation_text(step.interpolation));
        break;
      case PrepareStep::kCentreCrop:
        steps.push_back("cropped to the central " + size(step.rows, step.cols));
        break;
      case PrepareStep::kPredSize:
        steps.push_back("resized to the prediction " + interpolation_text(step.interpolation));
        break;
    }
  }
  if (!steps.empty()) text += ", " + join(steps, ", ");
  if (!steps.empty() && !p.prepare_equal_sizes)
    text += " (unless prediction and ground truth are of one size already)";
  return text + ".";
}

std::string valid_pixels(const Protocol& p) {
  std::string text;
  switch (p.valid) {
    case ValidRule::kRange:
    case ValidRule::kListed:
      text = (p.valid == ValidRule::kListed ? "Listed (hidden) pixels with " : "Pixels with ") +
             number(p.range.min) + " m " + (p.range.min_inclusive ? "<=" : "<") + " depth";
      if (std::isfinite(p.range.max))
        text += (p.range.max_inclusive ? " <= " : " < ") + number(p.range.max) + " m";
      text += " are scored";
      if (p.quantile_share > 0)
        text += ", up to " + number(p.quantile_factor) + " times the " + number(100 * p.quantile_share) +
                " % quantile of their depths";
      break;
    case ValidRule::kAll:
      text = "Every pixel is scored";
      break;
    case ValidRule::kNotNan:
      text = "Every pixel whose ground truth is not NaN is scored";
      break;
    case ValidRule::kEither:
      text = "Pixels with positive ground truth or prediction are scored";
      break;
  }
  text += p.crop.kind == CropKind::kNone ? ", no crop" : " inside " + crop_text(p.crop);
  if (p.min_pixels > 1)
    text += "; images with fewer than " + std::to_string(p.min_pixels) + " such pixels are skipped";
  return text + ".";
}

std::string clamp_text(const Protocol& p) {
  if (!std::isfinite(p.clamp_min)) return "cut at " + number(p.clamp_max) + " m";
  if (!std::isfinite(p.clamp_max)) return "raised to at least " + number(p.clamp_min) + " m";
  return "clamped to [" + number(p.clamp_min) + ", " + number(p.clamp_max) + "] m";
}

// Fits that are no minimum in the source say so.
std::string robust_fit(const Protocol& p) {
  const std::string cells = std::to_string(p.align_sample);
  const std::string sample = " over one valid pixel of each cell of a " + cells + "x" + cells + " grid";
  switch (p.align) {
    case AlignKind::kWeightedL1Scale:
      return "scaled by the least sum of |s p - g|/g" + sample;
    case AlignKind::kWeightedL1Affine:
      return "aligned by the scale and shift of the best line through one of the samples, sum of |s p + t - "
             "g|/g" +
             sample +
             " without those whose prediction equals the anchor's (so no minimum where predictions tie)";
    case AlignKind::kWeightedL1AffineExact:
      return "aligned by the scale and shift of the least sum of |s p + t - g|/g" + sample +
             " (the true minimum: the best of the lines through a sample, ties counted)";
    case AlignKind::kPointShift:
      return "turned into points, which are shifted along each axis by the weighted median, weights 1/|G|," +
             sample;
    case AlignKind::kPointScale:
      return "turned into points, which are scaled by the least sum of |s P - G|_1/|G|" + sample;
    case AlignKind::kPointAffine:
      return "turned into points, which are scaled and shifted by the best fit through one of the samples, "
             "sum of "
             "|s P + T - G|_1/|G|" +
             sample + " without coordinates that equal the anchor's (a search, no minimum)";
    case AlignKind::kPointAffineExact:
      return "turned into points, which are scaled and shifted by the least sum of |s P + T - G|_1/|G|" +
             sample +
             " (the true minimum: shifts are weighted medians, the scale of least loss is closed in on)";
    case AlignKind::kWeiszfeldScale:
      return "scaled by ten Weiszfeld steps towards the least sum of |s p - g| (not converged, and chaotic "
             "at 1e-4)";
    case AlignKind::kAdamL1:
      return "aligned by at most 1,000 steps of Adam (rate 0.0001) from the ratio of (lower) medians towards "
             "the "
             "least sum of |s p + t - g| (no minimum)";
    case AlignKind::kL1Scale:
      return "scaled by the least sum of |s p - g| (the true minimum)";
    case AlignKind::kL1Affine:
      return "aligned by the scale and shift of the least sum of |s p + t - g| (the true minimum)";
    default:
      return "";
  }
}

void push_inversion(const Protocol& p, std::vector<std::string>& steps) {
  if (p.floor_at_farthest)
    steps.push_back("raised to at least the inverse of the largest valid ground truth");
  else if (p.disparity_floor > 0)
    steps.push_back("raised to at least " + number(p.disparity_floor) + " per metre");
  steps.push_back("inverted to depth");
}

std::string prediction(const Protocol& p) {
  std::vector<std::string> steps;
  const std::string clamp = clamp_text(p);
  if (p.precrop.kind != CropKind::kNone)
    steps.push_back("cut to what is inside " + crop_text(p.precrop) + ", as stored");
  if (p.clamp_at == ClampAt::kBeforeFlip) steps.push_back(clamp);
  const std::string fusion = p.flip == Flip::kNone
                                 ? ""
                                 : std::string("averaged with the output for the mirrored image") +
                                       (p.flip == Flip::kBlendEdges ? ", borders blended" : "") +
                                       (p.disparity ? ", as disparity" : "");
  if (p.flip != Flip::kNone && p.flip_at == FlipAt::kNative) steps.push_back(fusion);
  if (p.placement == Placement::kKbCrop) steps.push_back("placed at the bottom centre of the full frame");
  if (p.resize != Interpolation::kNone)
    steps.push_back(std::string("resized to the ") + (p.covers == Covers::kCrop ? "crop" : "ground truth") +
                    " " + interpolation_text(p.resize) + " where sizes differ");
  else if (p.covers == Covers::kCrop)
    steps.push_back("placed at the crop");
  if (p.flip != Flip::kNone && p.flip_at == FlipAt::kAfterResize) steps.push_back(fusion);
  if (p.clamp_at == ClampAt::kBeforeAlign) steps.push_back(clamp);
  if (p.pred_floor > 0)
    steps.push_back("raised to at least " + number(p.pred_floor) + (p.disparity ? "" : " m"));
  if (!p.disparity && p.align_space == AlignSpace::kDisparity) steps.push_back("inverted to disparity");
  const bool inverted = p.disparity && p.align_space == AlignSpace::kInverted;
  if (inverted) push_inversion(p, steps);
  if (p.align != AlignKind::kNone) {
    const std::string space = p.align_space == AlignSpace::kDisparity ? " in disparity" : "";
    std::string how;
    switch (p.align) {
      case AlignKind::kNone:
        break;
      case AlignKind::kMedian:
        how = "scaled by the ratio of medians";
        break;
      case AlignKind::kMedianLower:
        how = "scaled by the ratio of (lower) medians";
        break;
      case AlignKind::kScale:
        how = "scaled by least squares";
        break;
      case AlignKind::kScaleShift:
        how = "aligned by a least-squares scale and shift";
        break;
      case AlignKind::kLogScale:
        how = "scaled by least squares of log depth";
        break;
      default:
        how = robust_fit(p);
        break;
    }
    how += space + (p.align_group == AlignGroup::kClip ? " per clip (a scene)" : " per image");
    if (p.align_target_epsilon > 0) how += " to 1/(g + " + number(p.align_target_epsilon) + " m)";
    if (p.align_pred_floor > 0)
      how += " of predictions raised to at least " + number(p.align_pred_floor) + " m for the fit";
    if (p.align_positive_only) how += " over positive predictions";
    if (p.align_min_pixels > 1)
      how += " with at least " + std::to_string(p.align_min_pixels) + " valid pixels";
    if (p.negative_scale_to_median) how += " (by the ratio of medians where the scale is negative)";
    steps.push_back(how);
  }
  if ((p.disparity || p.align_space == AlignSpace::kDisparity) && !inverted) push_inversion(p, steps);
  if (p.clamp_at == ClampAt::kAfterAlign) steps.push_back(clamp);
  if (p.nan_to) steps.push_back("NaN set to " + number(*p.nan_to) + " m");
  if (p.inf_to) steps.push_back("infinity to " + number(*p.inf_to) + " m");
  const std::string subject = p.disparity ? "Predicted disparity is " : "Predicted depth is ";
  return steps.empty() ? subject + "used as it is." : subject + join(steps, ", then ") + ".";
}

std::string averages(const Protocol& p) {
  const auto word = [](Averaging a) {
    switch (a) {
      case Averaging::kMeanOfImages:
        return "averaged over images";
      case Averaging::kRmsOfImages:
        return "combined as the root of the mean square over images";
      case Averaging::kPooled:
        return "pooled over all pixels of all images";
      case Averaging::kByPixels:
        return "averaged over images, weighted by their valid pixels";
      case Averaging::kClips:
        return "averaged over the images of each clip (a scene), then over clips";
      case Averaging::kClipsByPixels:
        return "pooled over all pixels of each clip (a scene), then averaged over clips, weighted by their "
               "valid "
               "pixels";
    }
    return "";
  };
  std::string text = std::string("Metrics are ") + word(p.averaging);
  for (const auto& [key, averaging] : p.averaging_of) text += ", " + key + " " + word(averaging);
  text += ": ";
  std::vector<std::string> formulas;
  for (const auto& key : p.metrics)
    if (const Metric* metric = find_metric(key))
      formulas.push_back(key + " = " + std::string(metric->formula));
  text += join(formulas, "; ");
  if (p.epsilon > 0 || p.log_epsilon > 0)
    text += " (e = " + number(p.epsilon) + " m, e' = " + number(p.log_epsilon) + " m)";
  if (p.log_floor > 0)
    text += "; in logarithms and ratios predictions are raised to at least " + number(p.log_floor) + " m";
  if (p.root_epsilon > 0) text += " (e = " + number(p.root_epsilon) + ")";
  return text + ".";
}

}  // namespace

std::string crop_text(const Crop& crop) {
  const auto span = [](double from, double to) { return number(from) + " to " + number(to); };
  switch (crop.kind) {
    case CropKind::kNone:
      return "no crop";
    case CropKind::kPixels:
      return "rows " + span(crop.row0, crop.row1) + " and columns " + span(crop.col0, crop.col1) +
             (crop.of_rows > 0 ? " of " + size(crop.of_rows, crop.of_cols) + " maps" : "");
    case CropKind::kFractions:
      return "rows " + span(crop.row0, crop.row1) + " of the height and columns " +
             span(crop.col0, crop.col1) + " of the width";
    case CropKind::kBorder:
      return "a border of " + number(crop.row0) + " rows at the top, " + number(crop.row1) +
             " at the bottom, " + number(crop.col0) + " columns at the left, " + number(crop.col1) +
             " at the right";
  }
  return "";
}

std::string alignment_words(const Protocol& protocol) {
  const auto fit = [&]() -> std::string {
    switch (protocol.align) {
      case AlignKind::kNone:
        return "none";
      case AlignKind::kMedian:
      case AlignKind::kMedianLower:
        return "median";
      case AlignKind::kScale:
      case AlignKind::kLogScale:
      case AlignKind::kWeightedL1Scale:
      case AlignKind::kPointScale:
      case AlignKind::kWeiszfeldScale:
      case AlignKind::kL1Scale:
        return "scale";
      case AlignKind::kPointShift:
        return "shift";
      case AlignKind::kScaleShift:
      case AlignKind::kWeightedL1Affine:
      case AlignKind::kWeightedL1AffineExact:
      case AlignKind::kPointAffine:
      case AlignKind::kPointAffineExact:
      case AlignKind::kAdamL1:
      case AlignKind::kL1Affine:
        return "scale and shift";
    }
    return "";
  };
  if (protocol.align == AlignKind::kNone) return fit();
  return fit() + (protocol.align_space == AlignSpace::kDisparity ? " in disparity" : "") +
         (protocol.align_group == AlignGroup::kClip ? ", per clip" : "");
}

std::string protocol_sentence(const Protocol& p) {
  if (p.normals_only())
    return "Every pixel with a true normal is scored by the angle a between its predicted and its true "
           "normal; "
           "a pixel without a predicted normal counts as 90 degrees. " +
           averages(p);
  std::string frames;
  if (p.first_frame > 0 || p.end_frame > 0)
    frames = " Of each clip (a scene) the frames from number " + std::to_string(p.first_frame) +
             (p.end_frame > 0 ? " to before " + std::to_string(p.end_frame) : " on") + " are scored.";
  return ground_truth(p) + frames + " " + valid_pixels(p) + " " + prediction(p) + " " + averages(p);
}

}  // namespace depthmill::metrics
