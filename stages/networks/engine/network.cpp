#include "stages/networks/engine/network.h"

#include <utility>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

Tensor make_tensor(std::vector<std::int64_t> shape) {
  Tensor t{std::move(shape), nullptr};
  t.data = std::shared_ptr<float>(new float[t.size()](), std::default_delete<float[]>());
  return t;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return "a single number";
  std::string text;
  for (std::int64_t d : shape) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

}  // namespace depthmill::networks
