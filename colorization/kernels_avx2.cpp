// The inner loops for AVX2 and FMA (flags in CMakeLists.txt).
#define DEPTHMILL_KERNELS avx2
#include "kernels_body.h"
