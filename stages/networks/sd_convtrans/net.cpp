#include "stages/networks/sd_convtrans/net.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/modules/pixelshuffle.h>

#include <cmath>
#include <stdexcept>

namespace depthmill::sd_convtrans {
namespace {

torch::nn::Conv2d conv(int in, int out, int kernel) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2));
}

torch::Tensor resized_like(const torch::Tensor& x, const torch::Tensor& model) {
  if (x.size(2) == model.size(2) && x.size(3) == model.size(3)) return x;
  return torch::upsample_bilinear2d(x, {model.size(2), model.size(3)}, /*align_corners=*/false);
}

}  // namespace

torch::nn::Sequential make_aggregation(int in, int out) {
  return torch::nn::Sequential(conv(in, in, 3), torch::nn::ReLU(torch::nn::ReLUOptions(true)),
                               conv(in, out, 3), torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

torch::nn::Sequential make_upshuffle(int channels, int factor) {
  return torch::nn::Sequential(conv(channels, channels * factor * factor, 3), torch::nn::PixelShuffle(factor),
                               torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

SdConvTransImpl::SdConvTransImpl(const NetworkSizes& sizes_in, std::uint64_t seed)
    : sizes(sizes_in), noise(at::make_generator<at::CPUGeneratorImpl>(seed)) {
  if (const std::string problem = sizes.problem(); !problem.empty()) throw std::invalid_argument(problem);
  layer0 = register_module("layer0", make_stem(sizes));
  layer1 = register_module("layer1", TrunkStage(sizes, 0));
  layer2 = register_module("layer2", TrunkStage(sizes, 1));
  layer3 = register_module("layer3", TrunkStage(sizes, 2));
  layer4 = register_module("layer4", TrunkStage(sizes, 3));

  const auto& w = sizes.trunk_widths;
  toplayer = register_module("toplayer", conv(4 * w[3], sizes.pyramid, 1));
  smooth1 = register_module("smooth1", conv(sizes.pyramid, sizes.pyramid, 3));
  smooth2 = register_module("smooth2", conv(sizes.pyramid, sizes.pyramid, 3));
  smooth3 = register_module("smooth3", conv(sizes.pyramid, sizes.pyramid, 3));
  latlayer1 = register_module("latlayer1", conv(4 * w[2], sizes.pyramid, 1));
  latlayer2 = register_module("latlayer2", conv(4 * w[1], sizes.pyramid, 1));
  latlayer3 = register_module("latlayer3", conv(4 * w[0], sizes.pyramid, 1));

  for (int i = 0; i < 5; ++i)
    agg[i] = register_module("agg" + std::to_string(i + 1), make_aggregation(sizes.pyramid, sizes.detail));
  for (int i = 0; i < 4; ++i)
    aggs[i] = register_module("aggs" + std::to_string(i + 1), make_aggregation(sizes.embed[i], sizes.detail));
  for (int i = 0; i < 3; ++i)
    up[i] = register_module("up" + std::to_string(i + 1), make_upshuffle(sizes.detail, 8 >> i));
  predict1 =
      register_module("predict1", torch::nn::Sequential(conv(4 * sizes.detail, sizes.detail, 3),
                                                        torch::nn::ReLU(torch::nn::ReLUOptions(true))));
  predict2 =
      register_module("predict2", torch::nn::Sequential(conv(sizes.detail, 1, 3), torch::nn::Sigmoid()));
  backbone = register_module("backbone", MixTransformer(sizes, noise));
  if (sizes.unused_modules)
    decode_head = register_module("decode_head", SegformerHead(sizes.embed, sizes.head));
  tbdn = register_module("tbdn", DiffusionBlock(sizes.detail, sizes.pyramid, sizes.unused_modules));
  initialise(*this, seed);
}

void SdConvTransImpl::set_noise_seed(std::uint64_t seed) { noise.set_current_seed(seed); }

// Levels 5..2. The way down continues from the smoothed map.
SdConvTransImpl::Levels SdConvTransImpl::pyramid(const torch::Tensor& picture, const std::string& branch,
                                                 Nodes* nodes) {
  const torch::Tensor c1 = torch::max_pool2d(torch::relu(layer0->forward(picture)), {3, 3}, {2, 2}, {1, 1});
  const torch::Tensor c2 = layer1->forward(c1);
  const torch::Tensor c3 = layer2->forward(c2);
  const torch::Tensor c4 = layer3->forward(c3);
  const torch::Tensor c5 = layer4->forward(c4);
  auto joined = [](const torch::Tensor& coarse, const torch::Tensor& lateral) {
    return resized_like(coarse, lateral) + lateral;
  };
  const torch::Tensor p5 = toplayer(c5);
  const torch::Tensor p4 = smooth1(joined(p5, latlayer1(c4)));
  const torch::Tensor p3 = smooth2(joined(p4, latlayer2(c3)));
  const torch::Tensor p2 = smooth3(joined(p3, latlayer3(c2)));
  if (nodes) {
    const torch::Tensor all[] = {c1, c2, c3, c4, c5, p5, p4, p3, p2};
    const char* names[] = {"c1", "c2", "c3", "c4", "c5", "p5", "p4", "p3", "p2"};
    for (int i = 0; i < 9; ++i) (*nodes)[branch + "/" + names[i]] = all[i];
  }
  return {p5, p4, p3, p2};
}

// Levels 5..2 after aggregation -> all at level 2's size, side by side.
torch::Tensor SdConvTransImpl::volume(Levels levels, const std::string& branch, Nodes* nodes) {
  for (int i = 0; i < 3; ++i) {
    levels[i] = up[i]->forward(levels[i]);
    if (nodes) (*nodes)[branch + "/d" + std::to_string(5 - i)] = levels[i];
  }
  for (int i = 0; i < 3; ++i) levels[i] = resized_like(levels[i], levels[3]);
  return torch::cat({levels[0], levels[1], levels[2], levels[3]}, 1);
}

Predictions SdConvTransImpl::forward(const torch::Tensor& low, const torch::Tensor& high, Nodes* nodes) {
  auto keep = [&](const char* branch, const char* name, int level, const torch::Tensor& value) {
    if (nodes) (*nodes)[std::string(branch) + "/" + name + (level > 0 ? std::to_string(level) : "")] = value;
  };

  // Low-resolution branch: agg1 serves the coarsest level.
  Levels levels = pyramid(low, "lr", nodes);
  for (int i = 0; i < 4; ++i) {
    levels[i] = agg[i]->forward(levels[i]);
    keep("lr", "a", 5 - i, levels[i]);
  }
  const torch::Tensor v = predict1->forward(volume(levels, "lr", nodes));
  const torch::Tensor pred_low = predict2->forward(v);
  keep("lr", "v", 0, v);
  keep("lr", "pred", 0, pred_low);

  // High-resolution branch: the same modules the other way round, agg1 serves the finest level.
  levels = pyramid(high, "hr", nodes);
  const std::array<torch::Tensor, 4> stages = backbone->forward(high);
  for (int i = 0; i < 4; ++i) {
    const torch::Tensor a = agg[3 - i]->forward(levels[i]), b = aggs[3 - i]->forward(stages[3 - i]);
    keep("hr", "a", 5 - i, a);
    keep("hr", "b", 5 - i, b);
    keep("hr", "s", 4 - i, stages[3 - i]);
    levels[i] = a + b;
  }
  const torch::Tensor u = predict1->forward(volume(levels, "hr", nodes));
  const torch::Tensor guide = tbdn->guide(u, v);
  const torch::Tensor diffused = tbdn->fuse(u, guide);
  const torch::Tensor fused = agg[4]->forward(diffused);
  const torch::Tensor pred_high = predict2->forward(fused);
  keep("hr", "u", 0, u);
  keep("hr", "guide", 0, guide);
  keep("hr", "tbdn", 0, diffused);
  keep("hr", "fused", 0, fused);
  keep("hr", "pred", 0, pred_high);
  return {pred_low, pred_high};
}

void initialise_conv_gg(SdConvTransImpl& net, std::uint64_t seed) {
  torch::NoGradGuard guard;
  at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(seed);
  torch::Tensor& weight = net.tbdn->conv_gg->weight;
  const double bound = 1 / std::sqrt(static_cast<double>(weight.numel() / weight.size(0)));
  weight.uniform_(-bound, bound, draw);
}

void initialise(SdConvTransImpl& net, std::uint64_t seed) {
  torch::NoGradGuard guard;
  at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(seed);
  auto parameters = net.named_parameters();
  for (auto& entry : parameters) {
    const std::string& name = entry.key();
    torch::Tensor& p = entry.value();
    const bool transformer = name.rfind("backbone.", 0) == 0, trunk = name.rfind("layer", 0) == 0;
    if (p.dim() == 1) continue;  // norms start at 1 and 0; other biases are set with their weight below
    const double area = p.dim() == 4 ? static_cast<double>(p.size(2) * p.size(3)) : 1;
    const double fan_in = static_cast<double>(p.size(1)) * area;
    if (transformer && p.dim() == 2) {
      p.normal_(0, 0.02, draw).clamp_(-2, 2);  // the published cut is at +-2, a hundred deviations away
    } else if (transformer || trunk) {
      const double groups =
          p.size(1) == 1 && p.size(0) > 1 && transformer ? static_cast<double>(p.size(0)) : 1;
      p.normal_(0, std::sqrt(2.0 / (static_cast<double>(p.size(0)) * area / groups)), draw);
    } else {
      p.uniform_(-1 / std::sqrt(fan_in), 1 / std::sqrt(fan_in), draw);
    }
    torch::Tensor* bias = parameters.find(name.substr(0, name.size() - 6) + "bias");
    if (!bias) continue;
    if (transformer)
      bias->zero_();
    else
      bias->uniform_(-1 / std::sqrt(fan_in), 1 / std::sqrt(fan_in), draw);
  }
  initialise_conv_gg(net);
}

}  // namespace depthmill::sd_convtrans
