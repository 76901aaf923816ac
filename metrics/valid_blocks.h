// The valid pixels of a pair, a block at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "metrics/pixel_sums.h"
#include "metrics/protocol.h"
#include "metrics/valid_mask.h"

namespace depthmill::metrics {

// Hands the pixels of `rect` to use(PixelBlock&) in row-major order, valid ones with change(prediction),
// others with 1 in both maps. Loops without branches on the data, which compilers turn into vector code.
template <class T, class Valid, class Change, class Use>
void for_blocks(std::span<const T> pred, std::span<const double> gt, const Rect& rect, int cols, Valid valid,
                Change change, Use& use) {
  PixelBlock block;
  for (int row = rect.row0; row < rect.row1; ++row) {
    const std::size_t start = static_cast<std::size_t>(row) * static_cast<std::size_t>(cols);
    const std::size_t end = start + static_cast<std::size_t>(rect.col1);
    for (std::size_t at = start + static_cast<std::size_t>(rect.col0); at < end;) {
      const std::size_t count = std::min(end - at, kSumBlock - block.size);
      const T* p = pred.data() + at;
      const double* g = gt.data() + at;
      std::int64_t counted = 0;
      for (std::size_t i = 0, to = block.size; i < count; ++i, ++to) {
        const double raw = static_cast<double>(p[i]), depth = g[i], changed = change(raw);
        const bool kept = valid(raw, depth);
        block.pred[to] = kept ? changed : 1.0;
        block.gt[to] = kept ? depth : 1.0;
        block.keep[to] = kept ? -1 : 0;
        counted -= block.keep[to];
      }
      block.kept += static_cast<std::size_t>(counted);
      at += count;
      block.size += count;
      if (block.size == kSumBlock) use(block), block.size = block.kept = 0;
    }
  }
  if (block.size > 0) use(block);
}

// The same with the crop and the rule of the protocol; pred and gt are rows x cols.
template <class T, class Change, class Use>
void for_valid_blocks(std::span<const T> pred, std::span<const double> gt, int rows, int cols,
                      const Protocol& protocol, Change change, Use&& use) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  if (pred.size() != size || gt.size() != size)
    throw std::invalid_argument("prediction and ground truth must both be rows x cols");
  const Rect rect = crop_rect(protocol.crop, rows, cols);
  switch (protocol.valid) {
    case ValidRule::kRange:
    case ValidRule::kListed: {
      const auto [low, high] = protocol.range.closed_limits();
      const auto inside = [low = low, high = high](double, double g) {
        return static_cast<bool>((g >= low) & (g <= high));
      };
      return for_blocks(pred, gt, rect, cols, inside, change, use);
    }
    case ValidRule::kAll:
      return for_blocks(
          pred, gt, rect, cols, [](double, double) { return true; }, change, use);
    case ValidRule::kNotNan:
      return for_blocks(
          pred, gt, rect, cols, [](double, double g) { return g == g; }, change, use);
    case ValidRule::kEither: {
      const auto either = [](double p, double g) { return static_cast<bool>((g > 0) | (p > 0)); };
      return for_blocks(pred, gt, rect, cols, either, change, use);
    }
  }
}

}  // namespace depthmill::metrics
