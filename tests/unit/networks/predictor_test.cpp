#include "stages/networks/predictor.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "stages/networks/constant.h"
#include "stages/networks/tuning.h"

namespace depthmill::networks {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers with the red plane; remembers the batches it saw; holds `room` images at most.
class RedPlane : public Network {
 public:
  explicit RedPlane(int room = 1000) : room_(room) {}
  Tensor forward(const Tensor& input) override {
    const int now = ++running;
    int seen = most_at_a_time;
    while (now > seen && !most_at_a_time.compare_exchange_weak(seen, now)) {
    }
    struct Leave {
      std::atomic<int>& n;
      ~Leave() { --n; }
    } leave{running};
    const auto n = input.shape[0];
    if (n > room_) throw OutOfMemory("no room");
    batches.push_back(static_cast<int>(n));
    const std::size_t area = static_cast<std::size_t>(input.shape[2] * input.shape[3]);
    Tensor out = make_tensor({n, 1, input.shape[2], input.shape[3]});
    for (std::int64_t i = 0; i < n; ++i)
      std::copy_n(input.data.get() + i * 3 * area, area, out.data.get() + i * area);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return out;
  }
  std::string device() const override { return "cpu"; }
  std::string describe() const override { return "red plane"; }

  std::vector<int> batches;  // of single-threaded tests only
  std::atomic<int> running{0}, most_at_a_time{0};

 private:
  int room_;
};

class FixedShape : public Network {
 public:
  explicit FixedShape(std::vector<std::int64_t> shape) : shape_(std::move(shape)) {}
  Tensor forward(const Tensor&) override { return make_tensor(shape_); }
  std::string device() const override { return "cpu"; }
  std::string describe() const override { return "fixed shape"; }

 private:
  std::vector<std::int64_t> shape_;
};

cv::Mat ramp_image(int height, int width, int offset) {
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<unsigned char>(offset + 5 * y + x), 7, 9);
  return image;
}

TEST(Predictor, EachImageGetsItsOwnMap) {
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::make_unique<RedPlane>());
  const std::vector<cv::Mat> images{ramp_image(4, 6, 0), ramp_image(4, 6, 50), ramp_image(4, 6, 100)};
  const auto maps = predictor->predict(images);
  ASSERT_EQ(maps.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(maps[i].at<float>(3, 5), static_cast<float>(50 * i + 20) / 255.0f);
  EXPECT_EQ(predictor->times().images, 3);
  EXPECT_EQ(predictor->times().forwards, 1);
}

TEST(Predictor, HalvesABatchThatDoesNotFit) {
  auto network = std::make_unique<RedPlane>(3);
  RedPlane* seen = network.get();
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::move(network));
  std::vector<cv::Mat> images;
  for (int i = 0; i < 8; ++i) images.push_back(ramp_image(4, 6, 10 * i));
  const auto maps = predictor->predict(images);
  EXPECT_THAT(seen->batches, ::testing::ElementsAre(2, 2, 2, 2)) << "8 and 4 do not fit";
  for (int i = 0; i < 8; ++i) EXPECT_EQ(maps[i].at<float>(0, 0), static_cast<float>(10 * i) / 255.0f);
  predictor->predict(images);
  EXPECT_EQ(seen->batches.size(), 8u) << "the size that fits is remembered";
}

TEST(Predictor, OneImageThatDoesNotFitIsAnError) {
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::make_unique<RedPlane>(0));
  EXPECT_THROW(predictor->predict(std::vector<cv::Mat>{ramp_image(4, 6, 0)}), OutOfMemory);
}

// A network that is symmetric gives the same with and without; the ramp itself shows that mirrored maps are
// mirrored back before the mean.
TEST(Predictor, FlipMirrorsBack) {
  ModelCard card;
  card.pad_multiple_of = 4;  // padding is behind the image in both, not mirrored to its front
  auto plain = std::make_unique<Predictor>(card, std::make_unique<RedPlane>());
  auto flip = std::make_unique<Predictor>(card, std::make_unique<RedPlane>(), 1, true);
  const std::vector<cv::Mat> images{ramp_image(5, 6, 0)};
  EXPECT_EQ(cv::norm(plain->predict(images)[0], flip->predict(images)[0], cv::NORM_INF), 0);
  EXPECT_EQ(flip->times().forwards, 2);
}

TEST(Predictor, ForwardPassesAtATimeAreLimited) {
  auto network = std::make_unique<RedPlane>();
  RedPlane* seen = network.get();
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::move(network));
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) predictor->predict(std::vector<cv::Mat>{ramp_image(4, 6, 0)});
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(seen->most_at_a_time, 1);
  EXPECT_EQ(seen->batches.size(), 60u);
}

