#include "stages/networks/sd_convtrans/folded.h"

#include <c10/core/InferenceMode.h>

namespace depthmill::sd_convtrans {
namespace {

at::Tensor fitted_to(const at::Tensor& x, const at::Tensor& model, bool corners = false) {
  if (x.size(2) == model.size(2) && x.size(3) == model.size(3)) return x;
  return at::upsample_bilinear2d(x, {model.size(2), model.size(3)}, corners);
}

torch::nn::Conv2dImpl& conv_of(torch::nn::Sequential& s, std::size_t i) {
  return s->at<torch::nn::Conv2dImpl>(i);
}

torch::nn::BatchNorm2dImpl* norm_of(torch::nn::Sequential& s, std::size_t i) {
  return s->ptr(i)->as<torch::nn::BatchNorm2dImpl>();
}

void release(at::Tensor& t) {
  if (t.defined()) t.set_data(at::empty({0}, t.options()));
}

}  // namespace

FoldedConv::FoldedConv(torch::nn::Conv2dImpl& conv, torch::nn::BatchNorm2dImpl* bn, bool relu,
                       at::TensorOptions where)
    : stride_(conv.options.stride()->begin(), conv.options.stride()->end()), relu_(relu) {
  // Unqualified: LibTorch's own variant in 1.13, std::variant in 2.x.
  const auto& padding = get<torch::ExpandingArray<2>>(conv.options.padding());
  padding_.assign(padding->begin(), padding->end());
  at::Tensor weight = conv.weight.detach();
  at::Tensor bias = conv.bias.defined() ? conv.bias.detach() : at::zeros({weight.size(0)}, weight.options());
  if (bn) {
    // y = (w x + b - mean) gamma / sqrt(var + eps) + beta, the factors in double.
    const at::Tensor scale =
        bn->weight.detach().to(at::kDouble) / (bn->running_var.to(at::kDouble) + bn->options.eps()).sqrt();
    bias = ((bias.to(at::kDouble) - bn->running_mean.to(at::kDouble)) * scale +
            bn->bias.detach().to(at::kDouble))
               .to(at::kFloat);
    weight = (weight.to(at::kDouble) * scale.view({-1, 1, 1, 1})).to(at::kFloat);
  } else {
    weight = weight.clone();
    bias = bias.clone();
  }
  release(conv.weight);
  const bool three = weight.size(2) == 3 && weight.size(3) == 3 && stride_[0] == 1 && padding_[0] == 1;
  if (!where.device().is_cpu() || where.dtype() != at::kFloat)
    weight_ = weight.to(where), bias_ = bias.to(where);
  else if (three && weight.size(0) >= 16)  // with a single kernel the transforms cost more than they save
    winograd_.emplace(weight, bias, relu);
  else
    packed_.emplace(weight, bias, stride_[0], padding_[0], relu);
}

at::Tensor FoldedConv::operator()(const at::Tensor& x, const at::Tensor& added) const {
  if (packed_) return (*packed_)(x, added);
  TORCH_INTERNAL_ASSERT(!winograd_ || !added.defined(), "no residual block ends in a 3x3 convolution");
  at::Tensor y = winograd_ ? (*winograd_)(x) : at::conv2d(x, weight_, bias_, stride_, padding_);
  if (added.defined()) y.add_(added);
  return relu_ && !winograd_ ? y.relu_() : y;
}

FoldedNetwork::Aggregation FoldedNetwork::folded(torch::nn::Sequential& aggregation) const {
  return {FoldedConv(conv_of(aggregation, 0), nullptr, true, where_),
          FoldedConv(conv_of(aggregation, 2), nullptr, true, where_)};
}

FoldedNetwork::FoldedNetwork(SdConvTrans net, c10::Device device, c10::ScalarType dtype)
    : where_(at::TensorOptions().device(device).dtype(dtype)) {
  torch::NoGradGuard guard;
  net->eval();
  if (net->decode_head)
    for (torch::Tensor p : net->decode_head->parameters()) release(p);
  stem_ = FoldedConv(conv_of(net->layer0, 0), norm_of(net->layer0, 1), true, where_);
  TrunkStage* stages[] = {&net->layer1, &net->layer2, &net->layer3, &net->layer4};
  for (int s = 0; s < 4; ++s) {
    auto& blocks = *(*stages[s])->blocks;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      auto& b = blocks.at<BottleneckImpl>(i);
      Bottleneck out{FoldedConv(*b.conv1, b.bn1.get(), true, where_),
                     FoldedConv(*b.conv2, b.bn2.get(), true, where_),
                     FoldedConv(*b.conv3, b.bn3.get(), true, where_),
                     {}};
      if (b.downsample)
        out.downsample = FoldedConv(conv_of(b.downsample, 0), norm_of(b.downsample, 1), false, where_);
      trunk_[s].push_back(std::move(out));
    }
  }
  toplayer_ = FoldedConv(*net->toplayer, nullptr, false, where_);
  torch::nn::Conv2d* laterals[] = {&net->latlayer1, &net->latlayer2, &net->latlayer3};
  torch::nn::Conv2d* smooths[] = {&net->smooth1, &net->smooth2, &net->smooth3};
  for (int i = 0; i < 3; ++i) {
    lateral_[i] = FoldedConv(**laterals[i], nullptr, false, where_);
    smooth_[i] = FoldedConv(**smooths[i], nullptr, false, where_);
    // ReLU and the shuffle commute: it is applied before.
    up_[i] = FoldedConv(conv_of(net->up[i], 0), nullptr, true, where_);
  }
  for (int i = 0; i < 5; ++i) agg_[i] = folded(net->agg[i]);
  for (int i = 0; i < 4; ++i) aggs_[i] = folded(net->aggs[i]);
  predict1_ = FoldedConv(conv_of(net->predict1, 0), nullptr, true, where_);
  predict2_ = FoldedConv(conv_of(net->predict2, 0), nullptr, false, where_);
  guide_sum_ = net->tbdn->conv_gg->weight.detach().sum({2, 3}, true).to(where_);
  guide_conv_ = FoldedConv(*net->tbdn->conv_gg, nullptr, false, where_);
  fuse_ = FoldedConv(conv_of(net->tbdn->conv2, 0), norm_of(net->tbdn->conv2, 1), true, where_);
  backbone_ = net->backbone;
  backbone_->to(device, dtype);
  for (torch::Tensor p : backbone_->parameters()) p.requires_grad_(false);
}

