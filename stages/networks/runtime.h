// What inference can run on here: LibTorch's version, the devices, and the shared budget of threads.
// Works in builds without LibTorch too, where the answers say so. No torch in this header.
#pragma once

#include <string>
#include <vector>

namespace depthmill::networks {

// Is LibTorch part of this build?
bool have_torch();

// "1.13.1", or "" in a build without LibTorch.
std::string libtorch_version();

// The sentence for a build without LibTorch: what is missing and how to get it.
std::string no_torch_sentence();

struct Device {
  std::string name;         // as --device takes it: "cpu", "cuda:0"
  std::string description;  // e.g. "8 threads", "visible to LibTorch 2.8.0"
};

// The processor first, then every CUDA device LibTorch sees. Empty in a build without LibTorch.
std::vector<Device> list_devices();

// Turns auto | cpu | cuda | cuda:N (or a comma list of cuda:N) into device names that are there. `auto` is
// cuda:0 where there is one, else cpu. Throws std::runtime_error that lists the devices there are.
std::vector<std::string> resolve_devices(const std::string& asked);

// Tells LibTorch and the BLAS below it how many threads one forward pass may use from now on; n >= 1.
// Safe to call again. Without LibTorch it does nothing.
void set_threads(int n);

// "" when a tuned BLAS (OpenBLAS, MKL, BLIS, ATLAS) is loaded into this process, otherwise a sentence: with
// the reference BLAS, which Debian installs by default, linear layers are several times slower.
std::string blas_warning();

}  // namespace depthmill::networks
