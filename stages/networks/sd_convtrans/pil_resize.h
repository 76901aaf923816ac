// The antialiased bilinear resize of the Python imaging library on 8-bit pictures, in tensor operations: the
// low-resolution picture out of the high-resolution one, also inside an exported network. Every step is exact
// in double, so the bytes are those of the library's fixed-point arithmetic. Private to the room (torch
// header).
#pragma once

#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

// Fixed tables for one pair of sizes; a module, so that an export carries them.
struct PilResizeImpl : torch::nn::Module {
  PilResizeImpl(int64_t in_height, int64_t in_width, int64_t out_height, int64_t out_width);
  // [N, 3, in_height, in_width], values byte / 255 -> the same at the other size.
  torch::Tensor forward(const torch::Tensor& pictures);
  // Tap t of output place j: source index and weight * 2^22.
  torch::Tensor rows_index, rows_weight, cols_index, cols_weight;
};
TORCH_MODULE(PilResize);

}  // namespace depthmill::sd_convtrans
