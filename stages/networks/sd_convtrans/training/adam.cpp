#include "stages/networks/sd_convtrans/training/adam.h"

#include <cmath>
#include <stdexcept>

#include "stages/base/quote.h"

namespace depthmill::sd_convtrans {

Adam::Adam(torch::nn::Module& module, const AdamOptions& options) : options_(options) {
  for (auto& p : module.named_parameters())
    entries_.push_back({p.key(), p.value(),
                        torch::zeros_like(p.value(), at::TensorOptions().requires_grad(false)),
                        torch::zeros_like(p.value(), at::TensorOptions().requires_grad(false))});
}

void Adam::zero_grad() {
  for (Entry& e : entries_) e.parameter.mutable_grad() = torch::Tensor();
}

double Adam::clip(double limit) {
  torch::NoGradGuard guard;
  std::vector<torch::Tensor> norms;
  for (Entry& e : entries_)
    if (e.parameter.grad().defined()) norms.push_back(e.parameter.grad().norm().to(torch::kDouble));
  if (norms.empty()) return 0;
  const double norm = torch::stack(norms).norm().item<double>();
  if (limit > 0 && norm > limit)
    for (Entry& e : entries_)
      if (e.parameter.grad().defined()) e.parameter.mutable_grad().mul_(limit / (norm + 1e-6));
  return norm;
}

void Adam::step(double rate) {
  torch::NoGradGuard guard;
  ++steps_;
  const double fix1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double fix2 = std::sqrt(1 - std::pow(options_.beta2, static_cast<double>(steps_)));
  for (Entry& e : entries_) {
    torch::Tensor g = e.parameter.grad();
    if (!g.defined()) continue;
    const double decay = e.parameter.dim() > 1 ? options_.weight_decay : 0;
    if (decay > 0 && options_.decoupled) e.parameter.mul_(1 - rate * decay);
    if (decay > 0 && !options_.decoupled) g = g + decay * e.parameter;
    e.m.mul_(options_.beta1).add_(g, 1 - options_.beta1);
    e.v.mul_(options_.beta2).addcmul_(g, g, 1 - options_.beta2);
    e.parameter.addcdiv_(e.m, (e.v.sqrt() / fix2).add_(options_.eps), -rate / fix1);
  }
}

TensorMap Adam::state() const {
  TensorMap state;
  for (const Entry& e : entries_) {
    state["m." + e.name] = e.m.to(at::kCPU);
    state["v." + e.name] = e.v.to(at::kCPU);
  }
  state["steps"] = torch::full({1}, steps_, torch::kLong);
  return state;
}

void Adam::load(const TensorMap& state) {
  torch::NoGradGuard guard;
  auto take = [&](const std::string& name, torch::Tensor& into) {
    auto it = state.find(name);
    if (it == state.end() || it->second.sizes() != into.sizes())
      throw std::runtime_error("the optimizer's state " + in_quotes(name) +
                               " is missing or of another shape");
    into.copy_(it->second);
  };
  for (Entry& e : entries_) {
    take("m." + e.name, e.m);
    take("v." + e.name, e.v);
  }
  torch::Tensor steps = torch::zeros({1}, torch::kLong);
  take("steps", steps);
  steps_ = steps.item<int64_t>();
}

}  // namespace depthmill::sd_convtrans
