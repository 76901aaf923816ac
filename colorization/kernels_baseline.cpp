// The inner loops for whatever the build's baseline is, and the choice between the two.
#define DEPTHMILL_KERNELS baseline
#include "kernels_body.h"

namespace depthmill::colorization {

namespace avx2 {
Kernels table();
}

const Kernels& kernels() {
#ifdef DEPTHMILL_HAVE_AVX2_KERNELS
  static const Kernels chosen =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2::table() : baseline::table();
#else
  static const Kernels chosen = baseline::table();
#endif
  return chosen;
}

}  // namespace depthmill::colorization
