// A network that sees the same depth everywhere: for tests, dry runs of a configuration, and builds without
// LibTorch (model card with backend = constant).
#pragma once

#include <memory>

#include "stages/networks/network.h"

namespace depthmill::networks {

// Answers (n, 1, h, w) of `value` to every (n, 3, h, w), on the processor.
std::unique_ptr<Network> make_constant_network(double value);

}  // namespace depthmill::networks
