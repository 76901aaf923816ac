// 3x3 convolutions of stride 1 and padding 1 with 2.25 times fewer multiplications: F(2x2, 3x3) after
// Winograd (Lavin & Gray 2016), on the processor, the products left to BLAS. Rounding stays within a few
// units in the last place of the direct form, as every factor of the transforms is 1 or 1/2. Private to the
// room (torch header).
#pragma once

#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

class WinogradConv {
 public:
  // weight [K, C, 3, 3], bias [K], float32 on the processor; transformed once, the originals are not kept.
  WinogradConv(const at::Tensor& weight, const at::Tensor& bias, bool relu);
  // [N, C, h, w] contiguous float32 -> [N, K, h, w]
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weights_;  // [16, K, C]
  at::Tensor bias_;
  bool relu_;
};

}  // namespace depthmill::sd_convtrans
