#include "colorization/wls.h"

#include <Eigen/SparseCholesky>
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace depthmill::colorization {
namespace {

using Matrix = Eigen::SparseMatrix<double>;

void check_size(std::span<const double> values, std::size_t rows, std::size_t cols, const char* what) {
  if (values.size() != rows * cols)
    throw std::invalid_argument(std::string("wls: ") + what + " has " + std::to_string(values.size()) +
                                " values, not " + std::to_string(rows) + " x " + std::to_string(cols));
  for (double v : values)
    if (!std::isfinite(v))
      throw std::invalid_argument(std::string("wls: ") + what + " is not finite everywhere");
}

// Calls pair(p, q, weight) for every pair of 4-neighbours, p before q.
template <class Pair>
void for_each_pair(std::size_t rows, std::size_t cols, const WlsWeights& w, Pair&& pair) {
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < cols; ++x) {
      const std::size_t p = y * cols + x;
      if (x + 1 < cols) pair(p, p + 1, w.right[y * (cols - 1) + x]);
      if (y + 1 < rows) pair(p, p + cols, w.below[p]);
    }
}

}  // namespace

std::string WlsOptions::problem() const {
  if (!(lambda >= 0) || !std::isfinite(lambda)) return "lambda must be at least 0";
  if (!(alpha >= 0) || !std::isfinite(alpha)) return "alpha must be at least 0";
  if (!(epsilon > 0) || !std::isfinite(epsilon)) return "epsilon must be above 0";
  return "";
}

std::vector<double> log_guide(std::span<const double> values, double shift) {
  std::vector<double> guide;
  guide.reserve(values.size());
  for (double v : values) {
    if (!(v + shift > 0)) throw std::invalid_argument("wls: the logarithm of a negative value is no guide");
    guide.push_back(std::log(v + shift));
  }
  return guide;
}

WlsWeights wls_weights(std::span<const double> guide, std::size_t rows, std::size_t cols,
                       const WlsOptions& options) {
  check_size(guide, rows, cols, "the guide");
  auto weight = [&](double difference) {
    return 1 / (std::pow(std::abs(difference), options.alpha) + options.epsilon);
  };
  WlsWeights w;
  if (cols > 1) w.right.reserve(rows * (cols - 1));
  if (rows > 1) w.below.reserve((rows - 1) * cols);
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x + 1 < cols; ++x)
      w.right.push_back(weight(guide[y * cols + x + 1] - guide[y * cols + x]));
  for (std::size_t p = 0; p + cols < rows * cols; ++p) w.below.push_back(weight(guide[p + cols] - guide[p]));
  return w;
}

double wls_residual(std::span<const double> base, std::span<const double> input, std::size_t rows,
                    std::size_t cols, const WlsWeights& weights, double lambda) {
  std::vector<double> r(rows * cols);
  for (std::size_t p = 0; p < r.size(); ++p) r[p] = base[p] - input[p];
  for_each_pair(rows, cols, weights, [&](std::size_t p, std::size_t q, double w) {
    const double flow = lambda * w * (base[p] - base[q]);
    r[p] += flow;
    r[q] -= flow;
  });
  double worst = 0;
  for (double v : r) worst = std::abs(v) <= worst ? worst : std::abs(v);  // NaN stays
  return worst;
}

struct WlsFilter::Impl {
  std::size_t rows, cols;
  WlsOptions options;
  Matrix system;  // lower triangle
  Eigen::SimplicialLDLT<Matrix, Eigen::Lower> solver;
  bool analysed = false;

  // Lower triangle of I + lambda L; column p holds p, p + 1, p + cols in this order.
  void assemble(const WlsWeights& w) {
    const auto n = static_cast<Eigen::Index>(rows * cols);
    if (!analysed) {
      system.resize(n, n);
      system.reserve(Eigen::VectorXi::Constant(n, 3));
      for (Eigen::Index p = 0; p < n; ++p) system.insert(p, p) = 1;
      for_each_pair(rows, cols, w, [&](std::size_t p, std::size_t q, double) {
        system.insert(static_cast<Eigen::Index>(q), static_cast<Eigen::Index>(p)) = 0;
      });
      system.makeCompressed();
    }
    double* values = system.valuePtr();
    const auto* begin = system.outerIndexPtr();
    for (Eigen::Index p = 0; p < n; ++p) values[begin[p]] = 1;
    std::vector<int> next(rows * cols, 1);
    for_each_pair(rows, cols, w, [&](std::size_t p, std::size_t q, double weight) {
      const double coupling = options.lambda * weight;
      values[begin[p]] += coupling;
      values[begin[q]] += coupling;
      values[begin[p] + next[p]++] = -coupling;
    });
  }
};

WlsFilter::WlsFilter(std::size_t rows, std::size_t cols, const WlsOptions& options)
    : impl_(std::make_unique<Impl>()) {
  if (rows == 0 || cols == 0) throw std::invalid_argument("wls: an image without pixels");
  if (const std::string problem = options.problem(); !problem.empty())
    throw std::invalid_argument("wls: " + problem);
  impl_->rows = rows;
  impl_->cols = cols;
  impl_->options = options;
}

WlsFilter::~WlsFilter() = default;
WlsFilter::WlsFilter(WlsFilter&&) noexcept = default;
WlsFilter& WlsFilter::operator=(WlsFilter&&) noexcept = default;
std::size_t WlsFilter::rows() const { return impl_->rows; }
std::size_t WlsFilter::cols() const { return impl_->cols; }

std::vector<double> WlsFilter::base(std::span<const double> input, std::span<const double> guide) {
  Impl& f = *impl_;
  check_size(input, f.rows, f.cols, "the input");
  const WlsWeights weights = wls_weights(guide, f.rows, f.cols, f.options);
  f.assemble(weights);
  if (!f.analysed) {
    f.solver.analyzePattern(f.system);
    f.analysed = true;
  }
  f.solver.factorize(f.system);
  if (f.solver.info() != Eigen::Success) throw std::runtime_error("wls: the factorization failed");
  const Eigen::Map<const Eigen::VectorXd> g(input.data(), static_cast<Eigen::Index>(input.size()));
  const Eigen::VectorXd u = f.solver.solve(g);
  return {u.data(), u.data() + u.size()};
}

std::vector<double> wls_base(std::span<const double> input, std::span<const double> guide, std::size_t rows,
                             std::size_t cols, const WlsOptions& options) {
  return WlsFilter(rows, cols, options).base(input, guide);
}

}  // namespace depthmill::colorization
