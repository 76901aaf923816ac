// Sparse solvers of others on the system of one fill, as bench_levin --write-systems wrote it; peers_fill.py runs it.
//   fill_peers SYSTEM SOLVER REFERENCE [N]
// SOLVER: umfpack, klu, cholmod-normal (the normal equations: A has no symmetric form), hypre-bicgstab, hypre-gmres (AMG
// inside). REFERENCE holds x as doubles; where it is absent the solver's own x is written there. Printed are the wall
// and processor milliseconds of the quickest of N solves, analysis and factors included, and the largest difference from
// the reference in metres. The iterations are stopped at the first power of ten of the residual, from 1e-9 on,
// that is within 1e-6 m.
#include <cholmod.h>
#include <klu.h>
#include <umfpack.h>

#include <time.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef DEPTHMILL_HAVE_HYPRE
#include <HYPRE.h>
#include <HYPRE_krylov.h>
#include <HYPRE_parcsr_ls.h>
#include <mpi.h>
#endif

namespace {

// Compressed rows, columns ascending.
struct System {
  double scale = 1;  // metres for one unit of x
  std::vector<int> row_begin, column;
  std::vector<double> value, rhs;
  int size() const { return static_cast<int>(rhs.size()); }
};

template <class T>
void read_into(std::istream& in, std::vector<T>& v, std::int64_t n) {
  v.resize(static_cast<std::size_t>(n));
  in.read(reinterpret_cast<char*>(v.data()), static_cast<std::streamsize>(v.size() * sizeof(T)));
}

System read_system(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::int64_t sizes[2] = {};
  System s;
  in.read(reinterpret_cast<char*>(sizes), sizeof sizes);
  in.read(reinterpret_cast<char*>(&s.scale), sizeof s.scale);
  read_into(in, s.row_begin, sizes[0] + 1);
  read_into(in, s.column, sizes[1]);
  read_into(in, s.value, sizes[1]);
  read_into(in, s.rhs, sizes[0]);
  if (!in) throw std::runtime_error(file + ": is no whole system");
  return s;
}

// The same matrix by columns.
System transposed(const System& s) {
  System t = s;
  std::fill(t.row_begin.begin(), t.row_begin.end(), 0);
  for (const int c : s.column) ++t.row_begin[static_cast<std::size_t>(c) + 1];
  for (std::size_t c = 0; c + 1 < t.row_begin.size(); ++c) t.row_begin[c + 1] += t.row_begin[c];
  std::vector<int> next = t.row_begin;
  for (int r = 0; r < s.size(); ++r)
    for (int k = s.row_begin[static_cast<std::size_t>(r)]; k < s.row_begin[static_cast<std::size_t>(r) + 1];
         ++k) {
      const auto to =
          static_cast<std::size_t>(next[static_cast<std::size_t>(s.column[static_cast<std::size_t>(k)])]++);
      t.column[to] = r;
      t.value[to] = s.value[static_cast<std::size_t>(k)];
    }
  return t;
}

using Solution = std::vector<double>;

void expect(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + " failed");
}

Solution by_umfpack(System& a) {
  Solution x(a.rhs.size());
  void *symbolic = nullptr, *numeric = nullptr;
  const int n = a.size();
  int status = umfpack_di_symbolic(n, n, a.row_begin.data(), a.column.data(), a.value.data(), &symbolic,
                                   nullptr, nullptr);
  if (status == UMFPACK_OK)
    status = umfpack_di_numeric(a.row_begin.data(), a.column.data(), a.value.data(), symbolic, &numeric,
                                nullptr, nullptr);
  if (status == UMFPACK_OK)
    status = umfpack_di_solve(UMFPACK_A, a.row_begin.data(), a.column.data(), a.value.data(), x.data(),
                              a.rhs.data(), numeric, nullptr, nullptr);
  umfpack_di_free_symbolic(&symbolic);
  umfpack_di_free_numeric(&numeric);
  expect(status == UMFPACK_OK, "umfpack");
  return x;
}

Solution by_klu(System& a) {
  klu_common common;
  klu_defaults(&common);
  common.ordering = 0;  // AMD
  klu_symbolic* symbolic = klu_analyze(a.size(), a.row_begin.data(), a.column.data(), &common);
  expect(symbolic, "klu");
  klu_numeric* numeric = klu_factor(a.row_begin.data(), a.column.data(), a.value.data(), symbolic, &common);
  expect(numeric, "klu");
  Solution x = a.rhs;
  klu_solve(symbolic, numeric, a.size(), 1, x.data(), &common);
  klu_free_numeric(&numeric, &common);
  klu_free_symbolic(&symbolic, &common);
  return x;
}

