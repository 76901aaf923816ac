#include "tests/support/sd_convtrans_adam.h"

#include "stages/networks/sd_convtrans/training/adam.h"

namespace depthmill::test {

std::array<double, 3> adam_steps(const AdamCase& options, double rate, const std::array<double, 3>& start,
                                 const std::vector<std::array<double, 3>>& gradients) {
  torch::nn::Linear layer(torch::nn::LinearOptions(2, 1));
  const auto set = [&](torch::Tensor& weight, torch::Tensor& bias, const std::array<double, 3>& values) {
    weight = torch::tensor({{values[0], values[1]}}, torch::kFloat);
    bias = torch::tensor({values[2]}, torch::kFloat);
  };
  torch::Tensor weight, bias;
  set(weight, bias, start);
  torch::NoGradGuard guard;
  layer->weight.copy_(weight);
  layer->bias.copy_(bias);
  sd_convtrans::Adam adam(
      *layer, {options.beta1, options.beta2, options.eps, options.weight_decay, options.decoupled});
  for (const auto& gradient : gradients) {
    set(layer->weight.mutable_grad(), layer->bias.mutable_grad(), gradient);
    adam.step(rate);
  }
  const auto value = [](const torch::Tensor& tensor, int at) { return tensor.flatten()[at].item<double>(); };
  return {value(layer->weight, 0), value(layer->weight, 1), value(layer->bias, 0)};
}

}  // namespace depthmill::test
