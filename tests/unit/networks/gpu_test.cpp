// The same networks on the GPU as on the processor: label gpu, skipped with a sentence where there is none.
#include <gmock/gmock.h>

#include <thread>

#include "stages/networks/predictor.h"
#include "stages/networks/torch_module/find_torch.h"
#include "stages/networks/tuning.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

class Gpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_torch()) GTEST_SKIP() << no_torch_sentence();
    if (torch().list_devices().size() < 2)
      GTEST_SKIP() << "LibTorch " << torch().version() << " sees no CUDA device here";
    cv::Mat weights(1, 3 * 9 * 8, CV_32FC1);
    cv::RNG(7).fill(weights, cv::RNG::UNIFORM, -0.3, 0.3);
    torch().save_script(folder_ / "conv.pt",
                        "def forward(self, x):\n"
                        "  y = torch.relu(torch.conv2d(x, self.w.view(8, 3, 3, 3), None, 1, 1))\n"
                        "  return y.mean(1, True) + 1.0\n",
                        {{"w", weights}});
    for (int i = 0; i < 5; ++i) {
      images_.emplace_back(60, 80, CV_8UC3);
      cv::RNG(static_cast<std::uint64_t>(i) + 1).fill(images_.back(), cv::RNG::UNIFORM, 0, 256);
    }
  }

  std::unique_ptr<Predictor> on(const std::string& device, Precision precision = Precision::kFp32,
                                int replicas = 1) {
    PredictorOptions options;
    options.device = device;
    options.precision = precision;
    options.replicas = replicas;
    return make_predictor(find_model_card((folder_ / "conv.pt").string()), options);
  }

  double worst(const std::vector<cv::Mat>& a, const std::vector<cv::Mat>& b) {
    double w = 0;
    for (std::size_t i = 0; i < a.size(); ++i) w = std::max(w, cv::norm(a[i], b[i], cv::NORM_INF));
    return w;
  }

  test::ScratchFolder folder_;
  std::vector<cv::Mat> images_;
};

TEST_F(Gpu, EqualsTheProcessor) {
  const auto expected = on("cpu")->predict(images_);
  EXPECT_LE(worst(on("cuda")->predict(images_), expected), 1e-4);
  EXPECT_LE(worst(on("cuda:0", Precision::kTf32)->predict(images_), expected), 1e-2);
  EXPECT_LE(worst(on("cuda:0", Precision::kFp16)->predict(images_), expected), 1e-2);
  EXPECT_LE(worst(on("cuda:0", Precision::kBf16)->predict(images_), expected), 5e-2);
}

TEST_F(Gpu, PassesOnTheirOwnStreamsDoNotMix) {
  const auto expected = on("cpu")->predict(images_);
  auto predictor = on("cuda:0", Precision::kFp32, 3);
  std::vector<double> worst_of(4, -1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 30; ++i)
        worst_of[t] = std::max(worst_of[t], worst(predictor->predict(images_), expected));
    });
  for (auto& t : threads) t.join();
  EXPECT_THAT(worst_of, ::testing::Each(::testing::Le(1e-4)));
}

// The switch for TF32 is the process's; each network has its own all the same.
TEST_F(Gpu, ASecondNetworkLeavesTheFirstOnesPrecision) {
  auto exact = on("cuda:0", Precision::kFp32);
  const auto before = exact->predict(images_);
  auto rounded = on("cuda:0", Precision::kTf32);
  const auto coarse = rounded->predict(images_);
  EXPECT_EQ(worst(exact->predict(images_), before), 0);
  EXPECT_EQ(worst(rounded->predict(images_), coarse), 0);
}

// A batch whose activations exceed the device's memory is halved until it fits.
TEST_F(Gpu, ABatchThatDoesNotFitIsHalved) {
  torch().save_script(folder_ / "hungry.pt",
                      "def forward(self, x):\n"
                      "  big = x[:, :1].repeat(1, 4096, 1, 1)\n"
                      "  return big.mean(1, True)\n");
  PredictorOptions options;
  options.device = "cuda:0";
  auto predictor = make_predictor(find_model_card((folder_ / "hungry.pt").string()), options);
  const std::vector<cv::Mat> many(64, cv::Mat(480, 640, CV_8UC3, cv::Scalar::all(255)));  // 322 GB at once
  const auto maps = predictor->predict(many);
  EXPECT_NEAR(maps[63].at<float>(100, 100), 1.0f, 1e-4);
  EXPECT_GT(predictor->times().forwards, 1);
}

TEST_F(Gpu, TuningFindsABatch) {
  auto predictor = on("cuda:0");
  TuningRequest request;
  request.image = {80, 60};
  request.seconds = 0.05;
  EXPECT_GE(tune(*predictor, request).batch, 1);
}

}  // namespace
}  // namespace depthmill::networks
