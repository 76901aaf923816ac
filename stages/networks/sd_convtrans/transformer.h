// The transformer: Mix Transformer encoder (Xie et al. 2021, SegFormer) and the SegFormer head that the
// published checkpoints carry without using it. Private to the room (torch header).
//
// Tokens are the row-major pixels of a map, [N, height * width, C]. Layer norms have two epsilons: 1e-5 in
// the patch embeddings and behind the key reduction, 1e-6 everywhere else.
#pragma once

#include <array>

#include "stages/networks/sd_convtrans/sizes.h"
#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

inline constexpr double kEmbedNormEps = 1e-5;        // patch_embed*.norm, attn.norm
inline constexpr double kTransformerNormEps = 1e-6;  // norm1, norm2, norm{i}

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
torch::Tensor gelu_tanh(const torch::Tensor& x);

// [N, C, h, w] -> [N, h w, C] and back
torch::Tensor tokens_of(const torch::Tensor& image);
torch::Tensor image_of(const torch::Tensor& tokens, int64_t height, int64_t width);

// Overlapping patches: a convolution with stride, then layer norm over channels. Returns tokens and sets
// height and width of their map.
struct PatchEmbedImpl : torch::nn::Module {
  PatchEmbedImpl(int in, int out, int patch, int stride);
  torch::Tensor forward(const torch::Tensor& image, int64_t& height, int64_t& width);
  torch::nn::Conv2d proj{nullptr};
  torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(PatchEmbed);

// Multi-head attention whose keys and values come from the map reduced by a strided convolution.
struct AttentionImpl : torch::nn::Module {
  AttentionImpl(int channels, int heads, int reduction);
  torch::Tensor forward(const torch::Tensor& x, int64_t height, int64_t width);
  int heads;
  torch::nn::Linear q{nullptr}, kv{nullptr}, proj{nullptr};
  torch::nn::Conv2d sr{nullptr};  // null when the reduction is 1
  torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(Attention);

// The depth-wise convolution under its own name, twice: mlp.dwconv.dwconv.weight.
struct DepthwiseImpl : torch::nn::Module {
  explicit DepthwiseImpl(int channels);
  torch::nn::Conv2d dwconv{nullptr};
};
TORCH_MODULE(Depthwise);

// Linear, depth-wise 3x3, GELU, linear.
struct MixFfnImpl : torch::nn::Module {
  MixFfnImpl(int channels, int hidden);
  torch::Tensor forward(const torch::Tensor& x, int64_t height, int64_t width);
  torch::nn::Linear fc1{nullptr}, fc2{nullptr};
  Depthwise dwconv{nullptr};
};
TORCH_MODULE(MixFfn);

// Pre-norm residual block. In training each residual is dropped per sample with probability `drop`.
struct MitBlockImpl : torch::nn::Module {
  MitBlockImpl(int channels, int heads, int reduction, double drop, at::Generator noise);
  torch::Tensor forward(torch::Tensor x, int64_t height, int64_t width);
  torch::Tensor drop_path(const torch::Tensor& residual);
  double drop;
  at::Generator noise;
  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  Attention attn{nullptr};
  MixFfn mlp{nullptr};
};
TORCH_MODULE(MitBlock);

// [N, 3, h, w] -> four maps at strides 4, 8, 16, 32 (sizes rounded up).
struct MixTransformerImpl : torch::nn::Module {
  MixTransformerImpl(const NetworkSizes& sizes, at::Generator noise);
  std::array<torch::Tensor, 4> forward(const torch::Tensor& image);
  std::array<PatchEmbed, 4> patch_embed{nullptr, nullptr, nullptr, nullptr};
  std::array<torch::nn::ModuleList, 4> blocks;
  std::array<torch::nn::LayerNorm, 4> norm{nullptr, nullptr, nullptr, nullptr};
};
TORCH_MODULE(MixTransformer);

// A linear layer under the name `proj`, of tokens.
struct TokenLinearImpl : torch::nn::Module {
  TokenLinearImpl(int in, int out);
  torch::nn::Linear proj{nullptr};
};
TORCH_MODULE(TokenLinear);

// 1x1 convolution, batch norm (eps 1e-3, momentum 0.03), ReLU: decode_head.linear_fuse.
struct FuseImpl : torch::nn::Module {
  FuseImpl(int in, int out);
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d bn{nullptr};
};
TORCH_MODULE(Fuse);

// The head of SegFormer: stages 1..4 -> [N, 1, h1, w1]. Evaluation mode only (it is never trained here).
struct SegformerHeadImpl : torch::nn::Module {
  SegformerHeadImpl(const std::array<int, 4>& embed, int channels);
  torch::Tensor forward(const std::array<torch::Tensor, 4>& stages);
  TokenLinear linear_c4{nullptr}, linear_c3{nullptr}, linear_c2{nullptr}, linear_c1{nullptr};
  Fuse linear_fuse{nullptr};
  torch::nn::Conv2d linear_pred{nullptr};
};
TORCH_MODULE(SegformerHead);

}  // namespace depthmill::sd_convtrans
