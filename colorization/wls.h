// Edge-preserving base and detail of an image by weighted least squares (Farbman, Fattal, Lischinski,
// Szeliski 2008). For an input g find u minimising
//
//   sum_p (u_p - g_p)^2 + lambda (a_x,p (du/dx)_p^2 + a_y,p (du/dy)_p^2)
//   a_x,p = 1 / (|dl/dx|_p^alpha + epsilon), a_y alike, l = guide
//
// with forward differences, one weight a pair of 4-neighbours and none across the border:
//
//   (I + lambda L) u = g,   L = Dx' Ax Dx + Dy' Ay Dy
//
// Symmetric, positive definite, five diagonals; rows sum to 1, so a constant is reproduced and the mean kept.
// base = u, detail = g - u. Images are row-major, rows x cols.
//
//   WlsFilter filter(480, 640);                              // keeps the pattern of one size
//   std::vector<double> base = filter.base(depth, log_guide(depth));
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace depthmill::colorization {

struct WlsOptions {
  double lambda = 1.0;    // smoothness against fidelity; 0 = base is the input
  double alpha = 1.2;     // exponent of the guide's differences; the paper uses 1.2 to 2.0
  double epsilon = 1e-4;  // keeps weights finite where the guide is flat
  std::string problem() const;
};

// ln(value + shift), the guide for values of at least 0. Throws std::invalid_argument on a value below
// -shift.
std::vector<double> log_guide(std::span<const double> values, double shift = 1e-4);

// The weights a_x (rows x cols - 1: to the right neighbour) and a_y (rows - 1 x cols: to the one below),
// without lambda.
struct WlsWeights {
  std::vector<double> right, below;
};
WlsWeights wls_weights(std::span<const double> guide, std::size_t rows, std::size_t cols,
                       const WlsOptions& options);

// max |(I + lambda L) u - g|, in the units of g: how well a base solves its system.
double wls_residual(std::span<const double> base, std::span<const double> input, std::size_t rows,
                    std::size_t cols, const WlsWeights& weights, double lambda);

// One size of image, many frames: the fill-reducing order and the pattern of the factor are computed once, by
// the first call. Not for several threads at once; give each its own.
class WlsFilter {
 public:
  // Throws std::invalid_argument: no pixel, or options with a problem().
  WlsFilter(std::size_t rows, std::size_t cols, const WlsOptions& options = {});
  ~WlsFilter();
  WlsFilter(WlsFilter&&) noexcept;
  WlsFilter& operator=(WlsFilter&&) noexcept;

  std::size_t rows() const;
  std::size_t cols() const;

  // Input and guide: rows * cols finite values. The base in the input's units; a direct solve, exact to
  // rounding. Throws std::invalid_argument (sizes, a value that is not finite), std::runtime_error (the
  // factorization fails, which finite weights do not cause).
  std::vector<double> base(std::span<const double> input, std::span<const double> guide);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One image: WlsFilter for a single use.
std::vector<double> wls_base(std::span<const double> input, std::span<const double> guide, std::size_t rows,
                             std::size_t cols, const WlsOptions& options = {});

}  // namespace depthmill::colorization
