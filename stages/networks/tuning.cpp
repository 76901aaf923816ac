#include "stages/networks/tuning.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "stages/networks/engine/network.h"

namespace depthmill::networks {
namespace {

constexpr double kGoodEnough = 0.97;  // a smaller batch within 3 % of the best saves memory and latency

std::string rate_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  return text;
}

struct Split {
  int replicas, threads;
};

// Ways to spend the budget, the widest pass first.
std::vector<Split> splits(const TuningRequest& r) {
  if (r.replicas > 0 && r.intra_op_threads > 0) return {{r.replicas, r.intra_op_threads}};
  if (r.replicas > 0) return {{r.replicas, std::max(1, r.threads / r.replicas)}};
  if (r.intra_op_threads > 0) return {{std::max(1, r.threads / r.intra_op_threads), r.intra_op_threads}};
  std::vector<Split> all;
  for (int replicas = 1; replicas <= r.threads; replicas *= 2)
    all.push_back({replicas, std::max(1, r.threads / replicas)});
  if (all.back().replicas != r.threads) all.push_back({r.threads, 1});
  return all;
}

}  // namespace

double measure_forward(Predictor& predictor, cv::Size image, int batch, double seconds) {
  double rate = 0;
  std::exception_ptr error;
  std::mutex mutex;
  auto work = [&] {
    double own = 0;
    std::exception_ptr failed;
    try {
      own = predictor.forward_only(image, batch, seconds);
    } catch (...) {
      failed = std::current_exception();
    }
    std::lock_guard lock(mutex);
    rate += own;
    if (failed) error = failed;
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < predictor.concurrency(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  if (error) std::rethrow_exception(error);
  return rate;
}

namespace {

void choose_split(Predictor& predictor, const TuningRequest& request, Tuning& best) {
  const bool gpu = predictor.device() != "cpu";
  std::vector<Split> ways = splits(request);
  if (gpu) ways = {{request.replicas > 0 ? request.replicas : 2, 0}};
  if (ways.size() > 1) {
    // In turn, twice, the better time counts: other work on the machine comes and goes.
    std::vector<double> rates(ways.size(), 0);
    for (int round = 0; round < 2; ++round)
      for (std::size_t i = 0; i < ways.size(); ++i) {
        predictor.set_parallelism(ways[i].replicas, ways[i].threads);
        if (round == 0)
          measure_forward(predictor, request.image, best.batch, 0);  // warms every worker's pool
        rates[i] =
            std::max(rates[i], measure_forward(predictor, request.image, best.batch, request.seconds / 2));
      }
    std::size_t fastest = 0;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const double passes = ways[i].replicas;
      rates[i] = passes / (passes / rates[i] + request.around);
      if (rates[i] > rates[fastest]) fastest = i;
      best.report += (best.report.empty() ? "" : ", ") + std::to_string(ways[i].replicas) + "x" +
                     std::to_string(ways[i].threads) + " threads " + rate_text(rates[i]);
    }
    best.report += " images/s";
    best.images_per_second = rates[fastest];
    std::swap(ways[0], ways[fastest]);
  }
  best.replicas = ways[0].replicas;
  best.intra_op_threads = ways[0].threads;
  predictor.set_parallelism(best.replicas, best.intra_op_threads);
}

void choose_batch(Predictor& predictor, const TuningRequest& request, Tuning& best) {
  const int largest = predictor.device() != "cpu" ? 64 : 8;
  std::vector<std::pair<int, double>> tried;
  for (int batch = 1; batch <= largest; batch *= 2) {
    try {
      measure_forward(predictor, request.image, batch, 0);
      tried.emplace_back(batch, measure_forward(predictor, request.image, batch, request.seconds));
    } catch (const std::runtime_error&) {
      if (batch == 1) throw;  // no room for more, or a network that takes one image at a time
      break;
    }
    // Two sizes without gain: larger ones will not have one either.
    const std::size_t n = tried.size();
    if (n >= 3 && tried[n - 1].second < 1.02 * tried[n - 3].second &&
        tried[n - 2].second < 1.02 * tried[n - 3].second)
      break;
  }
  double top = 0;
  for (const auto& [batch, rate] : tried) top = std::max(top, rate);
  for (const auto& [batch, rate] : tried)
    best.report +=
        (best.report.empty() ? "" : ", ") + ("batch " + std::to_string(batch)) + " " + rate_text(rate);
  best.report += " images/s";
  for (const auto& [batch, rate] : tried) {
    if (rate < kGoodEnough * top) continue;
    best.batch = batch;
    best.images_per_second = rate;
    break;
  }
}

}  // namespace

Tuning tune(Predictor& predictor, const TuningRequest& request) {
  Tuning best;
  best.batch = request.batch > 0 ? request.batch : 1;
  choose_split(predictor, request, best);
  if (request.batch == 0) choose_batch(predictor, request, best);
  return best;
}

}  // namespace depthmill::networks
