// TorchScript files made on the spot, from source: what LibTorch does with them and how what goes wrong is
// said.
#include "stages/networks/torch_module/find_torch.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "stages/networks/predictor.h"
#include "tests/support/test_data.h"

namespace depthmill::networks {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TorchScript : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_torch()) GTEST_SKIP() << no_torch_sentence();
  }

  std::unique_ptr<Predictor> predictor(const std::string& source, ModelCard card = {},
                                       PredictorOptions options = {}) {
    card.name = "tiny";
    card.path = folder_ / "tiny.pt";
    torch().save_script(card.path, source);
    if (options.device == "auto") options.device = "cpu";
    return make_predictor(card, options);
  }

  std::string check_failure(const std::string& source, ModelCard card = {}) {
    try {
      predictor(source, card)->check({8, 6}, 2);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  }

  static std::vector<cv::Mat> images(int n = 2) {
    std::vector<cv::Mat> all;
    for (int i = 0; i < n; ++i) {
      cv::Mat image(6, 8, CV_8UC3);
      cv::randu(image, 0, 256);
      all.push_back(image);
    }
    return all;
  }

  test::ScratchFolder folder_;
};

TEST_F(TorchScript, RunsABatchOnTheImagesThemselves) {
  const auto in = images(3);
  const auto maps = predictor("def forward(self, x):\n  return x[:, 1:2] * 2.0\n")->predict(in);
  ASSERT_EQ(maps.size(), 3u);
  for (int i = 0; i < 3; ++i)
    for (int y = 0; y < 6; ++y)
      for (int x = 0; x < 8; ++x)
        ASSERT_EQ(maps[i].at<float>(y, x), in[i].at<cv::Vec3b>(y, x)[1] / 255.0f * 2.0f);
}

TEST_F(TorchScript, SmallOutputsAreResizedToTheImage) {
  const auto maps =
      predictor("def forward(self, x):\n  return torch.ones(x.size(0), 1, 2, 3) * 4.0\n")->predict(images());
  EXPECT_EQ(maps[1].size(), cv::Size(8, 6));
  EXPECT_EQ(cv::norm(maps[1], cv::Mat(6, 8, CV_32FC1, cv::Scalar(4)), cv::NORM_INF), 0);
}

TEST_F(TorchScript, WrongAnswersAreSaidByTheDryRun) {
  EXPECT_THAT(check_failure("def forward(self, x):\n  return x\n"),
              AllOf(HasSubstr("'tiny'"), HasSubstr("2x3x6x8"), HasSubstr("Nx1xHxW")));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return x[:1, :1]\n"), HasSubstr("1x1x6x8"));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return (x[:, :1] * 255.0).long()\n"),
              HasSubstr("floating-point"));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return (x[:, :1], x)\n"),
              AllOf(HasSubstr("2 values"), HasSubstr("select")));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return {'depth': x[:, :1], 'raw': x}\n"),
              AllOf(HasSubstr("dictionary"), HasSubstr("depth")));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return 3\n"), HasSubstr("not a tensor"));
  EXPECT_THAT(check_failure("def forward(self, x):\n  return x.view(-1, 7)\n"),
              HasSubstr("invalid for input"));
  EXPECT_EQ(check_failure("def forward(self, x):\n  return x[:, :1]\n"), "");
}

TEST_F(TorchScript, SelectPicksOneOfSeveralOutputs) {
  ModelCard card;
  card.select = "1";
  EXPECT_EQ(check_failure("def forward(self, x):\n  return (x, x[:, :1])\n", card), "");
  EXPECT_EQ(check_failure("def forward(self, x):\n  return [x, x[:, :1]]\n", card), "");
  EXPECT_THAT(check_failure("def forward(self, x):\n  return x[:, :1]\n", card), HasSubstr("must go"));
  card.select = "depth";
  EXPECT_EQ(check_failure("def forward(self, x):\n  return {'depth': x[:, :1], 'raw': x}\n", card), "");
}

TEST_F(TorchScript, TheDepthMayLieInsideWhatLiesInside) {
  const std::string nested = "def forward(self, x):\n  return ({'depth': x[:, :1], 'a.b': x[:, 1:2]}, x)\n";
  ModelCard card;
  for (const char* select : {"0.depth", "0.a.b"}) {
    card.select = select;
    EXPECT_EQ(check_failure(nested, card), "") << select;
  }
  card.select = "0";
  EXPECT_THAT(check_failure(nested, card),
              AllOf(HasSubstr("dictionary"), HasSubstr("a.b"), HasSubstr("depth")));
  card.select = "0.deep";
  EXPECT_THAT(check_failure(nested, card), HasSubstr("dictionary (depth, a.b)"));
  card.select = "2.depth";
  EXPECT_THAT(check_failure(nested, card), HasSubstr("2 values"));
  card.select = "1.depth";
  EXPECT_THAT(check_failure(nested, card), HasSubstr("goes on where the tensor is found, at 1"));
}

