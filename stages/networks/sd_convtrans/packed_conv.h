// Convolutions of any kernel, stride and padding on the processor, as products of packed weights with the places that
// the kernel sees, packed as they are needed. Private to the room (torch header).
#pragma once

#include "stages/networks/sd_convtrans/packed_product.h"
#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

class PackedConv {
 public:
  // weight [K, C, kh, kw], bias [K], float32 on the processor; packed once, the original is not kept. No groups, no
  // dilation.
  PackedConv(const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride, std::int64_t padding,
             bool relu);
  // [N, C, h, w] float32 -> [N, K, h', w']. `added`, where defined, has the result's shape and is added before ReLU.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& added = {}) const;

 private:
  PackedRows weights_;  // [K, C kh kw]
  at::Tensor bias_;
  std::int64_t kernel_rows_, kernel_cols_, stride_, padding_;
  bool relu_;
};

}  // namespace depthmill::sd_convtrans
