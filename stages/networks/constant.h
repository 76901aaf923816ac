// The engine `constant`: a network that sees the same depth everywhere, for tests, dry runs of a configuration, and
// builds without LibTorch.
#pragma once

#include <memory>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

// Answers (n, 1, h, w) of request.value to every (n, 3, h, w), on the processor.
std::unique_ptr<Network> load_constant(const NetworkRequest& request);

}  // namespace depthmill::networks
