// The engine `torch-export`: networks that torch.export has exported and AOTInductor has compiled, in packages .pt2, by
// LibTorch 2.6 or newer. A package holds machine code for one kind of device, and the precision it was compiled in.
// No torch in this header.
#pragma once

#include <memory>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

// Loads request.file once on every device that request.device names. request.select is the number of one of the
// answers, counted as they come, what lies inside another one after the other. Throws std::runtime_error: no package
// (an exported program that is not compiled is told how to be), LibTorch too old, device absent or not the package's,
// a precision other than fp32.
std::unique_ptr<Network> load_exported(const NetworkRequest& request);

}  // namespace depthmill::networks
