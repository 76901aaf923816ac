// Checkpoints, the inference engine and the export, on the smallest network. No torch header.
#include "stages/networks/sd_convtrans/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>

#include "stages/networks/predictor.h"
#include "tests/support/sd_convtrans_parity.h"
#include "tests/support/test_data.h"
#include "tests/unit/sd_convtrans/small_sizes.h"

namespace depthmill::sd_convtrans {
namespace {

using testing::HasSubstr;

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

cv::Mat noise_picture(cv::Size size, int seed) {
  cv::Mat picture(size, CV_8UC3);
  cv::RNG rng(static_cast<std::uint64_t>(seed));
  rng.fill(picture, cv::RNG::UNIFORM, 0, 256);
  return picture;
}

networks::Tensor noise_pictures(std::int64_t n, unsigned seed) {
  networks::Tensor pictures = networks::make_tensor({n, 3, 48, 64});
  std::mt19937 rng(seed);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    pictures.data.get()[i] = static_cast<float>(rng() % 256) / 255.0f;
  return pictures;
}

TEST(SdConvTrans, EpsilonsOfLayerNorms) {
  for (const test::Finding& f : test::parity_layer_norms())
    EXPECT_TRUE(f.ok()) << f.subject << " " << f.error;
}

TEST(SdConvTrans, CheckpointKeepsSizesAndWeights) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 5, folder / "a.pth");
  EXPECT_EQ(checkpoint_sizes(folder / "a.pth"), small_sizes());
  const auto net = load_network({.file = folder / "a.pth", .device = "cpu"});
  const auto fresh = make_random_network(small_sizes(), 5), other = make_random_network(small_sizes(), 6);
  EXPECT_EQ(net->report().text(), "");
  const networks::Tensor pictures = noise_pictures(2, 1);
  const networks::Tensor a = net->forward(pictures), b = fresh->forward(pictures),
                         c = other->forward(pictures);
  ASSERT_EQ(a.shape, (std::vector<std::int64_t>{2, 1, 12, 16}));
  double same = 0, different = 0;
  for (int i = 0; i < 2 * 12 * 16; ++i) {
    same = std::max<double>(same, std::abs(a.data.get()[i] - b.data.get()[i]));
    different = std::max<double>(different, std::abs(a.data.get()[i] - c.data.get()[i]));
  }
  EXPECT_EQ(same, 0);
  EXPECT_GT(different, 1e-4);
}

// A batch of two is two pictures: nothing leaks between them.
TEST(SdConvTrans, BatchAgreesWithSinglePictures) {
  const auto net = make_random_network(small_sizes(), 3);
  const networks::Tensor pictures = noise_pictures(2, 2);
  networks::Tensor last = networks::make_tensor({1, 3, 48, 64});
  std::copy_n(pictures.data.get() + last.size(), last.size(), last.data.get());
  const networks::Tensor both = net->forward(pictures), second = net->forward(last);
  for (int i = 0; i < 12 * 16; ++i) EXPECT_NEAR(both.data.get()[12 * 16 + i], second.data.get()[i], 2e-6);
}

TEST(SdConvTrans, NamesThatDoNotFitAreListed) {
  DEPTHMILL_GOLDEN(part, "sd_convtrans/part_zip.pth");
  const std::string why = error_of([&] { load_network({.file = part, .device = "cpu"}); });
  EXPECT_THAT(why, HasSubstr("missing in the file"));
  EXPECT_THAT(why, HasSubstr("layer1.0.0.conv1.weight"));
  EXPECT_THAT(why, HasSubstr("predict1.0.bias"));
  const auto net = load_network({.file = part, .device = "cpu"}, /*strict=*/false);
  EXPECT_GT(net->report().loaded, 0u);
  EXPECT_LE(net->report().loaded, 5u);
  EXPECT_TRUE(net->report().unexpected.empty()) << net->report().text() << "'module.' is stripped";

  test::ScratchFolder folder;
  NetworkSizes narrow = small_sizes();
  write_initial_checkpoint(narrow, 1, folder / "narrow.pth");
  narrow.unused_modules = false;  // what no forward pass uses may be absent
  write_initial_checkpoint(narrow, 1, folder / "bare.pth");
  EXPECT_EQ(error_of([&] { load_network({.file = folder / "bare.pth", .device = "cpu"}); }), "");
}

