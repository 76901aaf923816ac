#include "stages/networks/bench.h"

#include <gmock/gmock.h>

namespace depthmill::networks {
namespace {

using ::testing::HasSubstr;

BenchRequest small_request() {
  BenchRequest request;
  request.image = {16, 12};
  request.batch = 3;
  request.images = 10;
  request.forward_seconds = 0.01;
  request.rounds = 3;
  return request;
}

std::unique_ptr<Predictor> constant() {
  ModelCard card;
  card.name = "constant";
  card.backend = "constant";
  card.value = 2;
  return make_predictor(card, {});
}

TEST(Bench, FiguresAreMediansAndMeansOfTheRounds) {
  auto predictor = constant();
  int rounds = 0;
  const cv::Mat image(12, 16, CV_8UC3, cv::Scalar::all(7));
  const BenchResult r = bench_predictor(*predictor, small_request(), [&] {
    predictor->predict({&image, 1});
    ++rounds;
    return EndToEnd{rounds == 2 ? 100.0 : 2.0, 3.0, 6.0};
  });
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(r.images, 10u);
  EXPECT_EQ(r.batch, 3);
  EXPECT_DOUBLE_EQ(r.end_to_end_ips, 5) << "one slow round of three does not count";
  EXPECT_DOUBLE_EQ(r.read, 0.3);
  EXPECT_DOUBLE_EQ(r.write, 0.6);
  EXPECT_GT(r.forward_only_ips, 5);
  EXPECT_LT(r.ratio, 1);
  EXPECT_GT(r.busy_share, 0);
  EXPECT_LT(r.busy_share, 0.1) << "three small passes in 104 seconds";
  EXPECT_GT(r.forward, 0);
  EXPECT_THAT(bench_json(r), HasSubstr("\"end_to_end_ips\": 5,"));
  EXPECT_THAT(bench_table(r), HasSubstr("| end to end | 5.00 |"));
}

TEST(Bench, AnErrorComesOut) {
  auto predictor = constant();
  EXPECT_THROW(bench_predictor(*predictor, small_request(),
                               []() -> EndToEnd { throw std::runtime_error("disk full"); }),
               std::runtime_error);
  BenchRequest none = small_request();
  none.images = 0;
  EXPECT_THROW(bench_predictor(*predictor, none, [] { return EndToEnd{1, 0, 0}; }), std::invalid_argument);
}

}  // namespace
}  // namespace depthmill::networks
