// The fillers against the official toolbox run in Octave. Same formulas, other solver: 1e-9 m where float64
// is stored, 1e-6 m against float32 (whose own rounding is 5e-7 m at 8 m); the system itself to the last
// digit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "colorization/affinity.h"
#include "colorization/cross_bilateral.h"
#include "colorization/gray.h"
#include "colorization/levin.h"
#include "tests/support/mat_file.h"
#include "tests/support/test_data.h"

namespace depthmill::colorization {
namespace {

using test::MatFile;
using test::MatVar;

Image image(const MatVar& var) {
  const auto values = var.row_major();
  return Eigen::Map<const Image>(values.data(), static_cast<Index>(var.rows()),
                                 static_cast<Index>(var.cols()));
}

double worst(const Image& a, const Image& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  const double w = (a - b).abs().maxCoeff();
  return std::isfinite(w) ? w : INFINITY;
}

class System : public ::testing::TestWithParam<const char*> {};

TEST_P(System, EveryEntry) {
  DEPTHMILL_GOLDEN(path, std::string("toolbox/fill_system_7x9_") + GetParam() + ".mat");
  MatFile file(path);
  const Image gray = image(file["gray"]);
  const FillSystem s = fill_system(gray, image(file["depth"]), file["alpha"].scalar());
  std::vector<double> dense(63 * 63, 0.0);
  auto theirs = [](int p) { return p % 9 * 7 + p / 9; };  // row-major number -> column-major number
  for (int row = 0; row < 63; ++row)
    for (int k = s.row_begin[row]; k < s.row_begin[row + 1]; ++k)
      dense[theirs(s.column[k]) * 63 + theirs(row)] = s.value[k];
  const auto expected = file["AplusG_dense"].column_major();
  for (std::size_t k = 0; k < dense.size(); ++k) {
    ASSERT_NEAR(dense[k], expected[k], 3e-16) << "column-major entry " << k;
    ASSERT_EQ(dense[k] != 0, expected[k] != 0) << "column-major entry " << k;
  }
  const auto rhs = file["rhs"].column_major();
  for (int p = 0; p < 63; ++p) EXPECT_EQ(s.rhs[p], rhs[theirs(p)]);
}
INSTANTIATE_TEST_SUITE_P(FillGolden, System, ::testing::Values("alpha1", "alpha05"));

// What the reference does not define for us: alpha 0 is singular, Octave's uint8 arithmetic is its own, 2-D
// and single inputs have no like here, and non-finite readings are refused.
const char* kRefused[] = {"alpha0", "all_tens", "nothing_known", "px_1x1_zero", "nan_depth", "inf_depth"};
const char* kForeign[] = {"gray_input_2d", "single_class_depth", "uint8_rgb"};

TEST(FillGolden, SmallCases) {
  DEPTHMILL_GOLDEN(path, "toolbox/fill_small.mat");
  MatFile file(path);
  int compared = 0;
  for (const std::string& name : file["case_names"].texts()) {
    SCOPED_TRACE(name);
    if (std::ranges::find(kForeign, name) != std::end(kForeign)) continue;
    const MatVar c = file[name];
    const Image depth = image(c.field("depth"));
    const Image gray = rgb_to_gray(c.field("rgb").row_major(), depth.rows(), depth.cols());
    EXPECT_LE(worst(gray, image(c.field("gray"))), 3e-16);
    FillOptions options;
    options.tolerance = 1e-10;
    options.alpha = c.field("alpha").scalar();
    if (std::ranges::find(kRefused, name) != std::end(kRefused)) {
      EXPECT_THROW(fill_depth_colorization(gray, depth, options), std::invalid_argument);
      continue;
    }
    const FillResult r = fill_depth_colorization(gray, depth, options);
    EXPECT_LE(worst(r.depth, image(c.field("out"))), 1e-9);
    EXPECT_TRUE(r.summary.ok()) << r.summary.message();
    ++compared;
  }
  EXPECT_EQ(compared, 25);
}

struct Scene {
  const char* file;
  const char* project;
  bool crop;
};

class Scenes : public ::testing::TestWithParam<Scene> {};

TEST_P(Scenes, WholeFrame) {
  DEPTHMILL_GOLDEN(path, std::string("toolbox/fill_") + GetParam().file + ".mat");
  DEPTHMILL_GOLDEN(project_path, std::string("toolbox/project_") + GetParam().project + ".mat");
  MatFile file(path), project(project_path);
  const auto rgb = project["rgbUndistorted"].row_major_u8();
  Image gray = rgb_to_gray(std::span<const std::uint8_t>(rgb), 480, 640);
  Image depth = image(project["depthOut"]);
  if (GetParam().crop) {
    gray = gray.block(44, 40, 427, 561).eval();
    depth = depth.block(44, 40, 427, 561).eval();
  }
  FillOptions options;
  options.tolerance = 1e-10;
  options.alpha = file["alpha"].scalar();
  const FillResult r = fill_depth_colorization(gray, depth, options);
  EXPECT_TRUE(r.summary.ok()) << r.summary.message();
  if (file.has("out"))
    EXPECT_LE(worst(r.depth, image(file["out"])), 1e-9);
  else
    EXPECT_LE(worst(r.depth, image(file["out_f32"])), 1e-6);
  EXPECT_LE(worst(r.depth.block(100, 200, 128, 128), image(file["out_crop"])), 1e-9);
  EXPECT_LE(worst(r.depth.topLeftCorner(32, 32), image(file["out_tl"])), 1e-9);
  EXPECT_LE(worst(r.depth.bottomRightCorner(32, 32), image(file["out_br"])), 1e-9);
}
INSTANTIATE_TEST_SUITE_P(FillGolden, Scenes,
                         ::testing::Values(Scene{"kitchen_0001_crop_alpha1", "kitchen_0001", true},
                                           Scene{"kitchen_0001_crop_alpha05", "kitchen_0001", true},
                                           Scene{"kitchen_0001_full_alpha1", "kitchen_0001", false},
                                           Scene{"home_office_0002a_crop_alpha1", "home_office_0002a", true},
                                           Scene{"nyu_office_1_crop_alpha1", "nyu_office_1", true}),
                         [](const auto& scene) { return std::string(scene.param.file); });

TEST(CrossBilateralGolden, SmallCasesWithinOneLevel) {
  DEPTHMILL_GOLDEN(path, "toolbox/cbf_small.mat");
  MatFile file(path);
  for (const char* name : {"all_known", "base", "border_hole", "large_hole", "odd_29x37", "one_scale",
                           "single_known", "tens", "tight_range", "tiny_5x7", "two_scale"}) {
    SCOPED_TRACE(name);
    const MatVar c = file[name];
    const Image depth = image(c.field("depth"));
    CrossBilateralOptions options;
    options.space_sigmas = c.field("spaceSigmas").column_major();
    options.range_sigmas = c.field("rangeSigmas").column_major();
    const Image out = fill_depth_cross_bf(c.field("rgb").row_major_u8(), depth, options);
    const double level = (depth != 10.0).select(depth, 0.0).maxCoeff() / 255;
    EXPECT_LE(worst(out, image(c.field("out"))), level * (1 + 1e-9));
  }
}

TEST(CrossBilateralGolden, WholeFrameWithinOneLevel) {
  DEPTHMILL_GOLDEN(path, "toolbox/cbf_crop_427x561.mat");
  DEPTHMILL_GOLDEN(project_path, "toolbox/project_home_office_0002a.mat");
  MatFile file(path), project(project_path);
  const auto rgb = project["rgbUndistorted"].row_major_u8();
  const Image depth = image(project["depthOut"]).block(44, 40, 427, 561);
  std::vector<std::uint8_t> cut;
  for (Index i = 44; i < 471; ++i)
    cut.insert(cut.end(), rgb.begin() + (i * 640 + 40) * 3, rgb.begin() + (i * 640 + 601) * 3);
  const double largest = file["maxDepthObs"].scalar();
  const Image out = fill_depth_cross_bf(cut, depth);
  EXPECT_LE(worst(out * (255 / largest), image(file["out_u8"])), 1.001);
  EXPECT_LE(worst(out.block(99, 199, 64, 64), image(file["out_crop"])), largest / 255 * 1.001);
}

}  // namespace
}  // namespace depthmill::colorization
