// Which pixels are scored: a range of the ground truth and a crop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace depthmill::metrics {

// What makes a pixel valid inside the crop.
enum class ValidRule {
  kRange,   // ground truth inside the range; NaN is outside
  kAll,     // every pixel, whatever the ground truth holds (dense ground truth is assumed)
  kNotNan,  // every pixel whose ground truth is not NaN (Hu et al.)
  kEither,  // ground truth or prediction positive (FastDepth)
  kListed,  // kRange, among pixels that a list names: the ground truth is 0 at all others
};

// Limits on ground truth in metres. Compared in single precision, as published implementations do, so that a
// depth of 1 mm is 1 mm whether it was stored in a float, a double or a 16-bit image.
struct Range {
  double min = 1e-3;
  double max = 10;             // infinite: no upper limit, but infinite ground truth is outside
  bool min_inclusive = false;  // false: g > min
  bool max_inclusive = false;  // false: g < max
  bool contains(double gt) const;
  // Contained are the doubles from the one to the other, both included.
  struct ClosedLimits {
    double low, high;
  };
  ClosedLimits closed_limits() const;
};

enum class CropKind {
  kNone,
  kPixels,     // rows r0:r1, columns c0:c1, half open
  kFractions,  // the same as shares of height and width, truncated to whole pixels
  kBorder,     // r0 rows off the top, r1 off the bottom, c0 columns off the left, c1 off the right
};

struct Crop {
  CropKind kind = CropKind::kNone;
  double row0 = 0, row1 = 0, col0 = 0, col1 = 0;
  int of_rows = 0, of_cols = 0;  // kPixels: the map size it is meant for; 0 = any size
};

// Half-open rectangle in pixels.
struct Rect {
  int row0 = 0, row1 = 0, col0 = 0, col1 = 0;
};

// The crop as a rectangle of a rows x cols map, cut to the map. Throws std::invalid_argument when the crop is
// meant for maps of another size.
Rect crop_rect(const Crop& crop, int rows, int cols);

// 1 where a pixel is scored, else 0, row-major. pred, gt: rows x cols metres.
std::vector<std::uint8_t> valid_mask(std::span<const double> pred, std::span<const double> gt, int rows,
                                     int cols, ValidRule rule, const Range& range, const Crop& crop);

}  // namespace depthmill::metrics
