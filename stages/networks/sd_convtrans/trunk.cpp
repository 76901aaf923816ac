#include "stages/networks/sd_convtrans/trunk.h"

namespace depthmill::sd_convtrans {
namespace {

torch::nn::Conv2d plain_conv(int in, int out, int kernel, int stride) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

}  // namespace

BottleneckImpl::BottleneckImpl(int in, int width, int stride, bool changes_shape) {
  conv1 = register_module("conv1", plain_conv(in, width, 1, 1));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(width));
  conv2 = register_module("conv2", plain_conv(width, width, 3, stride));
  bn2 = register_module("bn2", torch::nn::BatchNorm2d(width));
  conv3 = register_module("conv3", plain_conv(width, 4 * width, 1, 1));
  bn3 = register_module("bn3", torch::nn::BatchNorm2d(4 * width));
  if (changes_shape)
    downsample = register_module("downsample", torch::nn::Sequential(plain_conv(in, 4 * width, 1, stride),
                                                                     torch::nn::BatchNorm2d(4 * width)));
}

torch::Tensor BottleneckImpl::forward(torch::Tensor x) {
  torch::Tensor y = bn1(conv1(x)).relu_();
  y = bn2(conv2(y)).relu_();
  y = bn3(conv3(y));
  return (y + (downsample ? downsample->forward(x) : x)).relu_();
}

torch::nn::Sequential make_stem(const NetworkSizes& sizes) {
  return torch::nn::Sequential(plain_conv(3, sizes.stem, 7, 2), torch::nn::BatchNorm2d(sizes.stem));
}

TrunkStageImpl::TrunkStageImpl(const NetworkSizes& sizes, int stage) {
  int in = stage == 0 ? sizes.stem : 4 * sizes.trunk_widths[stage - 1];
  const int width = sizes.trunk_widths[stage];
  for (int i = 0; i < sizes.trunk_blocks[stage]; ++i) {
    blocks->push_back(Bottleneck(in, width, stage > 0 && i == 0 ? 2 : 1, i == 0));
    in = 4 * width;
  }
  register_module("0", blocks);
}

}  // namespace depthmill::sd_convtrans