// torch.save({'model': module.state_dict(), 'epoch': 3, 'optimizer': adam.state_dict()}) of PyTorch 1.13: an
// OrderedDict with _metadata, and other things beside it.
TEST(SdConvTrans, StateDictsOfPythonModulesAreRead) {
  const auto file = std::filesystem::path(test::kTestData) / "sd_convtrans/ordered_state_dict.pth";
  const auto net = load_network({.file = file, .device = "cpu"}, /*strict=*/false);
  EXPECT_EQ(net->report().loaded, 2u);
  EXPECT_TRUE(net->report().conv_gg_seeded);
  EXPECT_THAT(net->report().text(), HasSubstr("tbdn.conv_gg.weight"));
}

TEST(SdConvTrans, FilesThatAreNoCheckpoints) {
  DEPTHMILL_GOLDEN(legacy, "sd_convtrans/part_legacy.pth");
  EXPECT_THAT(error_of([&] { load_network({.file = legacy, .device = "cpu"}); }),
              testing::AllOf(HasSubstr("old file format"), HasSubstr("torch.save(torch.load(")));
  test::ScratchFolder folder;
  EXPECT_THAT(error_of([&] { load_network({.file = folder / "gone.pth", .device = "cpu"}); }),
              HasSubstr("gone.pth"));
  std::ofstream(folder / "text.pth") << "weights";
  EXPECT_THAT(error_of([&] { load_network({.file = folder / "text.pth", .device = "cpu"}); }),
              HasSubstr("text.pth"));
  std::ofstream(folder / "zip.pth") << "PK\x03\x04 not really";
  EXPECT_THAT(error_of([&] { load_network({.file = folder / "zip.pth", .device = "cpu"}); }),
              HasSubstr("zip.pth"));
}

TEST(SdConvTrans, ExportGivesTheSameDepthAsTheNativeBackend) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 7, folder / "net.pth");
  EXPECT_EQ(export_torchscript(folder / "net.pth", folder / "net.pt").text(), "");

  networks::ModelCard native;
  native.backend = "sd-convtrans";
  native.path = folder / "net.pth";
  native.rule = networks::ResizeRule::kExact;
  native.size = {64, 48};
  native.filter = ResizeFilter::kPilBilinear;
  native.resize_uint8 = true;
  native.kind = networks::OutputKind::kNormalised;
  native.max_depth = 10;
  networks::ModelCard exported = native;
  exported.backend = "torchscript";
  exported.path = folder / "net.pt";
  exported.kind = networks::OutputKind::kMetric;

  networks::PredictorOptions options;
  options.device = "cpu";
  const std::vector<cv::Mat> pictures{noise_picture({64, 48}, 1), noise_picture({64, 48}, 2)};
  const auto a = networks::make_predictor(native, options)->predict(pictures);
  const auto b = networks::make_predictor(exported, options)->predict(pictures);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(a[i].size(), pictures[i].size());
    EXPECT_LT(cv::norm(a[i], b[i], cv::NORM_INF), 1e-4) << "metres";
  }
  EXPECT_GT(cv::norm(a[0], a[1], cv::NORM_INF), 1e-3);
}

TEST(SdConvTrans, ASizeThatTheCheckpointIsNotForIsSaid) {
  test::ScratchFolder folder;
  write_initial_checkpoint(small_sizes(), 7, folder / "net.pth");
  networks::ModelCard card;
  card.backend = "sd-convtrans";
  card.path = folder / "net.pth";
  EXPECT_EQ(networks::make_predictor(card, {.device = "cpu"})->input_size({80, 60}), cv::Size(64, 48));
  card.rule = networks::ResizeRule::kExact;
  card.size = {80, 60};
  const auto predictor = networks::make_predictor(card, {.device = "cpu"});
  EXPECT_THAT(error_of([&] { predictor->check({80, 60}, 1); }), HasSubstr("48x64"));
}

}  // namespace
}  // namespace depthmill::sd_convtrans
