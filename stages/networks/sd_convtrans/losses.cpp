#include "stages/networks/sd_convtrans/losses.h"

#include <cmath>

namespace depthmill::sd_convtrans {
namespace {

using torch::Tensor;

Tensor mean_of(const Tensor& x, const Tensor& valid) {
  if (!valid.defined()) return x.mean();
  return (x * valid).sum() / valid.expand_as(x).sum().clamp_min(1);
}

// A log or root of what does not count must not leave NaN in the gradient: such pixels take the target's
// value.
Tensor sized(const Tensor& pred, const Tensor& target, const Tensor& valid) {
  const Tensor f = resized_to_target(pred, target);
  return valid.defined() ? torch::where(valid > 0, f, target.expand_as(f)) : f;
}

Tensor log_depth(const Tensor& x) { return (kDepthScale * x + kLogShift).abs().clamp_min(1e-30).log(); }

Tensor l1(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return kDepthScale * mean_of((sized(pred, z, valid) - z).abs(), valid);
}

Tensor guarded_root(const Tensor& x) { return (x + kGuard).sqrt(); }

Tensor rmse(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return kDepthScale * guarded_root(mean_of((sized(pred, z, valid) - z).square(), valid));
}

Tensor rmse_log(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return guarded_root(mean_of((log_depth(z) - log_depth(sized(pred, z, valid))).square(), valid));
}

Tensor plain_log(const Tensor& x) { return x.abs().clamp_min(1e-30).log(); }

Tensor l1_log(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return mean_of((plain_log(z) - plain_log(sized(pred, z, valid))).abs(), valid);
}

// What the published code calls LOG_10 and computes with the natural logarithm: 2.303 times the log10 error.
Tensor log10_natural(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return mean_of((log_depth(z) - log_depth(sized(pred, z, valid))).abs(), valid);
}

// On unscaled values with e in the denominator.
Tensor rel(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return mean_of((z - sized(pred, z, valid)).abs() / (z + kLogShift), valid);
}

// ln cosh x = |x| + ln(1 + exp(-2 |x|)) - ln 2, which does not overflow.
Tensor log_cosh(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  const Tensor x = (kDepthScale * (plain_log(z) - plain_log(sized(pred, z, valid)))).abs();
  return mean_of(x + (-2 * x).exp().log1p() - std::log(2.0), valid);
}

// BerHu (Laina et al. 2016): |d| up to c, (d^2 + c^2) / (2 c) beyond; c a fifth of the largest |d| in the
// batch.
Tensor berhu(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  const Tensor d = kDepthScale * (sized(pred, z, valid) - z).abs();
  const Tensor c = (0.2 * d.detach().max()).clamp_min(1e-6);
  return mean_of(torch::where(d <= c, d, (d.square() + c * c) / (2 * c)), valid);
}

Tensor gradient(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return mean_of((image_gradient(sized(pred, z, valid)) - image_gradient(z)).abs(), valid);
}

// As published: each component's whole map is one vector; a correlation of gradient images, not of normals.
Tensor normal(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  Tensor a = image_gradient(sized(pred, z, valid)), b = image_gradient(z);
  if (valid.defined()) a = a * valid, b = b * valid;
  a = a.flatten(2), b = b.flatten(2);
  const Tensor norms = guarded_root(a.square().sum(2)) * guarded_root(b.square().sum(2));
  return 1 - ((a * b).sum(2) / norms).mean();
}

// Hu et al. 2019: n = (-gx, -gy, 1) at every pixel, one minus the mean cosine.
Tensor normal_per_pixel(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  const Tensor a = image_gradient(sized(pred, z, valid)), b = image_gradient(z);
  const Tensor dot = (a * b).sum(1, true) + 1;
  const Tensor norms = ((a.square().sum(1, true) + 1) * (b.square().sum(1, true) + 1)).sqrt();
  return 1 - mean_of(dot / norms, valid);
}

Tensor total(const Tensor& pred, const Tensor& z, const Tensor& valid) {
  return rmse_log(pred, z, valid) + gradient(pred, z, valid) + normal(pred, z, valid);
}

}  // namespace

Tensor resized_to_target(const Tensor& pred, const Tensor& target) {
  if (pred.size(2) == target.size(2) && pred.size(3) == target.size(3)) return pred;
  return torch::upsample_bilinear2d(pred, {target.size(2), target.size(3)}, /*align_corners=*/false);
}

Tensor image_gradient(const Tensor& depth) {
  static const float kKernels[2][3][3] = {{{1, 2, 1}, {0, 0, 0}, {-1, -2, -1}},
                                          {{1, 0, -1}, {2, 0, -2}, {1, 0, -1}}};
  const Tensor kernels = torch::from_blob(const_cast<float*>(&kKernels[0][0][0]), {2, 1, 3, 3}, torch::kFloat)
                             .clone()
                             .to(depth.options());
  return torch::conv2d(depth.mean(1, /*keepdim=*/true), kernels, /*bias=*/{}, /*stride=*/1, /*padding=*/1);
}

const std::vector<Loss>& loss_table() {
  static const std::vector<Loss> table{
      {"rmse_log", rmse_log, "sqrt(mean((ln|k z + e| - ln|k f + e|)^2)), the published depth term"},
      {"l1", l1, "mean |k z - k f|"},
      {"l2", rmse, "sqrt(mean((k z - k f)^2))"},
      {"l1_log", l1_log, "mean |ln z - ln f|"},
      {"log10_natural", log10_natural, "mean |ln(k z + e) - ln(k f + e)|, published as LOG_10"},
      {"rel", rel, "mean |z - f| / (z + e), unscaled"},
      {"log_cosh", log_cosh, "mean ln cosh(k (|ln z| - |ln f|))"},
      {"berhu", berhu, "reversed Huber on k z - k f, threshold a fifth of the largest"},
      {"gradient", gradient, "mean |G(f) - G(z)| over both Sobel components"},
      {"normal", normal, "1 - mean cosine of whole-image Sobel maps, as published"},
      {"normal_per_pixel", normal_per_pixel, "1 - mean cosine of n = (-gx, -gy, 1), Hu et al. 2019"},
      {"total", total, "rmse_log + gradient + normal"},
  };
  return table;
}

const Loss* find_loss(const std::string& name) {
  for (const Loss& loss : loss_table())
    if (name == loss.name) return &loss;
  return nullptr;
}

}  // namespace depthmill::sd_convtrans
