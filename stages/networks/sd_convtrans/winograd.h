// 3x3 convolutions of stride 1 and padding 1 with fewer multiplications, after Winograd (Lavin & Gray 2016), on the
// processor: F(4x4, 3x3), a quarter of them, and F(2x2, 3x3), 1 / 2.25 of them, for layers whose weights are many and
// whose maps are small (the weights take 4 and 1.8 times their size). The points are 0, infinity and +-3/4, +-3/2, or
// +-1: the sums then round three times as much as those of the direct form, with the usual 1 and 2 six times.
// Private to the room (torch header).
#pragma once

#include <vector>

#include "stages/networks/sd_convtrans/packed_product.h"
#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

class WinogradConv {
 public:
  // weight [K, C, 3, 3], bias [K], float32 on the processor; transformed once, the originals are not kept.
  WinogradConv(const at::Tensor& weight, const at::Tensor& bias, bool relu);
  // [N, C, h, w] float32 -> [N, K, h, w]
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  template <int M>
  at::Tensor tiled(const at::Tensor& x) const;

  int tile_;                         // 2 or 4 places of the result, in both directions
  std::vector<PackedRows> weights_;  // (tile + 2)^2 of [K, C]
  at::Tensor bias_;
  bool relu_;
};

}  // namespace depthmill::sd_convtrans
