// WLS bases against a direct sparse solve in Python. Tolerance 1e-9 relative: both are direct solvers of one
// system in double.
#include <gtest/gtest.h>

#include <cmath>

#include "colorization/wls.h"
#include "tests/support/formula.h"
#include "tests/support/h5_file.h"
#include "tests/support/test_data.h"

namespace depthmill::colorization {
namespace {

TEST(GoldenWls, BasesOfFormulaDepth) {
  DEPTHMILL_GOLDEN(path, "sd_convtrans/wls.h5");
  const test::H5File file(path);
  const auto seed = static_cast<std::uint64_t>(file.attribute("seed").values.at(0));
  const auto cases = file.children("/");
  ASSERT_FALSE(cases.empty());
  for (const std::string& name : cases) {
    SCOPED_TRACE(name);
    const auto size = file.attribute(name, "size").values;
    const int rows = static_cast<int>(size[0]), cols = static_cast<int>(size[1]);
    const int cell = static_cast<int>(file.attribute(name, "cell").values[0]);
    std::vector<double> depth;
    for (float v : test::formula_depth01("wls/" + name, rows, cols, cell, seed))
      depth.push_back(10 * static_cast<double>(v));
    WlsOptions options;
    options.lambda = file.attribute(name, "lambda").values[0];
    options.alpha = file.attribute(name, "alpha").values[0];
    options.epsilon = file.attribute(name, "epsilon").values[0];
    const bool linear = file.text_attribute(name, "guide") == "depth";
    const auto base = wls_base(depth, linear ? depth : log_guide(depth), rows, cols, options);
    const auto want = file.dataset(name + "/base").values;
    ASSERT_EQ(base.size(), want.size());
    double worst = 0;
    for (std::size_t i = 0; i < base.size(); ++i) worst = std::max(worst, std::abs(base[i] / want[i] - 1));
    EXPECT_LE(worst, 1e-9);
  }
}

}  // namespace
}  // namespace depthmill::colorization
