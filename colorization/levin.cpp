#include "levin.h"

#include <Eigen/SparseLU>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "affinity.h"
#include "check_input.h"

namespace depthmill::colorization {

std::string FillOptions::problem() const {
  if (!(alpha > 0) || !std::isfinite(alpha)) return "alpha: must be a finite number > 0";
  return "";
}

std::string FillSummary::message() const {
  static constexpr const char* kEndings[] = {"converged", "stagnated", "not finite"};
  char text[200];
  std::snprintf(
      text, sizeof text,
      "fill of %lld pixels (%lld missing) %s after %d rounds: residual %.3g m, error at most %.3g m",
      static_cast<long long>(unknowns), static_cast<long long>(missing), kEndings[static_cast<int>(ending)],
      rounds, residual, error_bound);
  return text;
}

struct LevinFiller::Work {
  Index rows, cols;
  FillOptions options;
};

LevinFiller::LevinFiller(Index rows, Index cols, const FillOptions& options)
    : work_(new Work{rows, cols, options}) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("LevinFiller: " + bad);
  if (rows <= 0 || cols <= 0) throw std::invalid_argument("LevinFiller: the image is empty");
}
LevinFiller::~LevinFiller() = default;
LevinFiller::LevinFiller(LevinFiller&&) noexcept = default;
LevinFiller& LevinFiller::operator=(LevinFiller&&) noexcept = default;
Index LevinFiller::rows() const { return work_->rows; }
Index LevinFiller::cols() const { return work_->cols; }

FillSummary LevinFiller::fill(ImageView gray, ImageView depth, ImageSpan filled) {
  if (gray.rows() != rows() || gray.cols() != cols() || filled.rows() != rows() || filled.cols() != cols())
    throw std::invalid_argument("LevinFiller: a view differs in size from the filler");
  FillSummary summary;
  summary.unknowns = depth.size();
  summary.missing = depth.size() - check_input("LevinFiller", gray, depth, work_->options.alpha);
  const FillSystem system = fill_system(gray, depth, work_->options.alpha);
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
  const Eigen::Map<const Matrix> a(depth.size(), depth.size(), static_cast<Index>(system.value.size()),
                                   system.row_begin.data(), system.column.data(), system.value.data());
  const Eigen::SparseMatrix<double> columns = a;
  Eigen::SparseLU<Eigen::SparseMatrix<double>> lu(columns);
  const Eigen::Map<const Eigen::VectorXd> rhs(system.rhs.data(), depth.size());
  const Eigen::VectorXd x = lu.solve(rhs);
  summary.residual = (a * x - rhs).lpNorm<Eigen::Infinity>() * system.scale;
  summary.rounds = 1;
  if (!x.allFinite()) summary.ending = FillEnding::kNotFinite;
  for (Index i = 0, p = 0; i < rows(); ++i)
    for (Index j = 0; j < cols(); ++j, ++p)
      if (!(work_->options.keep_known && is_known(depth(i, j))))
        filled(i, j) = x[p] * system.scale;
      else
        filled(i, j) = depth(i, j);
  return summary;
}

FillResult fill_depth_colorization(ImageView gray, ImageView depth, const FillOptions& options) {
  if (const std::string bad = options.problem(); !bad.empty())
    throw std::invalid_argument("fill_depth_colorization: " + bad);
  check_input("fill_depth_colorization", gray, depth, options.alpha);
  FillResult result;
  result.depth.resize(depth.rows(), depth.cols());
  result.summary = LevinFiller(depth.rows(), depth.cols(), options).fill(gray, depth, result.depth);
  return result;
}

}  // namespace depthmill::colorization
