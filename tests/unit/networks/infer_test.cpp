#include "stages/networks/infer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <opencv2/core.hpp>

#include "stages/networks/torch_module/find_torch.h"
#include "tests/support/test_data.h"

namespace depthmill {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Frame frame_with_image(std::size_t index, int height, int width, int red) {
  Frame frame;
  frame.index = index;
  frame.name = "f" + std::to_string(index);
  frame.planes[plane::kRgb] = cv::Mat(height, width, CV_8UC3, cv::Scalar(red, 0, 0));
  return frame;
}

InferOptions constant_model(const test::ScratchFolder& folder) {
  std::ofstream(folder / "constant.ini") << "[model]\nbackend = constant\nvalue = 2.5\n";
  InferOptions options;
  options.model = (folder / "constant.ini").string();
  options.batch = 4;
  options.threads = 2;
  options.replicas = 1;
  options.intra_op_threads = 1;
  return options;
}

// A network by its TorchScript source, run on the processor one pass of one thread at a time; prepared.
std::unique_ptr<InferStage> scripted_stage(const test::ScratchFolder& folder, const std::string& source,
                                           int batch) {
  networks::torch().save_script(folder / "net.pt", source, {});
  InferOptions options;
  options.model = (folder / "net.pt").string();
  options.device = "cpu";
  options.batch = batch;
  options.replicas = options.intra_op_threads = 1;
  auto stage = make_infer_stage(options);
  stage->prepare();
  return stage;
}

TEST(InferOptions, NameTheFieldThatIsWrong) {
  InferOptions options;
  EXPECT_THAT(options.problem(), HasSubstr("model"));
  options.model = "x.pt";
  EXPECT_EQ(options.problem(), "");
  options.batch = -2;
  EXPECT_THAT(options.problem(), HasSubstr("batch"));
}

TEST(InferStage, AddsADepthMapOfTheImagesSize) {
  test::ScratchFolder folder;
  auto stage = make_infer_stage(constant_model(folder));
  EXPECT_THAT(stage->needs(), ::testing::ElementsAre("rgb"));
  EXPECT_THAT(stage->adds(), ::testing::ElementsAre("pred"));
  stage->prepare();
  EXPECT_TRUE(stage->metric());
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < 7; ++i) frames.push_back(frame_with_image(i, i % 2 ? 6 : 5, 8, 10));
  frames[3].planes.clear();
  frames[4].fail("fill", FailureReason::kSolveFailed, "earlier");
  stage->run(frames);
  for (const Frame& f : frames) {
    if (f.index == 3) {
      EXPECT_EQ(f.failure, FailureReason::kMissingFile);
    } else if (f.index == 4) {
      EXPECT_EQ(f.failed_stage, "fill");
    } else {
      ASSERT_TRUE(f.ok()) << f.failure_text;
      EXPECT_EQ(f.plane(plane::kPred).size(), f.plane(plane::kRgb).size());
      EXPECT_EQ(f.plane(plane::kPred).type(), CV_32FC1);
      EXPECT_EQ(f.plane(plane::kPred).at<float>(4, 7), 2.5f);
    }
  }
}

TEST(InferStage, ThreadsStayInTheBudget) {
  test::ScratchFolder folder;
  InferOptions options = constant_model(folder);
  options.threads = 6;
  options.replicas = 2;
  options.intra_op_threads = 2;
  auto stage = make_infer_stage(options);
  stage->prepare();
  EXPECT_EQ(stage->replicas(), 2);
  // Two passes of two threads each leave two threads beside them: 2 inside (counted once each) + 2 = 4.
  EXPECT_EQ(stage->threads_left(6), 4);
}

// One thread a pass by default: what a run writes must not depend on its budget.
TEST(InferStage, TheBudgetBecomesPassesNotThreadsOfAPass) {
  test::ScratchFolder folder;
  InferOptions options = constant_model(folder);
  options.threads = 3;
  options.replicas = InferOptions().replicas;
  options.intra_op_threads = InferOptions().intra_op_threads;
  auto stage = make_infer_stage(options);
  stage->prepare();
  EXPECT_EQ(stage->intra_op_threads(), 1);
  EXPECT_EQ(stage->replicas(), 3);
  EXPECT_EQ(stage->threads_left(3), 3);
}

