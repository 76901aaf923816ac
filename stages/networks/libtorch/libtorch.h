// LibTorch on this machine: its version, its devices, its threads, and what its settings and exceptions mean. No torch
// in this header.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

// "1.13.1"
std::string libtorch_version();

// The processor first, then every CUDA device LibTorch sees.
std::vector<Device> list_devices();

// Turns auto | cpu | cuda | cuda:N (or a comma list of cuda:N) into device names that are there. `auto` is
// cuda:0 where there is one, else cpu. Throws std::runtime_error that lists the devices there are.
std::vector<std::string> resolve_devices(const std::string& asked);

// Tells LibTorch and the BLAS below it how many threads this thread's work may use from now on; n >= 1.
// Safe to call again. A PassScope sets them for its own scope and after.
void set_threads(int n);

// "" when a tuned BLAS (OpenBLAS, MKL, BLIS, ATLAS) is loaded into this process and runs on what the processor has,
// otherwise a sentence: with the reference BLAS, which Debian installs by default, and with kernels of OpenBLAS for
// processors of long ago linear layers are several times slower.
std::string blas_warning();

// ---- for engines on LibTorch ---------------------------------------------------------------------

// What a forward pass needs of settings that LibTorch and the BLAS keep once for the whole process.
struct PassSettings {
  bool tf32 = false;  // convolutions and products of fp32 on a GPU in TF32
  int threads = 0;    // of one forward pass on the processor; 0 = as LibTorch likes
  bool operator==(const PassSettings&) const = default;
};

// Holds the settings for the forward pass in its scope. Passes of equal settings run side by side; one of other
// settings waits until none of them runs, so that a second network changes nothing in the first one's arithmetic.
class PassScope {
 public:
  explicit PassScope(const PassSettings& settings);
  ~PassScope();
  PassScope(const PassScope&) = delete;
  PassScope& operator=(const PassScope&) = delete;
};

// Does the exception say that a device has no memory left? By its type, or where LibTorch gives none by its message.
bool is_out_of_memory(const std::exception& e);

// To be called in the handler of `e`, which came out of a forward pass: throws it as what Network::forward may throw.
[[noreturn]] void throw_as_pass_failure(const std::exception& e, const std::string& file,
                                        const std::string& device);

}  // namespace depthmill::networks