// A'A x = A'b, factored by supernodes as CHOLMOD sees fit.
Solution by_cholmod_normal(System& a) {
  cholmod_common common;
  cholmod_start(&common);
  const auto n = static_cast<std::size_t>(a.size());
  cholmod_sparse s{};
  s.nrow = s.ncol = n, s.nzmax = a.value.size();
  s.p = a.row_begin.data(), s.i = a.column.data(), s.x = a.value.data();
  s.itype = CHOLMOD_INT, s.xtype = CHOLMOD_REAL, s.dtype = CHOLMOD_DOUBLE, s.sorted = s.packed = 1;
  cholmod_sparse* t = cholmod_transpose(&s, 1, &common);  // of T it factors T T', and T is A'
  cholmod_dense b{};
  b.nrow = b.nzmax = b.d = n, b.ncol = 1, b.x = a.rhs.data(), b.xtype = CHOLMOD_REAL,
  b.dtype = CHOLMOD_DOUBLE;
  cholmod_dense* right = cholmod_zeros(n, 1, CHOLMOD_REAL, &common);
  double one[2] = {1, 0}, zero[2] = {0, 0};
  cholmod_sdmult(t, 0, one, zero, &b, right, &common);
  cholmod_factor* factor = cholmod_analyze(t, &common);
  expect(factor && cholmod_factorize(t, factor, &common) && common.status == CHOLMOD_OK, "cholmod");
  cholmod_dense* x = cholmod_solve(CHOLMOD_A, factor, right, &common);
  Solution result(static_cast<double*>(x->x), static_cast<double*>(x->x) + n);
  cholmod_free_dense(&x, &common), cholmod_free_dense(&right, &common);
  cholmod_free_factor(&factor, &common), cholmod_free_sparse(&t, &common);
  cholmod_finish(&common);
  return result;
}

