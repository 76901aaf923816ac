#include "metrics/valid_mask.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace depthmill::metrics {
namespace {

std::string size_text(int rows, int cols) { return std::to_string(rows) + "x" + std::to_string(cols); }

}  // namespace

Range::ClosedLimits Range::closed_limits() const {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // The doubles that become a given single or the next beyond it part half way between the two; the half way
  // itself goes to the even one.
  const auto first = [](double limit, bool inclusive, float beyond) {
    const float single = static_cast<float>(limit);
    const float kept = inclusive ? single : std::nextafter(single, beyond);
    const float left_out = inclusive ? std::nextafter(single, -beyond) : single;
    const double middle = (static_cast<double>(kept) + static_cast<double>(left_out)) / 2;
    return static_cast<float>(middle) == kept ? middle : std::nextafter(middle, static_cast<double>(beyond));
  };
  return {first(min, min_inclusive, kInfinity), first(max, max_inclusive, -kInfinity)};
}

bool Range::contains(double gt) const {
  const auto [low, high] = closed_limits();
  return gt >= low && gt <= high;
}

Rect crop_rect(const Crop& crop, int rows, int cols) {
  Rect rect{0, rows, 0, cols};
  const auto whole = [](double v) { return static_cast<int>(v); };
  switch (crop.kind) {
    case CropKind::kNone:
      break;
    case CropKind::kPixels:
      if (crop.of_rows > 0 && (crop.of_rows != rows || crop.of_cols != cols))
        throw std::invalid_argument("the crop is meant for " + size_text(crop.of_rows, crop.of_cols) +
                                    " maps, this one is " + size_text(rows, cols));
      rect = {whole(crop.row0), whole(crop.row1), whole(crop.col0), whole(crop.col1)};
      break;
    case CropKind::kFractions:
      rect = {whole(crop.row0 * rows), whole(crop.row1 * rows), whole(crop.col0 * cols),
              whole(crop.col1 * cols)};
      break;
    case CropKind::kBorder:
      rect = {whole(crop.row0), rows - whole(crop.row1), whole(crop.col0), cols - whole(crop.col1)};
      break;
  }
  rect.row0 = std::clamp(rect.row0, 0, rows);
  rect.row1 = std::clamp(rect.row1, rect.row0, rows);
  rect.col0 = std::clamp(rect.col0, 0, cols);
  rect.col1 = std::clamp(rect.col1, rect.col0, cols);
  return rect;
}

std::vector<std::uint8_t> valid_mask(std::span<const double> pred, std::span<const double> gt, int rows,
                                     int cols, ValidRule rule, const Range& range, const Crop& crop) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  if (gt.size() != size || pred.size() != size)
    throw std::invalid_argument("prediction and ground truth must both be " + size_text(rows, cols));
  std::vector<std::uint8_t> mask(size, 0);
  const Rect rect = crop_rect(crop, rows, cols);
  const auto [low, high] = range.closed_limits();
  for (int row = rect.row0; row < rect.row1; ++row) {
    const std::size_t start = static_cast<std::size_t>(row) * static_cast<std::size_t>(cols);
    for (std::size_t i = start + static_cast<std::size_t>(rect.col0);
         i < start + static_cast<std::size_t>(rect.col1); ++i) {
      switch (rule) {
        case ValidRule::kRange:
        case ValidRule::kListed:
          mask[i] = gt[i] >= low && gt[i] <= high;
          break;
        case ValidRule::kAll:
          mask[i] = 1;
          break;
        case ValidRule::kNotNan:
          mask[i] = !std::isnan(gt[i]);
          break;
        case ValidRule::kEither:
          mask[i] = gt[i] > 0 || pred[i] > 0;
          break;
      }
    }
  }
  return mask;
}

}  // namespace depthmill::metrics