TEST_F(TorchScript, NanComesThrough) {
  const auto maps = predictor("def forward(self, x):\n  return x[:, :1] * float('nan')\n")->predict(images());
  EXPECT_TRUE(std::isnan(maps[0].at<float>(0, 0)));
}

TEST_F(TorchScript, FlipIsTheMeanWithTheMirroredBack) {
  // Answers with the column number times red: not symmetric.
  const std::string source =
      "def forward(self, x):\n"
      "  ramp = torch.arange(x.size(3)).to(x.dtype).view(1, 1, 1, x.size(3))\n"
      "  return x[:, :1] * ramp\n";
  PredictorOptions flip;
  flip.flip = true;
  const auto in = images(1);
  const cv::Mat map = predictor(source, {}, flip)->predict(in)[0];
  for (int x = 0; x < 8; ++x)
    EXPECT_NEAR(map.at<float>(2, x), in[0].at<cv::Vec3b>(2, x)[0] / 255.0 * 3.5, 1e-6) << "(x + 7 - x) / 2";
}

// What GPUs say when a batch does not fit, said here by the network itself: the batch is halved, nothing
// else.
TEST_F(TorchScript, AMessageOfNoMemoryHalvesTheBatch) {
  for (const char* said : {"CUDA out of memory. Tried to allocate 2.00 GiB",
                           "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"}) {
    const std::string source = "def forward(self, x):\n  assert x.size(0) <= 2, '" + std::string(said) +
                               "'\n  return x[:, 1:2] * 2.0\n";
    auto hungry = predictor(source);
    const auto in = images(7);
    const auto maps = hungry->predict(in);
    ASSERT_EQ(maps.size(), 7u);
    for (int i = 0; i < 7; ++i)
      EXPECT_EQ(maps[i].at<float>(5, 7), in[i].at<cv::Vec3b>(5, 7)[1] / 255.0f * 2.0f);
    EXPECT_EQ(hungry->times().forwards, 4);
  }
}

TEST_F(TorchScript, Bf16IsCloseAndFp16NeedsAGpu) {
  PredictorOptions options;
  options.precision = Precision::kBf16;
  const std::string source = "def forward(self, x):\n  return x[:, :1] * 2.0\n";
  const auto in = images(1);
  const cv::Mat map = predictor(source, {}, options)->predict(in)[0];
  const float exact = in[0].at<cv::Vec3b>(3, 4)[0] / 255.0f * 2.0f;
  EXPECT_NEAR(map.at<float>(3, 4), exact, exact / 100);
  options.precision = Precision::kFp16;
  try {
    predictor(source, {}, options);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("fp16"));
  }
}

TEST_F(TorchScript, ConcurrentPassesGiveTheSame) {
  PredictorOptions options;
  options.replicas = 3;
  options.intra_op_threads = 1;
  const std::string source =
      "def forward(self, x):\n  w = torch.ones(1, 3, 3, 3) * 0.125\n  return torch.conv2d(x, w, None, 1, "
      "1)\n";
  auto p = predictor(source, {}, options);
  const auto in = images(2);
  const cv::Mat expected = p->predict(in)[1];
  std::vector<double> worst(4, -1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i)
        worst[t] = std::max(worst[t], cv::norm(p->predict(in)[1], expected, cv::NORM_INF));
    });
  for (auto& t : threads) t.join();
  EXPECT_THAT(worst, ::testing::Each(0.0));
}

TEST_F(TorchScript, FilesThatAreNoModelsAreNamed) {
  std::ofstream(folder_ / "text.pt") << "this is no archive";
  try {
    torch().load_torchscript({.file = folder_ / "text.pt"});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("text.pt"), HasSubstr("no TorchScript file")));
  }
  EXPECT_THROW(torch().save_script(folder_ / "bad.pt", "def forward(self, x):\n  return nonsense(x)\n"),
               std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "bad.pt"));
}

TEST_F(TorchScript, AbsentDevicesAreNamedWithThoseThatAreThere) {
  const auto devices = torch().list_devices();
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices[0].name, "cpu");
  EXPECT_EQ(torch().resolve_devices("cpu"), std::vector<std::string>{"cpu"});
  EXPECT_EQ(torch().resolve_devices("auto")[0], devices.size() > 1 ? "cuda:0" : "cpu");
  for (const char* absent : {"cuda:99", "gpu", "cuda:x", "", "cuda:0,"}) try {
      const auto found = torch().resolve_devices(absent);
      if (std::string(absent) != "cuda:0,") ADD_FAILURE() << "'" << absent << "' was accepted";
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(),
                  AllOf(HasSubstr("device '" + std::string(absent) + "'"), HasSubstr("there is: cpu")));
    }
}

}  // namespace
}  // namespace depthmill::networks