TEST(Predictor, WrongShapesAreSaidBeforeTheFirstFrame) {
  const std::vector<std::vector<std::int64_t>> wrong{{1, 3, 4, 6}, {2, 1, 4, 6}, {1, 1, 1, 4, 6}, {4}, {}};
  for (const auto& shape : wrong) {
    auto predictor = std::make_unique<Predictor>(ModelCard{}, std::make_unique<FixedShape>(shape));
    try {
      predictor->check({6, 4}, 1);
      FAIL() << shape_text(shape) << " was taken for a depth map";
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(shape_text(shape)));
      EXPECT_THAT(e.what(), HasSubstr("1x3x4x6"));
    }
  }
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{1, 1, 2, 3}, {1, 8, 12}, {4, 6}})
    EXPECT_NO_THROW(
        std::make_unique<Predictor>(ModelCard{}, std::make_unique<FixedShape>(shape))->check({6, 4}, 1))
        << shape_text(shape);
}

// Answers rightly to batches of `taken` images alone.
class OneBatchSize : public Network {
 public:
  explicit OneBatchSize(std::int64_t taken) : taken_(taken) {}
  Tensor forward(const Tensor& input) override {
    if (input.shape[0] != taken_) throw std::runtime_error("view does not fit");
    return make_tensor({taken_, 1, 4, 6});
  }
  std::string device() const override { return "cpu"; }
  std::string describe() const override { return "one batch size"; }

 private:
  std::int64_t taken_;
};

// A network traced with its batch frozen in would fail at the last, smaller batch of a run, or at the first.
TEST(Predictor, AFrozenBatchIsSaidBeforeTheFirstFrameWithTheRemedy) {
  const auto said = [](std::int64_t taken, int batch) -> std::string {
    try {
      std::make_unique<Predictor>(ModelCard{}, std::make_unique<OneBatchSize>(taken))->check({6, 4}, batch);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(said(1, 1), "");
  EXPECT_THAT(said(4, 4), AllOf(HasSubstr("on 1 gray image"), HasSubstr("view does not fit"),
                                HasSubstr("docs/exporting.md"), Not(HasSubstr("--batch 1"))));
  EXPECT_THAT(said(1, 4), AllOf(HasSubstr("on 4 gray image"), HasSubstr("give --batch 1")));
  EXPECT_THAT(said(3, 4), Not(HasSubstr("docs/exporting.md")));
}

TEST(Predictor, AConstantModelWithoutItsDepthIsRefused) {
  ModelCard card;
  card.backend = "constant";
  EXPECT_THROW(make_predictor(card, {}), std::runtime_error);
}

TEST(Predictor, ConstantModelCoversTheImage) {
  ModelCard card;
  card.backend = "constant";
  card.value = 2.5;
  auto predictor = make_predictor(card, {});
  const cv::Mat depth = predictor->predict(std::vector<cv::Mat>{ramp_image(5, 7, 0)})[0];
  EXPECT_EQ(depth.size(), cv::Size(7, 5));
  EXPECT_EQ(cv::norm(depth, cv::Mat(5, 7, CV_32FC1, cv::Scalar(2.5)), cv::NORM_INF), 0);
  PredictorOptions gpu;
  gpu.device = "cuda:0";
  EXPECT_THROW(make_predictor(card, gpu), std::runtime_error);
}

TEST(Tune, KeepsWhatIsGivenAndStaysInTheBudget) {
  auto predictor = std::make_unique<Predictor>(ModelCard{}, load_constant({.value = 1}));
  TuningRequest request;
  request.image = {8, 8};
  request.threads = 4;
  request.seconds = 0.01;
  const Tuning chosen = tune(*predictor, request);
  EXPECT_LE(chosen.replicas * chosen.intra_op_threads, 4);
  EXPECT_EQ(predictor->concurrency(), chosen.replicas);
  EXPECT_GE(chosen.batch, 1);
  EXPECT_GT(chosen.images_per_second, 0);

  request.batch = 5;
  request.replicas = 3;
  request.intra_op_threads = 1;
  const Tuning given = tune(*predictor, request);
  EXPECT_EQ(given.batch, 5);
  EXPECT_EQ(given.replicas, 3);
  EXPECT_EQ(given.intra_op_threads, 1);
  EXPECT_EQ(given.report, "") << "nothing was left to measure";
}

TEST(Tune, ABatchThatTheNetworkRefusesIsNotChosen) {
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::make_unique<OneBatchSize>(1));
  TuningRequest request;
  request.image = {6, 4};
  request.seconds = 0.01;
  request.batch = 0;
  EXPECT_EQ(tune(*predictor, request).batch, 1);
}

TEST(Tune, ABatchThatDoesNotFitIsNotChosen) {
  auto predictor = std::make_unique<Predictor>(ModelCard{}, std::make_unique<RedPlane>(2));
  TuningRequest request;
  request.image = {8, 8};
  request.seconds = 0.01;
  EXPECT_LE(tune(*predictor, request).batch, 2);
}

}  // namespace
}  // namespace depthmill::networks
