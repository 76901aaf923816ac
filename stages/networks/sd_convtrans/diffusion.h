// The diffusion block: guides the high-resolution features U by the low-resolution features V through
// products of differences. Private to the room (torch header).
#pragma once

#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

// Central-difference convolution (Yu et al. 2020): conv(x) - theta * (the kernel's sum of taps as a 1x1
// convolution of x, same stride). A bias is part of both terms: (1 - theta) b is what remains of it.
struct CentralDifferenceConvImpl : torch::nn::Module {
  CentralDifferenceConvImpl(int in, int out, int stride, bool bias, double theta);
  torch::Tensor forward(const torch::Tensor& x);
  torch::nn::Conv2d conv{nullptr};
  double theta;
};
TORCH_MODULE(CentralDifferenceConv);

struct DiffusionBlockImpl : torch::nn::Module {
  // `alternative`: carry conv1, which no forward pass uses.
  DiffusionBlockImpl(int channels, int out, bool alternative);

  // U, V [N, channels, ., .]; V is resized to U's size (corners aligned). Returns the guide, U's shape.
  torch::Tensor guide(const torch::Tensor& u, const torch::Tensor& v);
  // [U, guide] -> [N, out, ., .]
  torch::Tensor fuse(const torch::Tensor& u, const torch::Tensor& guide);
  torch::Tensor forward(const torch::Tensor& u, const torch::Tensor& v);

  torch::nn::Sequential conv1{nullptr}, conv2{nullptr};
  torch::nn::Conv2d conv_gg{nullptr};
};
TORCH_MODULE(DiffusionBlock);

}  // namespace depthmill::sd_convtrans
