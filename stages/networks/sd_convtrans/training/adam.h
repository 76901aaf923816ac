// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) with their state in the open, so that a
// checkpoint holds all of it. Private to the room (torch header).
#pragma once

#include "stages/networks/sd_convtrans/archive.h"
#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0;  // for tensors of at least two dimensions: not for biases and norms
  bool decoupled = true;    // AdamW; false = Adam, decay as part of the gradient
};

class Adam {
 public:
  Adam(torch::nn::Module& module, const AdamOptions& options);

  void zero_grad();
  // Global norm of all gradients; scaled down to `limit` where it is larger and limit > 0. NaN when not
  // finite.
  double clip(double limit);
  void step(double rate);

  TensorMap state() const;            // "m.NAME", "v.NAME", "steps"
  void load(const TensorMap& state);  // throws std::runtime_error when a tensor is missing or misshapen

 private:
  struct Entry {
    std::string name;
    torch::Tensor parameter, m, v;
  };
  std::vector<Entry> entries_;
  AdamOptions options_;
  int64_t steps_ = 0;
};

}  // namespace depthmill::sd_convtrans
