// Two solvers of one system: the fill against Eigen::SparseLU, on sizes, masks, images and alphas drawn from
// the input. They have to agree to 1e-6 m on every pixel if the system determines its answer in double: the
// inverse of an M-matrix is positive, so one more solve gives its largest row sum, and with it how far the
// rounding of the entries alone may move the answer. Beyond that only the range of the readings is asked.
#include <Eigen/SparseLU>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "colorization/affinity.h"
#include "colorization/levin.h"

namespace {

using namespace depthmill::colorization;

// The input's bytes one after the other, then zeros.
struct Bytes {
  const std::uint8_t* data;
  std::size_t size;
  unsigned next() { return size == 0 ? 0 : (--size, *data++); }
};

Image draw_gray(Bytes& in, Index rows, Index cols, std::mt19937& rng) {
  std::uniform_real_distribution<double> uniform(0, 1);
  const unsigned kind = in.next() % 6, cell = 1 + in.next() % 12;
  const double contrast = (1 + in.next()) / 256.0;
  Image cells(rows / cell + 1, cols / cell + 1), gray(rows, cols);
  for (Index p = 0; p < cells.size(); ++p) cells.data()[p] = uniform(rng);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      double g = 0.5;
      if (kind == 1) g = uniform(rng);                                                   // noise
      if (kind == 2) g = cells(i / cell, j / cell);                                      // blocks
      if (kind == 3) g = cells(i / cell, j / cell) > 0.5;                                // black and white
      if (kind == 4) g = static_cast<double>(i + j) / static_cast<double>(rows + cols);  // ramp
      if (kind == 5) g = 0.9 * cells(i / cell, j / cell) + 0.1 * uniform(rng);
      gray(i, j) = std::round(255 * (0.5 + contrast * (g - 0.5))) / 255;
    }
  return gray;
}

Image draw_depth(Bytes& in, Index rows, Index cols, std::mt19937& rng) {
  std::uniform_real_distribution<double> uniform(0, 1);
  const unsigned kind = in.next() % 5, cell = 1 + in.next() % 16;
  const double share = in.next() / 255.0;
  Image cells(rows / cell + 1, cols / cell + 1), depth(rows, cols);
  for (Index p = 0; p < cells.size(); ++p) cells.data()[p] = uniform(rng);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      bool missing = uniform(rng) < share;                             // speckle
      if (kind == 1) missing = cells(i / cell, j / cell) < share;      // blocks
      if (kind == 2) missing = (i + j) % 2 == 0;                       // checkerboard
      if (kind == 3) missing = i < share * static_cast<double>(rows);  // one piece
      if (kind == 4) missing = true;                                   // all but one, below
      depth(i, j) = missing ? (uniform(rng) < 0.1 ? 10.0 : 0.0) : 0.3 + 9 * uniform(rng);
    }
  depth(in.next() % rows, in.next() % cols) = 1.0 + in.next() / 64.0;
  return depth;
}

Eigen::VectorXd direct(const FillSystem& s, const Eigen::VectorXd& rhs) {
  const Eigen::SparseMatrix<double> a = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor>>(
      rhs.size(), rhs.size(), static_cast<Index>(s.value.size()), s.row_begin.data(), s.column.data(),
      s.value.data());
  Eigen::SparseLU<Eigen::SparseMatrix<double>> lu(a);
  Eigen::VectorXd x = lu.solve(rhs);
  x += lu.solve(rhs - a * x);
  return x;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in{data, size};
  std::mt19937 rng(in.next() << 8 | in.next());
  const Index rows = 1 + in.next() % 40, cols = 1 + in.next() % 40;
  FillOptions options;
  options.alpha = std::pow(10.0, -3 + 7 * in.next() / 255.0);
  const Image gray = draw_gray(in, rows, cols, rng), depth = draw_depth(in, rows, cols, rng);

  const FillResult ours = fill_depth_colorization(gray, depth, options);

  const FillSystem s = fill_system(gray, depth, options.alpha);
  const Eigen::Map<const Eigen::VectorXd> rhs(s.rhs.data(), depth.size());
  const Eigen::VectorXd x = direct(s, rhs);
  const Eigen::VectorXd reach = direct(s, Eigen::VectorXd::Ones(depth.size()));
  const double posed = 2.2e-16 * s.scale * reach.lpNorm<Eigen::Infinity>();

  const double worst = (Eigen::Map<const Eigen::VectorXd>(ours.depth.data(), depth.size()) - s.scale * x)
                           .lpNorm<Eigen::Infinity>();
  const double lowest = (depth == 0 || depth == 10).select(1e9, depth).minCoeff();
  const double slack = 1e-6 + posed;
  const bool one = depth.size() == 1;  // halved at alpha 1, so below its reading
  const bool in_range =
      one || (ours.depth.minCoeff() >= lowest - slack && ours.depth.maxCoeff() <= s.scale + slack);
  if (!in_range || !(worst <= 1e-6 || posed > 1e-8)) {
    std::fprintf(stderr, "%ld x %ld, alpha %g: differ by %g m, posed to %g m; %s\n", static_cast<long>(rows),
                 static_cast<long>(cols), options.alpha, worst, posed, ours.summary.message().c_str());
    std::abort();
  }
  return 0;
}
