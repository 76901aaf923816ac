// The sums for AVX2 and FMA (flags in CMakeLists.txt).
#define DEPTHMILL_SUMS avx2
#include "metrics/pixel_sums_body.h"
