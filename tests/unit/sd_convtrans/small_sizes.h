// The smallest network that still has every kind of module.
#pragma once

#include "stages/networks/sd_convtrans/sizes.h"

namespace depthmill::sd_convtrans {

inline NetworkSizes small_sizes() {
  NetworkSizes s;
  s.stem = 8;
  s.trunk_blocks = {1, 2, 1, 1};
  s.trunk_widths = {8, 8, 8, 16};
  s.pyramid = 16;
  s.detail = 16;
  s.embed = {8, 16, 24, 32};
  s.heads = {1, 2, 3, 4};
  s.depths = {1, 1, 1, 2};
  s.head = 8;
  s.low_height = 36;
  s.low_width = 48;
  s.high_height = 48;
  s.high_width = 64;
  return s;
}

}  // namespace depthmill::sd_convtrans