#ifdef DEPTHMILL_HAVE_HYPRE
// BoomerAMG as it comes (HMIS coarsening, extended+i interpolation), one V-cycle before each step.
Solution by_hypre(System& a, bool gmres, double tolerance) {
  const HYPRE_Int n = a.size();
  HYPRE_IJMatrix matrix;
  HYPRE_IJVector right, left;
  HYPRE_IJMatrixCreate(MPI_COMM_WORLD, 0, n - 1, 0, n - 1, &matrix);
  HYPRE_IJMatrixSetObjectType(matrix, HYPRE_PARCSR);
  HYPRE_IJMatrixInitialize(matrix);
  std::vector<HYPRE_Int> rows(a.rhs.size()), lengths(a.rhs.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    rows[r] = static_cast<HYPRE_Int>(r), lengths[r] = a.row_begin[r + 1] - a.row_begin[r];
  HYPRE_IJMatrixSetValues(matrix, n, lengths.data(), rows.data(), a.column.data(), a.value.data());
  HYPRE_IJMatrixAssemble(matrix);
  for (HYPRE_IJVector* v : {&right, &left}) {
    HYPRE_IJVectorCreate(MPI_COMM_WORLD, 0, n - 1, v);
    HYPRE_IJVectorSetObjectType(*v, HYPRE_PARCSR);
    HYPRE_IJVectorInitialize(*v);
  }
  HYPRE_IJVectorSetValues(right, n, rows.data(), a.rhs.data());
  HYPRE_IJVectorAssemble(right), HYPRE_IJVectorAssemble(left);
  void *m, *b, *x;
  HYPRE_IJMatrixGetObject(matrix, &m), HYPRE_IJVectorGetObject(right, &b), HYPRE_IJVectorGetObject(left, &x);
  const auto pm = static_cast<HYPRE_ParCSRMatrix>(m);
  const auto pb = static_cast<HYPRE_ParVector>(b), px = static_cast<HYPRE_ParVector>(x);
  HYPRE_Solver amg, krylov;
  HYPRE_BoomerAMGCreate(&amg);
  HYPRE_BoomerAMGSetMaxIter(amg, 1), HYPRE_BoomerAMGSetTol(amg, 0), HYPRE_BoomerAMGSetPrintLevel(amg, 0);
  HYPRE_BoomerAMGSetStrongThreshold(amg, 0.25), HYPRE_BoomerAMGSetCoarsenType(amg, 10);
  HYPRE_BoomerAMGSetInterpType(amg, 6), HYPRE_BoomerAMGSetPMaxElmts(amg, 4);
  HYPRE_BoomerAMGSetRelaxType(amg, 6);
  if (gmres) {
    HYPRE_ParCSRGMRESCreate(MPI_COMM_WORLD, &krylov);
    HYPRE_GMRESSetKDim(krylov, 60), HYPRE_GMRESSetMaxIter(krylov, 300), HYPRE_GMRESSetTol(krylov, tolerance);
    HYPRE_GMRESSetPrecond(krylov, reinterpret_cast<HYPRE_PtrToSolverFcn>(HYPRE_BoomerAMGSolve),
                          reinterpret_cast<HYPRE_PtrToSolverFcn>(HYPRE_BoomerAMGSetup), amg);
    HYPRE_ParCSRGMRESSetup(krylov, pm, pb, px), HYPRE_ParCSRGMRESSolve(krylov, pm, pb, px);
    HYPRE_ParCSRGMRESDestroy(krylov);
  } else {
    HYPRE_ParCSRBiCGSTABCreate(MPI_COMM_WORLD, &krylov);
    HYPRE_BiCGSTABSetMaxIter(krylov, 300), HYPRE_BiCGSTABSetTol(krylov, tolerance);
    HYPRE_BiCGSTABSetPrecond(krylov, reinterpret_cast<HYPRE_PtrToSolverFcn>(HYPRE_BoomerAMGSolve),
                             reinterpret_cast<HYPRE_PtrToSolverFcn>(HYPRE_BoomerAMGSetup), amg);
    HYPRE_ParCSRBiCGSTABSetup(krylov, pm, pb, px), HYPRE_ParCSRBiCGSTABSolve(krylov, pm, pb, px);
    HYPRE_ParCSRBiCGSTABDestroy(krylov);
  }
  HYPRE_BoomerAMGDestroy(amg);
  Solution result(a.rhs.size());
  HYPRE_IJVectorGetValues(left, n, rows.data(), result.data());
  HYPRE_IJMatrixDestroy(matrix), HYPRE_IJVectorDestroy(right), HYPRE_IJVectorDestroy(left);
  return result;
}
#endif

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Timed {
  double wall = INFINITY, processor = INFINITY;
  Solution x;
};
Timed quickest(int times, const std::function<Solution()>& solve) {
  Timed best;
  for (int k = 0; k < times; ++k) {
    const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    best.x = solve();
    best.wall = std::min(best.wall, seconds(CLOCK_MONOTONIC) - wall);
    best.processor = std::min(best.processor, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor);
  }
  return best;
}

double largest_difference(const Solution& x, const Solution& reference, double scale) {
  double worst = 0;
  for (std::size_t p = 0; p < x.size(); ++p) worst = std::max(worst, std::abs(x[p] - reference[p]));
  return worst * scale;
}

void run(const std::string& file, const std::string& name, const std::string& reference_file, int times) {
  System rows = read_system(file);
  std::ifstream in(reference_file, std::ios::binary);
  Solution reference;
  if (in) read_into(in, reference, rows.size());
  Timed best;
  const std::map<std::string, Solution (*)(System&)> direct{
      {"umfpack", by_umfpack}, {"klu", by_klu}, {"cholmod-normal", by_cholmod_normal}};
  if (const auto found = direct.find(name); found != direct.end()) {
    System columns = transposed(rows);
    best = quickest(times, [&] { return found->second(columns); });
#ifdef DEPTHMILL_HAVE_HYPRE
  } else if (name.starts_with("hypre-") && !reference.empty()) {
    const bool gmres = name == "hypre-gmres";
    double tolerance = 1e-9;
    while (tolerance > 1e-14 &&
           !(largest_difference(by_hypre(rows, gmres, tolerance), reference, rows.scale) <= 1e-6))
      tolerance /= 10;
    best = quickest(times, [&] { return by_hypre(rows, gmres, tolerance); });
#endif
  } else {
    throw std::runtime_error("there is no solver '" + name + "' here, or no reference");
  }
  if (reference.empty()) {
    reference = best.x;
    std::ofstream(reference_file, std::ios::binary)
        .write(reinterpret_cast<const char*>(best.x.data()),
               static_cast<std::streamsize>(best.x.size() * sizeof(double)));
  }
  std::printf("%.2f %.2f %.3e\n", 1e3 * best.wall, 1e3 * best.processor,
              largest_difference(best.x, reference, rows.scale));
}

}  // namespace

int main(int argc, char** argv) {
  int code = 0;
#ifdef DEPTHMILL_HAVE_HYPRE
  MPI_Init(&argc, &argv);
  HYPRE_Init();
#endif
  try {
    if (argc < 4) throw std::runtime_error("usage: fill_peers SYSTEM SOLVER REFERENCE [N]");
    run(argv[1], argv[2], argv[3], argc > 4 ? std::max(1, std::atoi(argv[4])) : 1);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fill_peers: %s\n", e.what());
    code = 1;
  }
#ifdef DEPTHMILL_HAVE_HYPRE
  HYPRE_Finalize();
  MPI_Finalize();
#endif
  return code;
}
