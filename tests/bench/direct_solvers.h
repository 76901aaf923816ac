// The general sparse solvers that the fill is measured against, on one and the same assembled system.
#pragma once

#include "colorization/affinity.h"

namespace depthmill::bench {

struct DirectSolve {
  double seconds = 0;  // ordering, factorization and solve; conversion to the solver's format is not counted
  std::vector<double> x;  // empty when the solver failed
};

DirectSolve solve_umfpack(const colorization::FillSystem& system);
DirectSolve solve_sparselu(const colorization::FillSystem& system);

}  // namespace depthmill::bench
