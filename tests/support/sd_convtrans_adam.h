// Steps of the training's optimiser without a torch header.
#pragma once

#include <array>
#include <vector>

namespace depthmill::test {

struct AdamCase {
  double beta1, beta2, eps, weight_decay;
  bool decoupled;  // AdamW; false = Adam
};

// A 1x2 matrix, which decays, and a bias of 1, which does not, after one step at `rate` for each row of gradients
// (matrix, matrix, bias), starting from `start` in the same order.
std::array<double, 3> adam_steps(const AdamCase& options, double rate, const std::array<double, 3>& start,
                                 const std::vector<std::array<double, 3>>& gradients);

}  // namespace depthmill::test
