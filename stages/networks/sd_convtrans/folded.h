// SD-ConvTrans for inference: the same function as SdConvTransImpl in evaluation mode, with batch norms
// folded into convolutions, which run on packed weights on the processor (winograd.h, packed_conv.h), no
// unused parameters, and predict1 of the low-resolution volume evaluated once. Private to the room (torch
// header).
#pragma once

#include <optional>

#include "stages/networks/sd_convtrans/net.h"
#include "stages/networks/sd_convtrans/packed_conv.h"
#include "stages/networks/sd_convtrans/winograd.h"

namespace depthmill::sd_convtrans {

// A convolution with its batch norm and ReLU, if any.
class FoldedConv {
 public:
  FoldedConv() = default;
  // Takes the weights over: those of `conv` are released. `bn` may be null.
  FoldedConv(torch::nn::Conv2dImpl& conv, torch::nn::BatchNorm2dImpl* bn, bool relu, at::TensorOptions where);
  // `added`, where defined, has the result's shape and is added before ReLU.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& added = {}) const;

 private:
  at::Tensor weight_, bias_;  // where there is neither of the two below
  std::vector<int64_t> stride_, padding_;
  bool relu_ = false;
  std::optional<WinogradConv> winograd_;
  std::optional<PackedConv> packed_;
};

class FoldedNetwork {
 public:
  // Releases the weights of `net` piece by piece as they are folded, so that memory holds about one copy.
  // `device`, `dtype`: where and in which precision to compute.
  FoldedNetwork(SdConvTrans net, c10::Device device, c10::ScalarType dtype);

  // Pictures [N, 3, h, w] float32 on the processor; predictions float32 on the processor. Safe from several
  // threads at once.
  Predictions forward(const at::Tensor& low, const at::Tensor& high) const;

 private:
  struct Bottleneck {
    FoldedConv first, second, third;
    std::optional<FoldedConv> downsample;
  };
  struct Aggregation {
    FoldedConv first, second;
    at::Tensor operator()(const at::Tensor& x) const { return second(first(x)); }
  };
  using Levels = std::array<at::Tensor, 4>;  // levels 5, 4, 3, 2
  Levels pyramid(const at::Tensor& picture) const;
  at::Tensor volume(Levels levels) const;
  at::Tensor guide(const at::Tensor& u, const at::Tensor& v) const;
  Aggregation folded(torch::nn::Sequential& aggregation) const;

  at::TensorOptions where_;
  FoldedConv stem_;
  std::array<std::vector<Bottleneck>, 4> trunk_;
  FoldedConv toplayer_, predict1_, predict2_, guide_conv_, fuse_;
  std::array<FoldedConv, 3> lateral_, smooth_, up_;
  std::array<Aggregation, 5> agg_;
  std::array<Aggregation, 4> aggs_;
  at::Tensor guide_sum_;
  mutable MixTransformer backbone_{nullptr};
};

}  // namespace depthmill::sd_convtrans
