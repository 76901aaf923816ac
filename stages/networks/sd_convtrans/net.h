// SD-ConvTrans as LibTorch modules: one trunk, feature pyramid and set of heads for two resolutions of one
// picture, a transformer beside the high-resolution branch, and the diffusion block between the two. Names
// and shapes of parameters and buffers are those of Python checkpoints. Private to the room (torch header):
// others use network.h, checkpoint.h and training/.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "stages/networks/sd_convtrans/diffusion.h"
#include "stages/networks/sd_convtrans/sizes.h"
#include "stages/networks/sd_convtrans/torch_api.h"
#include "stages/networks/sd_convtrans/transformer.h"
#include "stages/networks/sd_convtrans/trunk.h"

namespace depthmill::sd_convtrans {

// Named intermediate results, for comparison and inspection: "lr/c1" ... "hr/fused".
using Nodes = std::map<std::string, torch::Tensor>;

struct Predictions {
  torch::Tensor low;   // [N, 1, ceil(h / 4), ceil(w / 4)] of the low-resolution picture, in (0, 1)
  torch::Tensor high;  // the same of the high-resolution picture
};

struct SdConvTransImpl : torch::nn::Module {
  // Weights are set by initialise(seed). Throws std::invalid_argument when sizes have a problem().
  explicit SdConvTransImpl(const NetworkSizes& sizes, std::uint64_t seed = 0);

  // Pictures [N, 3, h, w], RGB, values in [0, 1]; both of the same scenes, sizes free. With `nodes` every
  // named intermediate result is kept there.
  Predictions forward(const torch::Tensor& low, const torch::Tensor& high, Nodes* nodes = nullptr);

  // Seed of what training draws inside the network (drop path); same seed, same draws.
  void set_noise_seed(std::uint64_t seed);

  NetworkSizes sizes;
  at::Generator noise;

  torch::nn::Sequential layer0{nullptr};
  TrunkStage layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  torch::nn::Conv2d toplayer{nullptr}, latlayer1{nullptr}, latlayer2{nullptr}, latlayer3{nullptr};
  torch::nn::Conv2d smooth1{nullptr}, smooth2{nullptr}, smooth3{nullptr};
  std::array<torch::nn::Sequential, 5> agg{nullptr, nullptr, nullptr, nullptr, nullptr};
  std::array<torch::nn::Sequential, 4> aggs{nullptr, nullptr, nullptr, nullptr};
  std::array<torch::nn::Sequential, 3> up{nullptr, nullptr, nullptr};
  torch::nn::Sequential predict1{nullptr}, predict2{nullptr};
  MixTransformer backbone{nullptr};
  DiffusionBlock tbdn{nullptr};
  SegformerHead decode_head{nullptr};

 private:
  using Levels = std::array<torch::Tensor, 4>;  // strides 32, 16, 8, 4: levels 5, 4, 3, 2
  Levels pyramid(const torch::Tensor& picture, const std::string& branch, Nodes* nodes);
  torch::Tensor volume(Levels levels, const std::string& branch, Nodes* nodes);
};
TORCH_MODULE(SdConvTrans);

// Fresh weights, the same for a seed whatever was drawn before. Convolutions of the trunk: normal with
// variance 2 / fan_out; transformer: truncated normal 0.02 (linear), normal with variance 2 / fan_out
// (convolution), zero bias; the rest: uniform in +-1 / sqrt(fan_in), weights and bias.
void initialise(SdConvTransImpl& net, std::uint64_t seed);

// tbdn.conv_gg alone, from a seed of its own: what is used for a checkpoint that has none.
inline constexpr std::uint64_t kConvGgSeed = 1152;
void initialise_conv_gg(SdConvTransImpl& net, std::uint64_t seed = kConvGgSeed);

// 3x3 conv, ReLU, 3x3 conv, ReLU: in -> in -> out.
torch::nn::Sequential make_aggregation(int in, int out);
// 3x3 conv to factor^2 x channels, pixel shuffle, ReLU.
torch::nn::Sequential make_upshuffle(int channels, int factor);

}  // namespace depthmill::sd_convtrans
