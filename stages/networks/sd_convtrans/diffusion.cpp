#include "stages/networks/sd_convtrans/diffusion.h"

namespace depthmill::sd_convtrans {

CentralDifferenceConvImpl::CentralDifferenceConvImpl(int in, int out, int stride, bool bias, double theta_in)
    : theta(theta_in) {
  conv = register_module(
      "conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(bias)));
}

torch::Tensor CentralDifferenceConvImpl::forward(const torch::Tensor& x) {
  const torch::Tensor y = conv(x);
  if (theta == 0) return y;
  const torch::Tensor sum = conv->weight.sum({2, 3}, /*keepdim=*/true);
  return y - theta * torch::conv2d(x, sum, conv->bias, conv->options.stride());
}

DiffusionBlockImpl::DiffusionBlockImpl(int channels, int out, bool alternative) {
  if (alternative)
    conv1 = register_module("conv1",
                            torch::nn::Sequential(CentralDifferenceConv(channels, channels, 1, false, 0.7),
                                                  torch::nn::BatchNorm2d(channels)));
  conv2 = register_module(
      "conv2", torch::nn::Sequential(torch::nn::Conv2d(torch::nn::Conv2dOptions(2 * channels, out, 1)),
                                     torch::nn::BatchNorm2d(out)));
  conv_gg = register_module(
      "conv_gg", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).bias(false)));
}

torch::Tensor DiffusionBlockImpl::guide(const torch::Tensor& u, const torch::Tensor& v) {
  // Both sides are compared; the published code looks at the heights alone.
  const torch::Tensor w = v.size(2) == u.size(2) && v.size(3) == u.size(3)
                              ? v
                              : torch::upsample_bilinear2d(v, {u.size(2), u.size(3)}, /*align_corners=*/true);
  const torch::Tensor product = u * w;
  const torch::Tensor sum = conv_gg->weight.sum({2, 3}, /*keepdim=*/true);
  return conv_gg(product) - w * conv_gg(u) - u * conv_gg(w) + torch::conv2d(product, sum);
}

torch::Tensor DiffusionBlockImpl::fuse(const torch::Tensor& u, const torch::Tensor& guide) {
  return torch::relu(conv2->forward(torch::cat({u, guide}, 1)));
}

torch::Tensor DiffusionBlockImpl::forward(const torch::Tensor& u, const torch::Tensor& v) {
  return fuse(u, guide(u, v));
}

}  // namespace depthmill::sd_convtrans
