#include "stages/networks/sd_convtrans/transformer.h"

#include <cmath>

namespace depthmill::sd_convtrans {
namespace {

torch::nn::LayerNorm layer_norm(int channels, double eps) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({channels}).eps(eps));
}

}  // namespace

torch::Tensor gelu_tanh(const torch::Tensor& x) { return torch::gelu(x, "tanh"); }

torch::Tensor tokens_of(const torch::Tensor& image) { return image.flatten(2).transpose(1, 2); }

torch::Tensor image_of(const torch::Tensor& tokens, int64_t height, int64_t width) {
  return tokens.transpose(1, 2).unflatten(2, {height, width});
}

PatchEmbedImpl::PatchEmbedImpl(int in, int out, int patch, int stride) {
  proj = register_module(
      "proj", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, patch).stride(stride).padding(patch / 2)));
  norm = register_module("norm", layer_norm(out, kEmbedNormEps));
}

torch::Tensor PatchEmbedImpl::forward(const torch::Tensor& image, int64_t& height, int64_t& width) {
  const torch::Tensor map = proj(image);
  height = map.size(2);
  width = map.size(3);
  return norm(tokens_of(map));
}

AttentionImpl::AttentionImpl(int channels, int heads_in, int reduction) : heads(heads_in) {
  q = register_module("q", torch::nn::Linear(channels, channels));
  if (reduction > 1) {
    sr = register_module(
        "sr", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, reduction).stride(reduction)));
    norm = register_module("norm", layer_norm(channels, kEmbedNormEps));
  }
  kv = register_module("kv", torch::nn::Linear(channels, 2 * channels));
  proj = register_module("proj", torch::nn::Linear(channels, channels));
}

torch::Tensor AttentionImpl::forward(const torch::Tensor& x, int64_t height, int64_t width) {
  const int64_t each = x.size(2) / heads;
  // [N, tokens, heads * each] -> [N, heads, tokens, each]
  auto split = [&](const torch::Tensor& t) { return t.unflatten(2, {heads, each}).transpose(1, 2); };
  const torch::Tensor source = sr ? norm(tokens_of(sr(image_of(x, height, width)))) : x;
  const std::vector<torch::Tensor> key_value = kv(source).chunk(2, 2);
  const torch::Tensor query = split(q(x)) * (1.0 / std::sqrt(static_cast<double>(each)));
  const torch::Tensor weights = query.matmul(split(key_value[0]).transpose(2, 3)).softmax(-1);
  return proj(weights.matmul(split(key_value[1])).transpose(1, 2).flatten(2));
}

DepthwiseImpl::DepthwiseImpl(int channels) {
  dwconv = register_module(
      "dwconv",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).groups(channels)));
}

MixFfnImpl::MixFfnImpl(int channels, int hidden) {
  fc1 = register_module("fc1", torch::nn::Linear(channels, hidden));
  dwconv = register_module("dwconv", Depthwise(hidden));
  fc2 = register_module("fc2", torch::nn::Linear(hidden, channels));
}

torch::Tensor MixFfnImpl::forward(const torch::Tensor& x, int64_t height, int64_t width) {
  return fc2(gelu_tanh(tokens_of(dwconv->dwconv(image_of(fc1(x), height, width)))));
}

MitBlockImpl::MitBlockImpl(int channels, int heads, int reduction, double drop_in, at::Generator noise_in)
    : drop(drop_in), noise(std::move(noise_in)) {
  norm1 = register_module("norm1", layer_norm(channels, kTransformerNormEps));
  attn = register_module("attn", Attention(channels, heads, reduction));
  norm2 = register_module("norm2", layer_norm(channels, kTransformerNormEps));
  mlp = register_module("mlp", MixFfn(channels, 4 * channels));
}

torch::Tensor MitBlockImpl::drop_path(const torch::Tensor& residual) {
  if (!is_training() || drop == 0) return residual;
  const double keep = 1 - drop;
  // Drawn on the processor, so that one seed gives one sequence on every device.
  const torch::Tensor kept = torch::rand({residual.size(0), 1, 1}, noise).lt(keep).to(residual.options());
  return residual * (kept / keep);
}

torch::Tensor MitBlockImpl::forward(torch::Tensor x, int64_t height, int64_t width) {
  x = x + drop_path(attn(norm1(x), height, width));
  return x + drop_path(mlp(norm2(x), height, width));
}

MixTransformerImpl::MixTransformerImpl(const NetworkSizes& sizes, at::Generator noise) {
  int total = 0;
  for (int depth : sizes.depths) total += depth;
  int index = 0;
  for (int s = 0; s < 4; ++s) {
    const std::string number = std::to_string(s + 1);
    const int channels = sizes.embed[s];
    patch_embed[s] =
        register_module("patch_embed" + number, s == 0 ? PatchEmbed(3, channels, 7, 4)
                                                       : PatchEmbed(sizes.embed[s - 1], channels, 3, 2));
    for (int j = 0; j < sizes.depths[s]; ++j, ++index) {
      const double drop = total > 1 ? sizes.drop_path * index / (total - 1) : 0;
      blocks[s]->push_back(MitBlock(channels, sizes.heads[s], sizes.reductions[s], drop, noise));
    }
    register_module("block" + number, blocks[s]);
    norm[s] = register_module("norm" + number, layer_norm(channels, kTransformerNormEps));
  }
}

std::array<torch::Tensor, 4> MixTransformerImpl::forward(const torch::Tensor& image) {
  std::array<torch::Tensor, 4> stages;
  torch::Tensor map = image;
  for (int s = 0; s < 4; ++s) {
    int64_t height = 0, width = 0;
    torch::Tensor x = patch_embed[s]->forward(map, height, width);
    for (const auto& block : *blocks[s]) x = block->as<MitBlock>()->forward(x, height, width);
    stages[s] = map = image_of(norm[s](x), height, width).contiguous();
  }
  return stages;
}

TokenLinearImpl::TokenLinearImpl(int in, int out) {
  proj = register_module("proj", torch::nn::Linear(in, out));
}

FuseImpl::FuseImpl(int in, int out) {
  conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).bias(false)));
  bn = register_module("bn",
                       torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(out).eps(1e-3).momentum(0.03)));
}

SegformerHeadImpl::SegformerHeadImpl(const std::array<int, 4>& embed, int channels) {
  linear_c4 = register_module("linear_c4", TokenLinear(embed[3], channels));
  linear_c3 = register_module("linear_c3", TokenLinear(embed[2], channels));
  linear_c2 = register_module("linear_c2", TokenLinear(embed[1], channels));
  linear_c1 = register_module("linear_c1", TokenLinear(embed[0], channels));
  linear_fuse = register_module("linear_fuse", Fuse(4 * channels, channels));
  linear_pred = register_module("linear_pred", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 1, 1)));
}

torch::Tensor SegformerHeadImpl::forward(const std::array<torch::Tensor, 4>& stages) {
  const std::vector<int64_t> size{stages[0].size(2), stages[0].size(3)};
  auto level = [&](TokenLinear& linear, const torch::Tensor& map) {
    const torch::Tensor y = image_of(linear->proj(tokens_of(map)), map.size(2), map.size(3));
    return torch::upsample_bilinear2d(y, size, /*align_corners=*/false);
  };
  const torch::Tensor all = torch::cat({level(linear_c4, stages[3]), level(linear_c3, stages[2]),
                                        level(linear_c2, stages[1]), level(linear_c1, stages[0])},
                                       1);
  return linear_pred(torch::relu(linear_fuse->bn(linear_fuse->conv(all))));
}

}  // namespace depthmill::sd_convtrans