// A network whose sums are long enough to be split over threads.
TEST(InferStage, ResultsDoNotDependOnTheBudget) {
  if (!networks::find_torch()) GTEST_SKIP() << networks::no_torch_sentence();
  test::ScratchFolder folder;
  cv::Mat weights(64, 3 * 49, CV_32FC1);
  cv::RNG(5).fill(weights, cv::RNG::UNIFORM, -0.2, 0.2);
  networks::torch().save_script(folder / "conv.pt",
                                "def forward(self, x):\n"
                                "  y = torch.conv2d(x, self.w.view(64, 3, 7, 7), None, 1, 3)\n"
                                "  return torch.exp(y.mean(1, True))\n",
                                {{"w", weights}});
  cv::Mat image(96, 128, CV_8UC3);
  cv::RNG(6).fill(image, cv::RNG::UNIFORM, 0, 256);
  cv::Mat first;
  for (const int threads : {1, 2, 4})
    for (const int batch : {1, 3}) {
      InferOptions options;
      options.model = (folder / "conv.pt").string();
      options.device = "cpu";
      options.threads = threads;
      options.batch = batch;
      options.height = 96;
      options.width = 128;
      auto stage = make_infer_stage(options);
      stage->prepare();
      std::vector<Frame> frames(3);
      for (Frame& f : frames) f.planes[plane::kRgb] = image;
      stage->run(frames);
      for (const Frame& f : frames) {
        if (first.empty()) first = f.plane(plane::kPred).clone();
        EXPECT_EQ(cv::norm(f.plane(plane::kPred), first, cv::NORM_INF), 0)
            << threads << " threads, batch " << batch;
      }
    }
}

TEST(InferStage, OneBadImageFailsAlone) {
  if (!networks::find_torch()) GTEST_SKIP() << networks::no_torch_sentence();
  test::ScratchFolder folder;
  // log(0) = -inf for images whose red is 0; the others are fine.
  const auto stage = scripted_stage(folder, "def forward(self, x):\n  return torch.log(x[:, :1])\n", 3);
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < 4; ++i) frames.push_back(frame_with_image(i, 6, 8, i == 1 ? 0 : 255));
  stage->run(frames);
  EXPECT_EQ(frames[1].failure, FailureReason::kNonFinite);
  EXPECT_THAT(frames[1].failure_text, AllOf(HasSubstr("f1"), HasSubstr("48 of 48")));
  EXPECT_EQ(frames[1].failed_stage, "infer");
  for (int i : {0, 2, 3}) EXPECT_TRUE(frames[i].ok()) << frames[i].failure_text;
}

// An exception or a wrong shape that one image of a batch provokes must not take the others with it.
TEST(InferStage, OneImageThatTheNetworkRefusesFailsAlone) {
  if (!networks::find_torch()) GTEST_SKIP() << networks::no_torch_sentence();
  test::ScratchFolder folder;
  const auto stage = scripted_stage(folder,
                                    "def forward(self, x):\n"
                                    "  assert not bool((x[:, 0] > 0.99).any()), 'too bright'\n"
                                    "  if bool((x[:, 0] > 0.9).any()):\n"
                                    "    return x\n"
                                    "  return x[:, :1]\n",
                                    4);
  std::vector<Frame> frames;
  for (const int red : {51, 255, 102, 240}) frames.push_back(frame_with_image(frames.size(), 6, 8, red));
  stage->run(frames);
  EXPECT_EQ(frames[1].failure, FailureReason::kInternal);
  EXPECT_THAT(frames[1].failure_text, AllOf(HasSubstr("f1"), HasSubstr("too bright")));
  EXPECT_EQ(frames[3].failure, FailureReason::kBadPrediction);
  for (const int i : {0, 2}) {
    ASSERT_TRUE(frames[i].ok()) << frames[i].failure_text;
    EXPECT_NEAR(frames[i].plane(plane::kPred).at<float>(3, 4), i == 0 ? 0.2 : 0.4, 1e-6);
  }
}

TEST(InferStage, AShapeThatChangesLaterIsABadPrediction) {
  if (!networks::find_torch()) GTEST_SKIP() << networks::no_torch_sentence();
  test::ScratchFolder folder;
  // Right for the dry run's size, three channels for narrow images.
  const auto stage = scripted_stage(folder,
                                    "def forward(self, x):\n"
                                    "  if x.size(3) > 100:\n"
                                    "    return x[:, :1]\n"
                                    "  return x\n",
                                    4);
  std::vector<Frame> frames;
  frames.push_back(frame_with_image(0, 6, 8, 1));
  frames.push_back(frame_with_image(1, 6, 200, 1));
  stage->run(frames);
  EXPECT_EQ(frames[0].failure, FailureReason::kBadPrediction);
  EXPECT_TRUE(frames[1].ok());
}

TEST(InferStage, ConfigurationErrorsComeBeforeTheFirstFrame) {
  InferOptions options;
  options.model = "no_such_model.pt";
  EXPECT_THROW(make_infer_stage(options)->prepare(), std::runtime_error);
  if (!networks::find_torch()) return;
  test::ScratchFolder folder;
  networks::torch().save_script(folder / "id.pt", "def forward(self, x):\n  return x\n");
  options.model = (folder / "id.pt").string();
  options.device = "cpu";
  EXPECT_THROW(make_infer_stage(options)->prepare(), std::runtime_error) << "three channels are no depth";
  options.device = "cuda:77";
  EXPECT_THROW(make_infer_stage(options)->prepare(), std::runtime_error);
}

}  // namespace
}  // namespace depthmill
