// The trunk: ResNet (He et al. 2016) of bottlenecks with the stride on the 3x3 convolution. Private to the
// room (torch header).
#pragma once

#include "stages/networks/sd_convtrans/sizes.h"
#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

// 1x1, 3x3 (stride here), 1x1 to 4 x width, each with a batch norm; the sum with the input, which passes
// `downsample` where its shape changes. [N, in, h, w] -> [N, 4 width, ceil(h / stride), ceil(w / stride)]
struct BottleneckImpl : torch::nn::Module {
  BottleneckImpl(int in, int width, int stride, bool changes_shape);
  torch::Tensor forward(torch::Tensor x);

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  torch::nn::Sequential downsample{nullptr};
};
TORCH_MODULE(Bottleneck);

// layer0 without its ReLU and pooling: 7x7 convolution of stride 2, batch norm.
torch::nn::Sequential make_stem(const NetworkSizes& sizes);
// Stage 0..3: the bottlenecks under the name `0`, as checkpoints have it: layer1.0.2.conv1.weight.
struct TrunkStageImpl : torch::nn::Module {
  TrunkStageImpl(const NetworkSizes& sizes, int stage);
  torch::Tensor forward(const torch::Tensor& x) { return blocks->forward(x); }
  torch::nn::Sequential blocks;
};
TORCH_MODULE(TrunkStage);

}  // namespace depthmill::sd_convtrans
