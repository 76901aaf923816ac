// The native SD-ConvTrans against the published Python network with weights and inputs by formula. Tolerances
// are those of the golden folder's README: measured rounding differences with a margin.
#include <gtest/gtest.h>

#include "tests/support/sd_convtrans_parity.h"
#include "tests/support/test_data.h"

namespace depthmill::test {
namespace {

void expect_all(const Findings& findings) {
  EXPECT_FALSE(findings.empty());
  for (const Finding& f : findings) EXPECT_LE(f.error, f.tolerance) << f.subject;
}

std::filesystem::path folder_of(const std::filesystem::path& file) { return file.parent_path(); }

TEST(GoldenSdConvTrans, NamesShapesAndFormulaWeights) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/state_dict.csv");
  expect_all(parity_state_dict(folder_of(file)));
}

TEST(GoldenSdConvTrans, Losses) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/losses.h5");
  expect_all(parity_losses(folder_of(file)));
}

TEST(GoldenSdConvTrans, OddSize) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/odd.h5");
  expect_all(parity_network(folder_of(file), "odd"));
}

TEST(GoldenSdConvTrans, EngineOddSize) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/odd.h5");
  expect_all(parity_engine(folder_of(file), "odd"));
}

TEST(GoldenSdConvTrans, TinySizeEveryNode) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/tiny.h5");
  expect_all(parity_network(folder_of(file), "tiny"));
}

TEST(GoldenSdConvTrans, FullSize) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/full.h5");
  expect_all(parity_network(folder_of(file), "full"));
}

TEST(GoldenSdConvTrans, EngineFullSize) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/full.h5");
  expect_all(parity_engine(folder_of(file), "full"));
}

TEST(GoldenSdConvTrans, Blocks) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/blocks.h5");
  expect_all(parity_blocks(folder_of(file)));
}

TEST(GoldenSdConvTrans, TrainingGradientsAndBuffers) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/train.h5");
  expect_all(parity_training(folder_of(file)));
}

TEST(GoldenSdConvTrans, Preprocessing) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/preprocess.h5");
  expect_all(parity_preprocess(folder_of(file)));
}

TEST(GoldenSdConvTrans, CheckpointsOfPython) {
  DEPTHMILL_GOLDEN(file, "sd_convtrans/preprocess.h5");  // the picture; the checkpoints lie beside it
  expect_all(parity_checkpoint(folder_of(file)));
  expect_all(parity_legacy_checkpoint(folder_of(file)));
}

}  // namespace
}  // namespace depthmill::test
