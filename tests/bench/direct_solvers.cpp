#include "direct_solvers.h"

#include <umfpack.h>

#include <time.h>
#include <Eigen/SparseLU>

// One thread for everybody. Absent when UMFPACK is linked to another BLAS.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace depthmill::bench {
namespace {

// Processor time of this thread: what else the machine does meanwhile does not count.
double seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

Eigen::SparseMatrix<double> by_columns(const colorization::FillSystem& s) {
  const auto n = static_cast<Eigen::Index>(s.rhs.size());
  return Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor>>(
      n, n, static_cast<Eigen::Index>(s.value.size()), s.row_begin.data(), s.column.data(), s.value.data());
}

}  // namespace

DirectSolve solve_umfpack(const colorization::FillSystem& system) {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  const Eigen::SparseMatrix<double> a = by_columns(system);
  const int n = static_cast<int>(a.rows());
  DirectSolve result;
  result.x.resize(system.rhs.size());
  void *symbolic = nullptr, *numeric = nullptr;
  const double start = seconds();
  int status = umfpack_di_symbolic(n, n, a.outerIndexPtr(), a.innerIndexPtr(), a.valuePtr(), &symbolic,
                                   nullptr, nullptr);
  if (status == UMFPACK_OK)
    status = umfpack_di_numeric(a.outerIndexPtr(), a.innerIndexPtr(), a.valuePtr(), symbolic, &numeric,
                                nullptr, nullptr);
  if (status == UMFPACK_OK)
    status = umfpack_di_solve(UMFPACK_A, a.outerIndexPtr(), a.innerIndexPtr(), a.valuePtr(), result.x.data(),
                              system.rhs.data(), numeric, nullptr, nullptr);
  result.seconds = seconds() - start;
  umfpack_di_free_symbolic(&symbolic);
  umfpack_di_free_numeric(&numeric);
  if (status != UMFPACK_OK) result.x.clear();
  return result;
}

DirectSolve solve_sparselu(const colorization::FillSystem& system) {
  const Eigen::SparseMatrix<double> a = by_columns(system);
  DirectSolve result;
  const double start = seconds();
  Eigen::SparseLU<Eigen::SparseMatrix<double>> lu(a);
  const Eigen::VectorXd x = lu.solve(Eigen::Map<const Eigen::VectorXd>(system.rhs.data(), a.rows()));
  result.seconds = seconds() - start;
  if (lu.info() == Eigen::Success) result.x.assign(x.data(), x.data() + x.size());
  return result;
}

}  // namespace depthmill::bench