FoldedNetwork::Levels FoldedNetwork::pyramid(const at::Tensor& picture) const {
  at::Tensor x = at::max_pool2d(stem_(picture), {3, 3}, {2, 2}, {1, 1});
  Levels c;  // c5, c4, c3, c2
  for (int s = 0; s < 4; ++s) {
    for (const Bottleneck& b : trunk_[s]) {
      const at::Tensor beside = b.downsample ? (*b.downsample)(x) : x;
      x = b.third(b.second(b.first(x)), beside);
    }
    c[3 - s] = x;
  }
  Levels p;
  p[0] = toplayer_(c[0]);
  c[0] = at::Tensor();
  for (int i = 1; i < 4; ++i) {
    at::Tensor lateral = lateral_[i - 1](c[i]);
    c[i] = at::Tensor();
    p[i] = smooth_[i - 1](lateral.add_(fitted_to(p[i - 1], lateral)));
  }
  return p;
}

at::Tensor FoldedNetwork::volume(Levels levels) const {
  const int64_t n = levels[3].size(0), channels = levels[3].size(1);
  at::Tensor all = at::empty({n, 4 * channels, levels[3].size(2), levels[3].size(3)}, levels[3].options());
  for (int i = 0; i < 4; ++i) {
    const at::Tensor d = i < 3 ? at::pixel_shuffle(up_[i](levels[i]), 8 >> i) : levels[3];
    all.narrow(1, i * channels, channels).copy_(fitted_to(d, levels[3]));
    levels[i] = i < 3 ? at::Tensor() : levels[i];
  }
  return all;
}

at::Tensor FoldedNetwork::guide(const at::Tensor& u, const at::Tensor& v) const {
  const at::Tensor product = u * v;
  const int64_t n = u.size(0);
  const at::Tensor all = guide_conv_(at::cat({product, u, v}, 0));
  at::Tensor out = at::conv2d(product, guide_sum_);
  out.add_(all.narrow(0, 0, n));
  out.addcmul_(v, all.narrow(0, n, n), -1);
  return out.addcmul_(u, all.narrow(0, 2 * n, n), -1);
}

Predictions FoldedNetwork::forward(const at::Tensor& low_in, const at::Tensor& high_in) const {
  c10::InferenceMode mode;
  const at::Tensor low = low_in.to(where_), high = high_in.to(where_);
  Levels levels = pyramid(low);
  for (int i = 0; i < 4; ++i) levels[i] = agg_[i](levels[i]);
  const at::Tensor v = predict1_(volume(std::move(levels)));

  levels = pyramid(high);
  const std::array<at::Tensor, 4> stages = backbone_->forward(high);
  for (int i = 0; i < 4; ++i) {
    at::Tensor a = agg_[3 - i](levels[i]);
    levels[i] = a.add_(aggs_[3 - i](stages[3 - i]));
  }
  const at::Tensor u = predict1_(volume(std::move(levels)));
  const at::Tensor fused = agg_[4](fuse_(at::cat({u, guide(u, fitted_to(v, u, true))}, 1)));
  auto finished = [](const at::Tensor& x) { return x.sigmoid().to(at::kCPU, at::kFloat).contiguous(); };
  return {finished(predict2_(v)), finished(predict2_(fused))};
}

}  // namespace depthmill::sd_convtrans
