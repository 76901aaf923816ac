// What a network on LibTorch has answered, as the rest of the program takes it. Private to engines (torch header).
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "stages/networks/engine/network.h"

namespace depthmill::networks {

// A contiguous float32 tensor on the host as ours; it lives as long as the pointer.
inline Tensor share(const at::Tensor& t) {
  auto keeper = std::make_shared<at::Tensor>(t);
  return {t.sizes().vec(), std::shared_ptr<float>(keeper, keeper->data_ptr<float>())};
}

// The answer in float32, contiguous, where it is. Throws BadPrediction: not of floating-point numbers.
inline at::Tensor floats_of(const at::Tensor& answer) {
  if (!answer.is_floating_point())
    throw BadPrediction("the model answers with values of type " +
                        std::string(c10::toString(answer.scalar_type())) +
                        "; a depth map holds floating-point numbers");
  return answer.to(at::kFloat).contiguous();
}

}  // namespace depthmill::networks
