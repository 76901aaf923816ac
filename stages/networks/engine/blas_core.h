// Which kernels OpenBLAS runs. A release of OpenBLAS knows the processors of its time by their numbers; on a later one
// it falls back to kernels of 2004 without a word, a third of the speed. Its choice is made when it is loaded, which
// Debian's OpenCV does before main, so it is asked to choose again.
#pragma once

#include <string>

namespace depthmill::networks {

struct ProcessorFeatures {
  bool avx2 = false;    // with FMA
  bool avx512 = false;  // F, CD, BW, DQ and VL
};
ProcessorFeatures processor_features();

// The core that OpenBLAS should run instead of `core`, as OPENBLAS_CORETYPE takes it; "" = `core` is as good as the
// processor. The names are OpenBLAS's own (openblas_get_corename).
std::string better_core(const std::string& core, const ProcessorFeatures& features);

// The core that OpenBLAS runs in this process; "" where it is not loaded.
std::string openblas_core();

// Sets OPENBLAS_CORETYPE and lets OpenBLAS choose again, where it has fallen back and the user has not said which core
// to take. Not while another thread is in a call of BLAS.
void choose_blas_core();

}  // namespace depthmill::networks
