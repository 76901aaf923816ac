// The reader of golden files, against facts about those files that were written down elsewhere.
#include "tests/support/mat_file.h"

#include <numeric>

#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

TEST(MatFile, SparseAndDenseOfOneMatrixAgree) {
  DEPTHMILL_GOLDEN(path, "toolbox/fill_system_7x9_alpha1.mat");
  MatFile file(path);
  EXPECT_EQ(file["AplusG"].class_name(), "sparse");
  EXPECT_EQ(file["AplusG"].entries().size(), 19u * 25u);  // (3*7-2)(3*9-2)
  EXPECT_EQ(file["AplusG"].column_major(), file["AplusG_dense"].column_major());
}

TEST(MatFile, RowMajorTransposesAndInterleaves) {
  DEPTHMILL_GOLDEN(path, "toolbox/fill_system_7x9_alpha1.mat");
  MatFile file(path);
  const MatVar rgb = file["rgb"];
  EXPECT_EQ(rgb.shape(), (std::vector<std::size_t>{7, 9, 3}));
  const auto c = rgb.column_major(), r = rgb.row_major();
  EXPECT_EQ(r[(2 * 9 + 5) * 3 + 1], c[7 * 9 + 5 * 7 + 2]);  // row 2, column 5, green
}

TEST(MatFile, StructsCellsAndText) {
  DEPTHMILL_GOLDEN(path, "toolbox/fill_small.mat");
  MatFile file(path);
  const auto names = file["case_names"].texts();
  ASSERT_FALSE(names.empty());
  for (const auto& name : names) EXPECT_TRUE(file[name].has("depth")) << name;
  EXPECT_THROW(file[names[0]].field("no_such_field"), std::runtime_error);
  EXPECT_THROW(file["no_such_variable"], std::runtime_error);
}

}  // namespace
}  // namespace depthmill::test
