#include "stages/predictors/bench.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>

namespace depthmill::predictors {
namespace {

using ::testing::HasSubstr;

BenchRequest small_request() {
  BenchRequest request;
  request.image = {16, 12};
  request.batch = 3;
  request.threads = 2;
  request.images = 10;
  request.forward_seconds = 0.01;
  request.rounds = 2;
  return request;
}

std::unique_ptr<Predictor> constant() {
  ModelCard card;
  card.name = "constant";
  card.backend = "constant";
  return make_predictor(card, {});
}

TEST(Bench, EveryImageIsReadAndWrittenOnceARound) {
  auto predictor = constant();
  std::mutex mutex;
  std::multiset<std::size_t> read, written;
  const BenchResult r = bench_predictor(
      *predictor, small_request(),
      [&](std::size_t i) {
        std::lock_guard lock(mutex);
        read.insert(i);
        return cv::Mat(12, 16, CV_8UC3, cv::Scalar::all(static_cast<double>(i)));
      },
      [&](std::size_t i, const cv::Mat& depth) {
        EXPECT_EQ(depth.size(), cv::Size(16, 12));
        std::lock_guard lock(mutex);
        written.insert(i);
      });
  std::multiset<std::size_t> expected;
  for (std::size_t i = 0; i < 10; ++i) expected.insert({i, i});
  EXPECT_EQ(read, expected);
  EXPECT_EQ(written, expected);
  EXPECT_EQ(r.images, 10u);
  EXPECT_GT(r.forward_only_ips, 0);
  EXPECT_GT(r.end_to_end_ips, 0);
  EXPECT_GT(r.busy_share, 0);
  EXPECT_LE(r.busy_share, 1);
  EXPECT_GT(r.forward, 0);
  EXPECT_THAT(bench_json(r), HasSubstr("\"end_to_end_ips\": "));
  EXPECT_THAT(bench_table(r), HasSubstr("| end to end |"));
}

TEST(Bench, AnErrorOfAnyPartComesOut) {
  auto predictor = constant();
  const auto image = [](std::size_t) { return cv::Mat(12, 16, CV_8UC3, cv::Scalar::all(1)); };
  const auto nothing = [](std::size_t, const cv::Mat&) {};
  EXPECT_THROW(bench_predictor(*predictor, small_request(), image,
                               [](std::size_t i, const cv::Mat&) {
                                 if (i == 4) throw std::runtime_error("disk full");
                               }),
               std::runtime_error);
  BenchRequest none = small_request();
  none.images = 0;
  EXPECT_THROW(bench_predictor(*predictor, none, image, nothing), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::predictors
