// Losses of SD-ConvTrans on tensors with gradients. Predictions and targets are depth / 10 in (0, 1],
// [N, C, h, w]; a prediction of another size is first resized to the target (bilinear, corners not aligned).
// k = 10 (metres), e = 1e-4. Sources: the published code as described in the project's docs; Hu et al. 2019
// for the per-pixel normals. Private to the room (torch header).
//
// Every loss takes an optional `valid` map of the target's shape (1 = counts, 0 = no measurement; undefined =
// all count). The published losses have none.
#pragma once

#include <string>
#include <vector>

#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

inline constexpr double kDepthScale = 10.0;  // metres per unit of prediction
inline constexpr double kLogShift = 1e-4;    // e

// Added below roots and denominators, so that a perfect fit and a constant map have finite gradients. Small
// enough that values agree with the unguarded formulas to 1e-5.
inline constexpr double kGuard = 1e-12;

// One row a loss: its name in configurations and tables, and the function.
struct Loss {
  const char* name;
  torch::Tensor (*value)(const torch::Tensor& pred, const torch::Tensor& target, const torch::Tensor& valid);
  const char* formula;
};
const std::vector<Loss>& loss_table();
// nullptr when there is none of that name.
const Loss* find_loss(const std::string& name);

// Sobel responses of the mean over channels, zero padding 1: [N, 2, h, w], the vertical (y) first.
torch::Tensor image_gradient(const torch::Tensor& depth);

// The prediction at the target's size.
torch::Tensor resized_to_target(const torch::Tensor& pred, const torch::Tensor& target);

}  // namespace depthmill::sd_convtrans
