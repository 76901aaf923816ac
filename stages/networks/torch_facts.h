// What only LibTorch knows; answered by torchscript.cpp or, in a build without it, by torchscript_absent.cpp.
// Private to this room: others ask runtime.h.
#pragma once

#include <string>

namespace depthmill::networks {

int torch_default_threads();
int cuda_devices();
// Why there is no CUDA device: LibTorch built without CUDA, or no device visible to it.
std::string cuda_absence();
bool torch_has_own_blas();

}  // namespace depthmill::networks
