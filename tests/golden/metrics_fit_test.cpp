// Where reference numbers of metrics are off: sums and fits in single precision, repeated here to their
// digits.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "metrics/protocol.h"
#include "stages/base/adapt.h"
#include "stages/scoring/protocol_file.h"
#include "stages/scoring/resize_map.h"
#include "tests/golden/metrics_golden.h"

namespace depthmill {
namespace {

using metrics::Protocol;
using test::kPairs;
using test::map_of;
using test::reference;

// The reference numbers of laina were summed in single precision, pixel by pixel down the columns, and are
// off by 2e-4 for that reason alone: the same sums over our own resized maps give their digits.
TEST(LainaGolden, SinglePrecisionSumsGiveTheReferenceDigits) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const auto expected = reference(expected_file, "laina_pooled");
  float rel = 0, square = 0, log10 = 0;
  std::size_t n = 0;
  for (int i = 0; i < kPairs; ++i) {
    DEPTHMILL_GOLDEN(pair, "metrics/pair_" + std::to_string(i) + ".h5");
    const test::H5File file(pair);
    const cv::Mat gt = map_of(file, "gt_dense", CV_32F);
    cv::Mat pred;
    resize_map(map_of(file, "pred_half", CV_64F), gt.rows, gt.cols,
               metrics::Interpolation::kBilinearAntialias)
        .convertTo(pred, CV_32F);
    for (int c = 0; c < gt.cols; ++c)
      for (int r = 0; r < gt.rows; ++r, ++n) {
        const float p = pred.at<float>(r, c), g = gt.at<float>(r, c);
        rel += std::abs(p - g) / g;
        square += (p - g) * (p - g);
        log10 += std::abs(std::log10(p) - std::log10(g));
      }
  }
  const float count = static_cast<float>(n);
  EXPECT_NEAR(rel / count / expected.at({"aggregate", "rel"}), 1, 1e-6);
  EXPECT_NEAR(std::sqrt(square / count) / expected.at({"aggregate", "rms"}), 1, 1e-6);
  EXPECT_NEAR(log10 / count / expected.at({"aggregate", "log10"}), 1, 1e-6);
}

// The affine-invariant numbers of UniDepth rest on normal equations summed pixel by pixel in single
// precision, which moves the fitted shift by centimetres. The same sums over our own maps give their digits;
// ours are those of the exact fit, which Metric3D's reference numbers confirm.
TEST(UniDepthGolden, SinglePrecisionNormalEquationsGiveTheReferenceDigits) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  const auto expected = reference(expected_file, "unidepth_nyu");
  for (int i = 0; i < kPairs; ++i) {
    const std::string name = "pair_" + std::to_string(i);
    DEPTHMILL_GOLDEN(pair, "metrics/" + name + ".h5");
    const test::H5File file(pair);
    const cv::Mat gt = map_of(file, "gt", CV_32F);
    const cv::Mat pred =
        resize_map(map_of(file, "pred_half", CV_64F), gt.rows, gt.cols, metrics::Interpolation::kBilinear);
    std::vector<float> p, g;
    for (int r = 45; r < 471; ++r)
      for (int c = 41; c < 601; ++c)
        if (gt.at<float>(r, c) > 0 && gt.at<float>(r, c) <= 10)
          p.push_back(static_cast<float>(pred.at<double>(r, c))), g.push_back(gt.at<float>(r, c));
    float pp = 0, sp = 0, pg = 0, sg = 0;
    const float n = static_cast<float>(p.size());
    for (std::size_t k = 0; k < p.size(); ++k) pp += p[k] * p[k], sp += p[k], pg += p[k] * g[k], sg += g[k];
    const double determinant = double{pp} * n - double{sp} * sp;
    const double scale = (double{n} * pg - double{sp} * sg) / determinant;
    const double shift = (double{pp} * sg - double{sp} * pg) / determinant;
    double rel = 0, near = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
      const double q = scale * p[k] + shift;
      rel += std::abs(q - g[k]) / g[k] / n;
      near += std::max(q / g[k], g[k] / q) < 1.03 ? 1.0 / n : 0.0;
    }
    EXPECT_NEAR(rel / expected.at({name, "arel_ssi"}), 1, 2e-5);
    EXPECT_NEAR(near, expected.at({name, "tau_ssi"}), 5e-5);
  }
}

struct GoldenFit {
  const char *run, *protocol, *pred, *scale, *shift;
  double tolerance;
  bool gt_nan_to_zero;
};

// Scale and shift themselves. Sources fit in single precision: 1e-3, except where the reference repeats its
// fit in double.
TEST(AlignmentGolden, ScaleAndShiftAreReproduced) {
  DEPTHMILL_GOLDEN(expected_file, "metrics/expected/summary.csv");
  for (const GoldenFit& fit :
       {GoldenFit{"midas_disparity", "midas", "pred_disparity", "scale_float64", "shift_float64", 1e-7, true},
        GoldenFit{"midas_disparity", "midas", "pred_disparity", "scale", "shift", 1e-3, true},
        GoldenFit{"marigold_least_square_eigen", "marigold", "pred_affine", "scale", "shift", 1e-3, false},
        GoldenFit{"marigold_least_square_nocrop", "marigold-nocrop", "pred_affine", "scale", "shift", 1e-3,
                  false},
        GoldenFit{"marigold_least_square_disparity_eigen", "marigold-disparity", "pred_disparity", "scale",
                  "shift", 1e-3, false},
        GoldenFit{"mdec_median_garg", "mdec-median", "pred_half", "ratio", "", 1e-5, true}}) {
    const auto expected = reference(expected_file, fit.run);
    const Protocol protocol = find_protocol(fit.protocol, test::protocol_folder());
    for (int i = 0; i < kPairs; ++i) {
      const std::string name = "pair_" + std::to_string(i);
      DEPTHMILL_GOLDEN(pair, "metrics/" + name + ".h5");
      const test::H5File file(pair);
      cv::Mat gt = map_of(file, "gt", CV_64F);
      if (fit.gt_nan_to_zero) gt.setTo(0, gt != gt);
      const cv::Mat pred = resize_map(map_of(file, fit.pred, CV_64F), gt.rows, gt.cols, protocol.resize);
      const auto found =
          metrics::evaluate(view<double>(pred), view<double>(gt), gt.rows, gt.cols, protocol).alignment;
      EXPECT_NEAR(found.scale / expected.at({name, fit.scale}), 1, fit.tolerance) << fit.run << " " << name;
      if (*fit.shift) {
        EXPECT_NEAR(found.shift / expected.at({name, fit.shift}), 1, fit.tolerance) << fit.run << " " << name;
      }
    }
  }
}

}  // namespace
}  // namespace depthmill
